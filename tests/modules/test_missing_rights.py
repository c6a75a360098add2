"""Each right that docs/permissions.md names is taken away in turn, and what needs it fails and names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphmail.exchange_roles import ROLE_OF, least_roles
from graphmail.resources import resource
from graphmail.rights import ADMIN, RIGHTS
from tests.docs.rights import PLAYBOOKS, WIDER
from tests.docs.tables import modules_of
from tests.modules.test_admin_kinds import Admin
from tests.modules.test_tenant_info import ASKED
from tests.ops_client import EXCHANGE_SCOPES, GRAPH_SCOPES
from tests.sandbox_process import CONTOSO

APP = {"application": "kundo-mail"}
GROUP = {"group": "Kundo Mail mailboxes"}
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
MEMBERS = {
    "name": "Kundo Mail mailboxes",
    "address": "kundo-mailboxes@contoso.example",
    "owners": ["admin@contoso.example"],
    "members": ["support@contoso.example"],
}

# What is done on an onboarded tenant, and needs every right that its module declares. `entry` is the customer's.
DOES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "tenant_info": lambda entry: ASKED,
    "entra_application": lambda entry: {"unique_name": "another", "display_name": "Another"},
    "entra_service_principal": lambda entry: APP | {"account_enabled": False},
    "entra_app_role_assignment": lambda entry: APP | {"roles": ["Mail.Send"]},
    "entra_directory_role_assignment": lambda entry: APP | {"roles": ["Global Reader"]},
    "entra_application_password": lambda entry: APP,
    "entra_application_key": lambda entry: APP,
    "exo_distribution_group": lambda entry: MEMBERS | {"members": ["sales@contoso.example"], "extra_members": "remove"},
    "exo_application_access_policy": lambda entry: {"application": "second"} | GROUP,
    "exo_service_principal": lambda entry: APP | {"state": "absent"},
    "exo_management_role_assignment": lambda entry: APP | GROUP | {"roles": ["Mail.Send"]},
    "exo_application_access_info": lambda entry: APP | GROUP | {"granted": ["support@contoso.example"]},
    "customer_drift_info": lambda entry: {"entry": entry},
    "customer_discovery_info": lambda entry: {},
    "customer_absence_info": lambda entry: {"entry": entry},
}
# Of what these need, the tests of their own see each refusal: they go on after one, or run others' resources.
ELSEWHERE = {
    "access_migration",
    "admin_sign_in",
    "credential_rotation",
    "customer_state_info",
    "customer_start_state",
    "entra_federated_identity_credential",
    "retired_proof_info",
    "verification_notebook",
}
CASES = [(module, permission) for module in DOES for permission in resource(module).permissions]


@pytest.fixture
def onboarded(task, contoso) -> dict[str, Any]:
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", **APP)
    task("exo_distribution_group", **MEMBERS)
    task("exo_application_access_policy", **APP, **GROUP)
    task("exo_service_principal", **APP)
    task("entra_application", unique_name="second", display_name="Second")
    task("entra_service_principal", application="second")
    contoso.settled()
    return task.customers["contoso"].variables()


def in_another_run(task, module: str, params: dict[str, Any]) -> dict[str, Any]:
    """With new tokens, and nothing read ahead."""
    again = type(task)(task.state)
    task.run._cache = again.run._cache
    return dict(task._perform(module, params, check=False, customer="contoso"))


def refused(task, module: str, params: dict[str, Any]) -> str:
    """What the task says."""
    result = in_another_run(task, module, params)
    assert result.get("failed") or result.get("status") == "unknown", result
    return str(result.get("msg", ""))


@pytest.mark.parametrize(("module", "permission"), CASES, ids=lambda value: value.replace(" ", "-"))
def test_without_a_permission_the_module_fails_and_names_it(task, sandbox, contoso, onboarded, module, permission):
    name, _, _role = permission.partition(" with the Entra role ")
    contoso.withdraw(WIDER.get(name, name))
    if name in WIDER:
        contoso.withdraw(name)
    sandbox.mark()

    said = refused(task, module, DOES[module](onboarded))

    # The preflight asks for the wider one.
    assert (WIDER.get(name, name) if module == "tenant_info" else name) in said
    assert sandbox.writes == []


@pytest.mark.parametrize("module", [m for m in DOES if any("Exchange." in p for p in resource(m).permissions)])
def test_without_the_entra_role_the_module_fails_and_names_it(task, sandbox, contoso, onboarded, module):
    withdraw_role(sandbox)

    said = refused(task, module, DOES[module](onboarded))

    role = "Global Reader" if module.startswith("customer_") else "Exchange Administrator"
    assert role in said
    assert any(exchange_role in said for exchange_role in ROLE_OF.values())
    assert sandbox.writes == []


def withdraw_role(sandbox) -> None:
    """The admin app's directory role, as somebody takes it away in a portal."""
    client_id = sandbox.json["admins"][CONTOSO]["client_id"]
    principal = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{client_id}')")["id"]
    path = "/roleManagement/directory/roleAssignments"
    for held in sandbox.by_hand(CONTOSO, "GET", f"{path}?$filter=principalId eq '{principal}'")["value"]:
        sandbox.by_hand(CONTOSO, "DELETE", f"{path}/{held['id']}")
    sandbox.settle(CONTOSO)
    sandbox.mark()


