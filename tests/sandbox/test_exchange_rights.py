"""Who may run which cmdlet, who may delegate which role, and what a dehydrated organisation refuses."""

from __future__ import annotations

from typing import Any

import pytest

from graphmail.sandbox.exchange.routes import CMDLETS
from graphmail.sandbox.well_known import DIRECTORY_ROLES, EXCHANGE_APP_ID, EXCHANGE_APP_ROLES
from tests.sandbox.rbac_world import OBJECT_ID, assign, pointer
from tests.sandbox_in_process import APP
from tests.sandbox_process import CONTOSO, EXCHANGE_SCOPE

CONNECT = ("Exchange.ManageAsApp",)


def listed(tenancy: Any, *roles: str, app_roles: tuple[str, ...] = CONNECT) -> set[str]:
    """Answer what EXOModuleFile lists for an app with these Entra roles."""
    url = f"/v1.0/{tenancy.id}/EXOModuleFile"
    wids = tuple(DIRECTORY_ROLES[r] for r in roles)
    answer = tenancy.admin("GET", url, headers={"CommandName": "*"}, directory_roles=wids, roles=app_roles)
    return set(answer.json()["value"][0]["exportedCmdlets"].split(",")) if answer.status_code == 200 else set()


def invoke(tenancy: Any, name: str, *roles: str, **parameters: Any) -> Any:
    body = {"CmdletInput": {"CmdletName": name, "Parameters": parameters}}
    wids = tuple(DIRECTORY_ROLES[r] for r in roles)
    return tenancy.admin("POST", f"/beta/{tenancy.id}/InvokeCommand", json=body, directory_roles=wids)


def test_exchange_and_global_administrators_may_all(contoso):
    everything = {c.name for c in CMDLETS.values()}
    assert listed(contoso, "Exchange Administrator") == everything == listed(contoso, "Global Administrator")


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("Exchange Recipient Administrator", "New-DistributionGroup", "Get-ApplicationAccessPolicy"),
        ("Exchange Recipient Administrator", "New-Mailbox", "New-ServicePrincipal"),
        ("Global Reader", "Get-ApplicationAccessPolicy", "Set-Mailbox"),
        ("Security Reader", "Get-ManagementRoleAssignment", "Set-DistributionGroup"),
        ("Helpdesk Administrator", "Get-Recipient", "Get-ApplicationAccessPolicy"),
        ("Compliance Administrator", "Search-UnifiedAuditLog", "New-ApplicationAccessPolicy"),
    ],
)
def test_entra_role_is_a_role_group(contoso, role, may, may_not):
    cmdlets = listed(contoso, role)
    assert may in cmdlets
    assert may_not not in cmdlets
    answer = invoke(contoso, may_not, role, Identity="x")
    assert (answer.status_code, answer.content) == (403, b"")


def test_entra_role_without_meaning_here_says_so_in_a_header(contoso):
    answer = invoke(contoso, "Get-Mailbox", "Application Administrator")
    assert (answer.status_code, answer.content) == (403, b"")
    assert "isn't supported in this scenario" in answer.headers["x-ms-diagnostics"]


def test_roles_held_by_the_service_principal_itself_suffice_and_add_up(contoso):
    pointer(contoso)
    assert listed(contoso) == set()
    assign(contoso, "Distribution Groups")
    assign(contoso, "View-Only Configuration")
    assert listed(contoso) == set()  # not replicated yet
    contoso.advance(10)
    assert {"New-DistributionGroup", "Get-ApplicationAccessPolicy"} <= listed(contoso)
    assert "New-ApplicationAccessPolicy" not in listed(contoso)
    assert listed(contoso, app_roles=()) == set()


def test_parameter_outside_the_role_is_refused_in_words(contoso):
    contoso.rows("New-DistributionGroup", Name="g", Type="Security")
    change = {"Identity": "g", "Member": "support", "BypassSecurityGroupManagerCheck": True}
    answer = invoke(contoso, "Add-DistributionGroupMember", "Exchange Recipient Administrator", **change)
    assert answer.status_code == 403
    assert "aren't present in the role definition for the current user" in answer.text
    assert "CmdletAccessDeniedException" in answer.text


def trimmed(tenancy: Any, *delegating: str) -> None:
    """An app with Role Management alone, and delegating assignments of some roles."""
    pointer(tenancy)
    assign(tenancy, "Role Management")
    for role in delegating:
        assign(tenancy, role, Delegating=True)
    tenancy.advance(10)


def test_role_is_granted_only_by_whom_it_was_delegated_to(contoso):
    trimmed(contoso, "Application Mail.Send")
    allowed = {"Name": "a", "App": APP, "Role": "Application Mail.Send"}
    assert invoke(contoso, "New-ManagementRoleAssignment", **allowed).status_code == 200
    for role in ("Application Exchange Full Access", "Mail Recipients", "Role Management"):
        answer = invoke(contoso, "New-ManagementRoleAssignment", Name="b", App=APP, Role=role)
        assert "must be assigned a delegating role assignment" in answer.text


def test_delegating_assignment_grants_nothing_to_its_holder(contoso):
    trimmed(contoso, "Mail Recipients")
    assert "Set-Mailbox" not in listed(contoso)


