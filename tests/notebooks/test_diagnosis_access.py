"""A test for each known cause about consent, policy, roles, group and confinement: it is named first."""

from __future__ import annotations

import pytest

from tests.notebooks.diagnosed import diagnosed, names
from tests.notebooks.world import Onboarded
from tests.void_scopes import CEO, GRAPH, HOURS, SUPPORT

FOREVER = 10**9


def assign(customer: Onboarded, name: str, role: str, **scope: str) -> None:
    role = f"Application {role}"
    customer.cmdlet("New-ManagementRoleAssignment", Name=name, App=customer.principal["id"], Role=role, **scope)


def grant(customer: Onboarded, resource: str, role: str) -> None:
    found = customer.graph("GET", f"/servicePrincipals(appId='{resource}')")
    role_id = next(r["id"] for r in found["appRoles"] if r["value"] == role)
    body = {"principalId": customer.principal["id"], "resourceId": found["id"], "appRoleId": role_id}
    customer.graph("POST", f"/servicePrincipals/{found['id']}/appRoleAssignedTo", body)


def other_group(customer: Onboarded, name: str, *members: str) -> None:
    address = f"{name.replace(' ', '-')}@contoso.example"
    customer.cmdlet("New-DistributionGroup", Name=name, Type="Security", PrimarySmtpAddress=address)
    for member in members:
        customer.cmdlet("Add-DistributionGroupMember", Identity=name, Member=member)
    customer.sandbox.settle(customer.tenant)


def policy(customer: Onboarded, right: str, group: str) -> None:
    identity = {"AppId": [customer.app["appId"]], "AccessRight": right, "PolicyScopeGroupId": group}
    customer.cmdlet("New-ApplicationAccessPolicy", Description=" ", **identity)


def settled(customer: Onboarded) -> Onboarded:
    customer.sandbox.advance(customer.tenant, 2 * 86400)  # no consent is young, no cache is old
    return customer


@pytest.fixture
def rbac(contoso):
    """Contoso, confined by Exchange's own roles instead of policy and consent."""
    contoso.unrestrict()
    contoso.withdraw("Mail.Send")
    contoso.withdraw("Mail.ReadWrite")
    identity = {"AppId": contoso.app["appId"], "ObjectId": contoso.principal["id"], "DisplayName": "Kundo Mail"}
    contoso.cmdlet("New-ServicePrincipal", **identity)
    contoso.sandbox.settle(contoso.tenant)
    for role in ("Mail.Send", "Mail.ReadWrite"):
        assign(contoso, role, role, RecipientGroupScope=contoso.customer.group.name)
    contoso.changed_inventory(access="rbac")
    return settled(contoso)


def group(customer: Onboarded, cmdlet: str, member: str) -> None:
    confirm = {"Confirm": False} if cmdlet.startswith("Remove") else {}
    customer.cmdlet(cmdlet, Identity=customer.customer.group.address, Member=member, **confirm)


def test_an_app_confined_by_roles_has_no_finding(rbac):
    answer = diagnosed(rbac)
    assert (names(answer), answer.undecided) == ([], [])


def test_consent_to_nothing(contoso):
    contoso.withdraw("Mail.Send")
    contoso.withdraw("Mail.ReadWrite")
    answer = diagnosed(settled(contoso), "cannot send")
    assert (answer.cause, "no permission for mail" in answer.says) == ("consent_missing", True)


def test_consent_without_mail_send(contoso):
    contoso.withdraw("Mail.Send")
    answer = diagnosed(settled(contoso), "cannot send")
    assert (names(answer), "and not Mail.Send" in answer.says) == (["consent_missing"], True)


@pytest.mark.parametrize("symptom", ["only large mail fails", "cannot read"])
def test_consent_without_mail_read_write(contoso, symptom):
    contoso.withdraw("Mail.ReadWrite")
    assert names(diagnosed(settled(contoso), symptom)) == ["read_write_missing"]


def test_a_cause_that_does_not_explain_the_symptom_is_named_and_not_taken_for_the_answer(contoso):
    contoso.withdraw("Mail.ReadWrite")
    answer = diagnosed(settled(contoso), "cannot send")
    assert (answer.cause, answer.explained) == ("read_write_missing", False)
    assert answer.says.startswith("None of the known causes of 'cannot send' holds; but: Consent to Mail.ReadWrite")
    assert "verify_send" in answer.next_step


def test_consent_that_is_not_in_tokens_yet(contoso):
    contoso.withdraw("Mail.Send")
    settled(contoso)
    contoso.sandbox.delays(contoso.tenant, consent=7200)
    contoso.consent("Mail.Send")
    contoso.sandbox.advance(contoso.tenant, 600)
    answer = diagnosed(contoso, "cannot send")
    assert (answer.cause, "does not carry it yet" in answer.says) == ("consent_not_yet", True)


def test_what_passes_by_itself_is_waited_for(contoso):
    contoso.withdraw("Mail.Send")
    settled(contoso)
    contoso.sandbox.delays(contoso.tenant, consent=900)
    contoso.consent("Mail.Send")
    contoso.sandbox.advance(contoso.tenant, 300)
    answer = diagnosed(contoso, "cannot send", max_wait=7200)
    assert (answer.cause, "it passed by itself after" in answer.says) == ("consent_not_yet", True)