@pytest.mark.parametrize("right", [RIGHTS[name] for name in ADMIN], ids=lambda right: right.delegated)
def test_without_a_delegated_permission_the_preflight_fails_and_names_it(task, sandbox, tmp_path, right):
    admin = Admin(task, sandbox, tmp_path, tmp_path)
    graph = tuple(name for name in GRAPH_SCOPES if name != right.delegated)
    exchange = tuple(name for name in EXCHANGE_SCOPES if name != right.delegated)

    said = task.failed("tenant_info", tenant=admin.person("device_code", graph, exchange), **ASKED)

    assert f"lacks the delegated permission {right.delegated}" in said
    assert sandbox.writes == []


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda playbook: playbook.name)
def test_every_module_of_a_playbook_that_needs_a_right_is_looked_at(playbook):
    needing = {module for module in modules_of(playbook) if resource(module).permissions}

    assert needing <= set(DOES) | ELSEWHERE


# What needs that role of a module, where its usual work does not.
WITH = {
    ("exo_distribution_group", "View-Only Configuration"): {"state": "absent", "made_here_only": True},
    ("exo_application_access_info", "Role Management"): {"access": "rbac"},
}
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
OF_EXCHANGE = [module for module in DOES if module.startswith("exo_")]


def give_exchange_roles(contoso, roles: list[str]) -> None:
    """The admin app's own roles in Exchange, in the place of any Entra role."""
    client_id = contoso.sandbox.json["admins"][CONTOSO]["client_id"]
    principal = contoso.graph("GET", f"/servicePrincipals(appId='{client_id}')")["id"]
    contoso.cmdlet("New-ServicePrincipal", AppId=client_id, ObjectId=principal, DisplayName="admin")
    for role in roles:
        contoso.cmdlet("New-ManagementRoleAssignment", App=principal, Role=role)
        for given in ("Application Mail.Send",) if role == "Role Management" else ():
            contoso.cmdlet("New-ManagementRoleAssignment", App=principal, Role=given, Delegating=True)
    withdraw_role(contoso.sandbox)


@pytest.mark.parametrize("module", OF_EXCHANGE)
def test_the_exchange_roles_of_its_cmdlets_are_enough_for_a_module(task, contoso, onboarded, module):
    give_exchange_roles(contoso, least_roles(resource(module).cmdlets))

    result = in_another_run(task, module, DOES[module](onboarded))

    assert not result.get("failed"), result["msg"]


@pytest.mark.parametrize(
    ("module", "role"),
    [(m, role) for m in OF_EXCHANGE for role in least_roles(resource(m).cmdlets)],
    ids=lambda value: value.replace(" ", "-"),
)
def test_without_one_of_its_exchange_roles_a_module_fails_and_names_it(task, contoso, onboarded, module, role):
    give_exchange_roles(contoso, [one for one in least_roles(resource(module).cmdlets) if one != role])

    assert role in refused(task, module, DOES[module](onboarded) | WITH.get((module, role), {}))


@pytest.mark.parametrize("module", ["customer_drift_info", "customer_discovery_info", "customer_absence_info"])
def test_a_global_reader_is_enough_to_look(task, sandbox, onboarded, module):
    withdraw_role(sandbox)
    client_id = sandbox.json["admins"][CONTOSO]["client_id"]
    principal = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{client_id}')")["id"]
    body = {"principalId": principal, "roleDefinitionId": GLOBAL_READER, "directoryScopeId": "/"}
    sandbox.by_hand(CONTOSO, "POST", "/roleManagement/directory/roleAssignments", body)

    result = in_another_run(task, module, DOES[module](onboarded))

    assert "403" not in str(result.get("msg", ""))
    assert result.get("status") != "unknown"
