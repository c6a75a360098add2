"""What an offboarding did not make: it stays as it is, byte for byte, and is named."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.modules.tenant_by_hand import GROUP, TenantByHand
from tests.modules.test_customer_drift_info import onboard

APP = {"application": "kundo-mail"}
OWN = {"state": "absent", "made_here_only": True}
ROLES = {"roles": ["Mail.Send", "Mail.ReadWrite"]}
ADDRESS = "kundo-mailboxes@contoso.example"


def offboard(task: Any) -> list[str]:
    """As roles/offboarding does it; what was left alone, by module."""
    done = {
        "entra_application_password": task("entra_application_password", **APP, state="absent"),
        "entra_app_role_assignment": task("entra_app_role_assignment", **APP, roles=[], **OWN),
        "exo_management_role_assignment": task("exo_management_role_assignment", **APP, group=GROUP, **ROLES, **OWN),
        "exo_service_principal": task("exo_service_principal", **APP, **OWN),
        "exo_application_access_policy": task("exo_application_access_policy", **APP, group=GROUP, **OWN),
        "entra_service_principal": task("entra_service_principal", **APP, **OWN),
        "entra_application": task("entra_application", unique_name="kundo-mail", on_offboard="purge", **OWN),
        "exo_distribution_group": task("exo_distribution_group", name=GROUP, **OWN),
    }
    return sorted(module for module, result in done.items() if result.get("left"))


def foreign_app(contoso: TenantByHand) -> None:
    """Another app of the same name, with consent, a secret and a pointer."""
    app = contoso.graph("POST", "/applications", {"displayName": "Kundo Mail Test"})
    principal = contoso.graph("POST", "/servicePrincipals", {"appId": app["appId"]})
    contoso.settled()
    contoso._assign(principal["id"], "Mail.Send", "00000003-0000-0000-c000-000000000000")
    contoso.graph("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "x"}})
    contoso.cmdlet("New-ServicePrincipal", AppId=app["appId"], ObjectId=principal["id"], DisplayName="Other")


def foreign_group(contoso: TenantByHand) -> None:
    address = "kundo-archive@contoso.example"
    contoso.cmdlet("New-DistributionGroup", Name="Kundo Mail archive", Type="Security", PrimarySmtpAddress=address)
    contoso.cmdlet("Add-DistributionGroupMember", Identity=address, Member="ceo@contoso.example")


def foreign_policy_on_own_group(contoso: TenantByHand) -> None:
    scope = {"PolicyScopeGroupId": ADDRESS, "AccessRight": "RestrictAccess", "Description": " "}
    contoso.cmdlet("New-ApplicationAccessPolicy", AppId=["00000000-0000-4000-8000-000000000009"], **scope)


def foreign_scope_on_own_group(contoso: TenantByHand) -> None:
    (group,) = contoso.groups()
    rule = f"MemberOfGroup -eq '{group['DistinguishedName']}'"
    contoso.cmdlet("New-ManagementScope", Name="Theirs", RecipientRestrictionFilter=rule)


def foreign_deny(contoso: TenantByHand) -> None:
    address = "kundo-deny@contoso.example"
    contoso.cmdlet("New-DistributionGroup", Name="Deny", Type="Security", PrimarySmtpAddress=address)
    contoso.settled()
    scope = {"PolicyScopeGroupId": address, "AccessRight": "DenyAccess", "Description": " "}
    contoso.cmdlet("New-ApplicationAccessPolicy", AppId=[contoso.app()["appId"]], **scope)


FOREIGN = [foreign_app, foreign_group, foreign_policy_on_own_group, foreign_scope_on_own_group, foreign_deny]
HANGS_ON_THE_GROUP = {foreign_policy_on_own_group, foreign_scope_on_own_group}


def everything(contoso: TenantByHand) -> dict[str, str]:
    """Each object of the tenant that an offboarding could touch, by its id, as the services show it."""
    found: dict[str, Any] = {}
    for path in ("/applications", "/servicePrincipals"):
        found |= {row["id"]: row for row in contoso.graph("GET", path)["value"]}
    for principal in contoso.graph("GET", "/servicePrincipals")["value"]:
        grants = contoso.graph("GET", f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]
        found |= {grant["id"]: grant for grant in grants}
    for cmdlet, key in (
        ("Get-ApplicationAccessPolicy", "Identity"),
        ("Get-DistributionGroup", "Guid"),
        ("Get-ServicePrincipal", "ObjectId"),
        ("Get-ManagementScope", "Name"),
        ("Get-ManagementRoleAssignment", "Name"),
    ):
        found |= {f"{cmdlet} {row[key]}": row for row in contoso.cmdlet(cmdlet)}
    for group in contoso.cmdlet("Get-DistributionGroup"):
        found[f"members {group['Guid']}"] = contoso.cmdlet("Get-DistributionGroupMember", Identity=group["Guid"])
    return {identifier: json.dumps(row, sort_keys=True) for identifier, row in found.items()}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    foreign=st.lists(st.sampled_from(FOREIGN), unique=True),
    access=st.sampled_from(["application_access_policy", "rbac"]),
)
def test_foreign_objects_stay_byte_for_byte_whatever_there_is(task, contoso, sandbox, foreign, access):
    sandbox.reset(contoso.tenant)
    task.run._cache = None
    task.run.open_cache()
    start = everything(contoso)
    onboard(task, access)
    contoso.settled()
    own = everything(contoso)
    for make in foreign:
        make(contoso)
    contoso.settled()
    theirs = {i: row for i, row in everything(contoso).items() if i not in own or i in start}

    left = offboard(task)

    sandbox.settle(contoso.tenant)
    now = everything(contoso)
    hangs = bool(HANGS_ON_THE_GROUP & set(foreign))
    assert {i: now.get(i) for i in theirs} == theirs
    assert left == (["exo_distribution_group"] if hangs else [])
    assert bool(contoso.groups()) is hangs
    assert contoso.apps() == []
    written = {entry["target"] for entry in sandbox.writes}
    assert not written & {row.get("id") for row in map(json.loads, theirs.values()) if isinstance(row, dict)}
    sandbox.mark()
    assert offboard(task) == left
    assert sandbox.writes == []


def test_an_app_with_a_credential_of_others_stays_with_it_and_is_named(task, contoso):
    onboard(task)
    added = {"passwordCredential": {"displayName": "theirs"}}
    key_id = contoso.graph("POST", f"/applications/{contoso.app()['id']}/addPassword", added)["keyId"]
    contoso.settled()
    assert offboard(task) == ["entra_application", "entra_service_principal"]
    assert [secret["keyId"] for secret in contoso.secrets()] == [key_id]
    assert contoso.consents() == []
    assert contoso.policies() == []


@pytest.mark.parametrize("known", [True, False])
def test_a_group_that_was_there_before_stays(task, contoso, known):
    contoso.cmdlet("New-DistributionGroup", Name=GROUP, Type="Security", PrimarySmtpAddress=ADDRESS)
    contoso.settled()
    if known:
        onboard(task)
        contoso.settled()
    result = task("exo_distribution_group", name=GROUP, **OWN)
    assert result["left"] == "it was not made here"
    assert contoso.groups()


def test_a_policy_stays_while_it_alone_confines_consent(task, contoso, sandbox):
    onboard(task)
    contoso.settled()
    result = task("exo_application_access_policy", **APP, group=GROUP, **OWN)
    assert "Mail.Send" in result["left"]
    assert sandbox.writes == []


def test_the_policy_goes_only_when_old_tokens_have_ended(task, contoso, sandbox):
    onboard(task)
    contoso.settled()
    before = sandbox.now(contoso.tenant)
    task("entra_application_password", **APP, state="absent")
    task("entra_app_role_assignment", **APP, roles=[], **OWN)
    task("exo_application_access_policy", **APP, group=GROUP, wait_for_tokens=5400, **OWN)
    (removed,) = [e for e in sandbox.writes if e["request"] == "Remove-ApplicationAccessPolicy"]
    passed = datetime.fromisoformat(removed["at"]) - datetime.fromisoformat(before)
    assert passed.total_seconds() >= 5400


def test_what_a_crash_left_half_made_is_still_ours(task, contoso):
    onboard(task)
    contoso.settled()
    journal = task.state / "contoso" / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"result": "made"' not in line))
    assert offboard(task) == []
    assert contoso.apps() == []


def test_without_the_journal_nothing_is_ours(task, contoso, sandbox):
    onboard(task)
    contoso.settled()
    (task.state / "contoso" / "journal.jsonl").rename(task.state / "elsewhere")
    assert "not from this state folder" in task.failed("entra_application_password", **APP, state="absent")
    for module, params in (
        ("entra_service_principal", APP),
        ("entra_application", {"unique_name": "kundo-mail"}),
        ("exo_distribution_group", {"name": GROUP}),
        ("exo_application_access_policy", APP | {"group": GROUP}),
    ):
        assert task(module, **params, **OWN)["left"]
    assert sandbox.writes == []
