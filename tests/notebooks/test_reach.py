"""Each way in which a confinement is void: built in the tenant, really there for Graph, and named by the proof."""

from __future__ import annotations

import pytest

GRAPH, EXCHANGE = "00000003-0000-0000-c000-000000000000", "00000002-0000-0ff1-ce00-000000000000"
CEO, SALES, SUPPORT = "ceo@contoso.example", "sales@contoso.example", "support@contoso.example"
HOURS = 3 * 3600


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
        assign(contoso, f"kundo-mail Application {role}", role, RecipientGroupScope=contoso.customer.group.name)
    contoso.changed_inventory(access="rbac")
    contoso.sandbox.advance(contoso.tenant, HOURS)
    return contoso


def assign(customer, name, role, **scope):
    role = f"Application {role}"
    customer.cmdlet("New-ManagementRoleAssignment", Name=name, App=customer.principal["id"], Role=role, **scope)


def grant(customer, resource, role):
    found = customer.graph("GET", f"/servicePrincipals(appId='{resource}')")
    role_id = next(r["id"] for r in found["appRoles"] if r["value"] == role)
    body = {"principalId": customer.principal["id"], "resourceId": found["id"], "appRoleId": role_id}
    customer.graph("POST", f"/servicePrincipals/{found['id']}/appRoleAssignedTo", body)


def other_group(customer, name, *members):
    address = f"{name.replace(' ', '-')}@contoso.example"
    customer.cmdlet("New-DistributionGroup", Name=name, Type="Security", PrimarySmtpAddress=address)
    for member in members:
        customer.cmdlet("Add-DistributionGroupMember", Identity=name, Member=member)
    customer.sandbox.settle(customer.tenant)


def policy(customer, right, group):
    identity = {"AppId": [customer.app["appId"]], "AccessRight": right, "PolicyScopeGroupId": group}
    customer.cmdlet("New-ApplicationAccessPolicy", Description=" ", **identity)


def reached(customer, mailbox):
    """Whether Graph really lets the app in, once all lags are over."""
    customer.sandbox.advance(customer.tenant, HOURS)
    secret = {"client_id": customer.app["appId"], "client_secret": customer.secret}
    bearer = customer.sandbox.token(customer.tenant, **secret)
    url = f"{customer.sandbox.json['graph']}/v1.0/users/{mailbox}/mailFolders/inbox?$select=id"
    return customer.sandbox.http.get(url, headers={"Authorization": f"Bearer {bearer}"}).status_code == 200


def scope(customer):
    with customer.proof("verify_access") as flow:
        flow.sign_in()
        flow.prove_access()
    return next(check for check in flow.checks if check.name == "scope")


def test_a_confined_app_has_no_finding(contoso):
    assert (reached(contoso, SUPPORT), reached(contoso, CEO)) == (True, False)
    check = scope(contoso)
    assert (check.verdict, "an Exchange application access policy" in check.observed) == ("passed", True)


def test_an_app_confined_by_roles_has_no_finding(rbac):
    assert (reached(rbac, SUPPORT), reached(rbac, CEO)) == (True, False)
    check = scope(rbac)
    assert (check.verdict, "RBAC for Applications" in check.observed) == ("passed", True)


@pytest.mark.parametrize("role", ["Mail.ReadWrite", "Mail.Read"])
def test_consent_beside_a_scope_is_named(rbac, role):
    grant(rbac, GRAPH, role)
    assert reached(rbac, CEO)
    check = scope(rbac)
    assert check.verdict == "failed"
    assert f"Entra consents to {role} of Microsoft Graph. So the app reaches every mailbox" in check.observed
    assert f"revoke {role}" in check.observed


@pytest.mark.parametrize("role", ["full_access_as_app", "Mail.ReadWrite"])
def test_consent_to_exchanges_own_permissions_is_named_though_graph_knows_nothing_of_it(rbac, role):
    grant(rbac, EXCHANGE, role)
    assert not reached(rbac, CEO)  # it opens EWS and the old Outlook API, which are not Graph
    assert f"Entra consents to {role} of Office 365 Exchange Online, outside Graph" in scope(rbac).observed