def test_entra_role_alone_does_not_delegate_where_the_tenant_wants_membership(contoso):
    contoso.tenant.exchange.settings.implicit_delegation = False
    pointer(contoso)
    wanted = {"Name": "a", "App": APP, "Role": "Application Mail.Send"}
    assert "delegating role assignment" in contoso.failure("New-ManagementRoleAssignment", **wanted)
    contoso.rows("Add-RoleGroupMember", Identity="Organization Management", Member=OBJECT_ID)
    assert contoso.rows("Get-RoleGroupMember", Identity="Organization Management")[0]["Name"] == OBJECT_ID
    contoso.rows("New-ManagementRoleAssignment", **wanted)


def test_stripped_organization_management_lacks_what_was_taken(contoso):
    contoso.tenant.exchange.stripped_roles = frozenset({"Organization Configuration", "Application Mail.Send"})
    assert "New-ApplicationAccessPolicy" not in listed(contoso, "Exchange Administrator")
    assert (
        "Organization Configuration"
        not in contoso.rows("Get-RoleGroup", Identity="organization management")[0]["Roles"]
    )
    pointer(contoso)
    wanted = {"App": APP, "Role": "Application Mail.Send"}
    assert "delegating role assignment" in contoso.failure("New-ManagementRoleAssignment", **wanted)


def test_dehydrated_organisation_refuses_role_assignments_and_takes_groups_policies_and_pointers(contoso):
    contoso.tenant.dehydrated = True
    pointer(contoso)
    contoso.rows("New-DistributionGroup", Name="g", Type="Security")
    contoso.advance(10)
    policy = {"AppId": APP, "AccessRight": "RestrictAccess", "PolicyScopeGroupId": "g"}
    contoso.rows("New-ApplicationAccessPolicy", **policy)
    wanted = {"App": APP, "Role": "Application Mail.Send"}
    problem = contoso.failure("New-ManagementRoleAssignment", **wanted)
    assert "InvalidOperationInDehydratedContextException" in problem
    assert "Enable-OrganizationCustomization" in problem
    contoso.failure("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)


def test_customizing_takes_its_time_and_happens_once(contoso):
    contoso.tenant.dehydrated = True
    pointer(contoso)
    contoso.rows("Enable-OrganizationCustomization", Confirm=False)
    assert "not required" in contoso.failure("Enable-OrganizationCustomization")
    wanted = {"App": APP, "Role": "Application Mail.Send"}
    assert "delegating role assignment" in contoso.failure("New-ManagementRoleAssignment", **wanted)
    assert contoso.rows("Get-OrganizationConfig")[0]["IsDehydrated"] is True
    contoso.advance(2701)
    assert contoso.rows("Get-OrganizationConfig")[0]["IsDehydrated"] is False
    contoso.failure("New-ManagementRoleAssignment", **wanted)
    contoso.advance(900)
    contoso.rows("New-ManagementRoleAssignment", **wanted)


def test_tenant_without_a_licence_for_exchange_lets_nobody_in(contoso):
    contoso.tenant.skus[0]["servicePlans"] = [{"servicePlanName": "TEAMS1"}]
    answer = contoso.cmdlet("Get-OrganizationConfig")
    assert (answer.status_code, answer.content) == (403, b"")


def test_built_in_assignments_and_roles_are_listed(contoso):
    rows = contoso.rows("Get-ManagementRoleAssignment", Role="Application Mail.Send", Delegating=True)
    assert [r["RoleAssigneeName"] for r in rows] == ["Organization Management"]
    roles = {r["Name"] for r in contoso.rows("Get-ManagementRole")}
    assert {"Application Mail.Send", "Application Mail Full Access", "Role Management"} <= roles


def test_token_older_than_the_role_it_needs_gets_an_empty_403(sandbox, new_app):
    exchange = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{EXCHANGE_APP_ID}')")
    grant = {
        "principalId": new_app["principal"],
        "resourceId": exchange["id"],
        "appRoleId": EXCHANGE_APP_ROLES["Exchange.ManageAsApp"],
    }
    sandbox.by_hand(CONTOSO, "POST", f"/servicePrincipals/{new_app['principal']}/appRoleAssignments", grant)
    sandbox.settle(CONTOSO)
    sign_in = {"client_id": new_app["client_id"], "client_secret": new_app["client_secret"]}
    old = sandbox.token(CONTOSO, EXCHANGE_SCOPE, **sign_in)
    role = DIRECTORY_ROLES["Exchange Administrator"]
    assignment = {"principalId": new_app["principal"], "roleDefinitionId": role, "directoryScopeId": "/"}
    sandbox.by_hand(CONTOSO, "POST", "/roleManagement/directory/roleAssignments", assignment)
    sandbox.settle(CONTOSO)
    new = sandbox.token(CONTOSO, EXCHANGE_SCOPE, **sign_in)
    body = {"CmdletInput": {"CmdletName": "Get-OrganizationConfig"}}
    url = f"{sandbox.json['exchange']}/adminapi/beta/{CONTOSO}/InvokeCommand"
    answers = [
        sandbox.http.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        for token in (old, new)
    ]
    assert [(a.status_code, bool(a.content)) for a in answers] == [(403, False), (200, True)]