def test_consent_that_the_vendors_older_token_lacks(contoso):
    contoso.withdraw("Mail.Send")
    settled(contoso)
    contoso.consent("Mail.Send")
    contoso.sandbox.settle(contoso.tenant)
    answer = diagnosed(contoso, "cannot send")
    assert (answer.cause, answer.says.count("possible")) == ("consent_not_yet", 1)
    assert answer.says.startswith("No known cause is certain; ")
    assert "asks for a new token" in answer.next_step


def test_a_policy_that_denies_a_member(contoso):
    other_group(contoso, "others", SUPPORT)
    policy(contoso, "DenyAccess", "others")
    answer = diagnosed(settled(contoso))
    assert (answer.cause, "DenyAccess names 'others'" in answer.says) == ("policy_denies", True)


def test_a_policy_of_another_group_alone(contoso):
    contoso.unrestrict()
    other_group(contoso, "others", CEO)
    policy(contoso, "RestrictAccess", "others")
    answer = diagnosed(settled(contoso))
    assert (answer.cause, "the app's policies name 'others'" in answer.says) == ("policy_denies", True)


def test_a_policy_that_does_not_act_yet(contoso):
    group(contoso, "Remove-DistributionGroupMember", SUPPORT)
    settled(contoso)
    contoso.sandbox.delays(contoso.tenant, membership=7200)
    group(contoso, "Add-DistributionGroupMember", SUPPORT)
    contoso.sandbox.advance(contoso.tenant, 300)
    answer = diagnosed(contoso)
    assert (answer.cause, "Graph still refuses" in answer.says) == ("not_acting_yet", True)
    assert "change nothing" in answer.next_step


def test_a_role_that_does_not_act_yet(rbac):
    rbac.cmdlet("Remove-ManagementRoleAssignment", Identity="Mail.Send", Confirm=False)
    settled(rbac)
    diagnosed(rbac)  # an app that calls has a cache
    assign(rbac, "again", "Mail.Send", RecipientGroupScope=rbac.customer.group.name)
    rbac.sandbox.advance(rbac.tenant, 60)
    assert diagnosed(rbac, "cannot send").cause == "not_acting_yet"


def test_a_missing_role(rbac):
    rbac.cmdlet("Remove-ManagementRoleAssignment", Identity="Mail.Send", Confirm=False)
    answer = diagnosed(settled(rbac), "cannot send")
    assert (names(answer), "Application Mail.ReadWrite on Kundo" in answer.says) == (["roles_missing"], True)


def test_a_missing_service_principal_in_exchange(rbac):
    rbac.cmdlet("Remove-ServicePrincipal", Identity=rbac.principal["id"], Confirm=False)
    answer = diagnosed(settled(rbac))
    assert (answer.cause, "no service principal in Exchange" in answer.says) == ("roles_missing", True)


def test_a_role_that_holds_elsewhere(rbac):
    rbac.cmdlet("Remove-ManagementRoleAssignment", Identity="Mail.Send", Confirm=False)
    other_group(rbac, "others", CEO)
    assign(rbac, "elsewhere", "Mail.Send", RecipientGroupScope="others")
    answer = diagnosed(settled(rbac), "cannot send")
    assert (names(answer), "on group others" in answer.says) == (["roles_missing", "scope_void"], True)


@pytest.mark.parametrize("model", ["contoso", "rbac"])
def test_a_mailbox_that_is_not_in_the_group(request, model):
    customer = request.getfixturevalue(model)
    group(customer, "Remove-DistributionGroupMember", SUPPORT)
    answer = diagnosed(settled(customer))
    assert (names(answer), SUPPORT in answer.says) == (["member_missing"], True)


def test_a_mailbox_that_is_only_in_a_group_inside(rbac):
    group(rbac, "Remove-DistributionGroupMember", SUPPORT)
    other_group(rbac, "inner", SUPPORT)
    group(rbac, "Add-DistributionGroupMember", "inner@contoso.example")
    assert names(diagnosed(settled(rbac))) == ["nested_member"]


def test_a_group_that_is_gone(contoso):
    identity = contoso.customer.group.address
    contoso.cmdlet("Remove-DistributionGroup", Identity=identity, BypassSecurityGroupManagerCheck=True, Confirm=False)
    assert diagnosed(settled(contoso)).cause == "group_missing"


def test_an_app_that_reaches_more_than_its_group(rbac):
    grant(rbac, GRAPH, "Mail.Read")
    rbac.sandbox.advance(rbac.tenant, HOURS)
    answer = diagnosed(settled(rbac))
    assert (names(answer), answer.explained) == (["scope_void"], False)
    assert "revoke Mail.Read" in answer.next_step


def test_a_policy_that_was_removed(contoso):
    contoso.unrestrict()
    answer = diagnosed(settled(contoso))
    assert (answer.cause, "every mailbox of the tenant" in str(answer)) == ("scope_void", True)