def test_an_assignment_without_scope_is_named(rbac):
    assign(rbac, "by hand", "Mail.Read")
    assert reached(rbac, CEO)
    assert "Application Mail.Read on the whole organization (by hand). So the app reaches every" in scope(rbac).observed


def test_an_assignment_for_another_group_is_named(rbac):
    other_group(rbac, "others", SALES)
    assign(rbac, "by hand", "Mail.Read", RecipientGroupScope="others")
    assert reached(rbac, SALES)
    assert "Application Mail.Read on group others (by hand)" in scope(rbac).observed


def test_an_assignment_with_a_filter_of_its_own_is_named(rbac):
    rbac.cmdlet("New-ManagementScope", Name="wide", RecipientRestrictionFilter=f"PrimarySmtpAddress -eq '{SALES}'")
    assign(rbac, "by hand", "Mail.Read", CustomResourceScope="wide")
    assert reached(rbac, SALES)
    assert "on CustomRecipientScope wide (by hand)" in scope(rbac).observed


def test_an_assignment_without_scope_is_named_beside_a_policy_too(contoso):
    identity = {"AppId": contoso.app["appId"], "ObjectId": contoso.principal["id"], "DisplayName": "Kundo Mail"}
    contoso.cmdlet("New-ServicePrincipal", **identity)
    contoso.sandbox.settle(contoso.tenant)
    assign(contoso, "by hand", "Mail.Read")
    assert reached(contoso, CEO)
    assert "on the whole organization (by hand)" in scope(contoso).observed


def test_a_policy_for_another_group_is_named(contoso):
    other_group(contoso, "others", SALES)
    policy(contoso, "RestrictAccess", "others")
    assert reached(contoso, SALES)
    assert "RestrictAccess names 'others'. So the app reaches the mailboxes of 'others' too" in scope(contoso).observed


def test_consent_without_any_policy_is_named(contoso):
    contoso.unrestrict()
    assert reached(contoso, CEO)
    assert "no access policy restricts it. So the app reaches every mailbox" in scope(contoso).observed


def test_a_policy_that_denies_a_member_by_another_group_is_named(contoso):
    other_group(contoso, "others", SUPPORT)
    policy(contoso, "DenyAccess", "others")
    assert not reached(contoso, SUPPORT)
    assert "DenyAccess names 'others'" in scope(contoso).observed


def test_two_policies_that_cancel_out_are_named(contoso):
    contoso.unrestrict()
    policy(contoso, "DenyAccess", contoso.customer.group.address)
    assert not reached(contoso, SUPPORT)
    assert "DenyAccess names the group" in scope(contoso).observed


def test_a_group_in_the_group_is_named(rbac):
    other_group(rbac, "others", SALES)
    rbac.cmdlet("Add-DistributionGroupMember", Identity=rbac.customer.group.address, Member="others")
    assert not reached(rbac, SALES)
    assert "others@contoso.example. So the app reaches nobody in it" in scope(rbac).observed


def test_a_group_that_is_named_alike_is_another_group(rbac):
    other_group(rbac, "Kundo Mail mailboxes_old", CEO)
    assign(rbac, "by hand", "Mail.Read", RecipientGroupScope="Kundo Mail mailboxes_old")
    assert reached(rbac, CEO)
    assert "on group Kundo Mail mailboxes_old (by hand)" in scope(rbac).observed


def test_rights_to_administer_are_named_since_they_open_any_mailbox(rbac):
    role = "29232cdf-9323-42fd-ade2-1d097af3e4de"
    body = {"principalId": rbac.principal["id"], "roleDefinitionId": role, "directoryScopeId": "/"}
    rbac.graph("POST", "/roleManagement/directory/roleAssignments", body)
    grant(rbac, EXCHANGE, "Exchange.ManageAsApp")
    grant(rbac, GRAPH, "AppRoleAssignment.ReadWrite.All")
    rbac.sandbox.settle(rbac.tenant)
    observed = scope(rbac).observed
    for named in ("Exchange Administrator", "Exchange.ManageAsApp", "AppRoleAssignment.ReadWrite.All"):
        assert named in observed, named
