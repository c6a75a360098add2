"""Tenant, users, groups, licences."""

from __future__ import annotations

import pytest

from tests.sandbox_process import CONTOSO, FABRIKAM, LITWARE

KUNDO_GROUP = "/groups?$filter=mail eq 'kundo-mailboxes@litware.example'"


@pytest.fixture
def readers(sandbox, graph_of):
    """Graph of a tenant whose admin app may read groups too."""

    def make(tenant):
        client_id = sandbox.json["admins"][tenant]["client_id"]
        principal = sandbox.by_hand(tenant, "GET", f"/servicePrincipals(appId='{client_id}')")["id"]
        resource = sandbox.by_hand(tenant, "GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
        role = next(r["id"] for r in resource["appRoles"] if r["value"] == "Group.ReadWrite.All")
        grant = {"principalId": principal, "resourceId": resource["id"], "appRoleId": role}
        sandbox.by_hand(tenant, "POST", f"/servicePrincipals/{principal}/appRoleAssignments", grant)
        sandbox.settle(tenant)
        return graph_of(tenant)

    return make


def test_organization_is_the_tokens_tenant_and_names_its_domains(graph_of):
    (organization,) = graph_of(FABRIKAM).ok("GET", "/organization")["value"]
    domains = {d["name"]: (d["isDefault"], d["isInitial"]) for d in organization["verifiedDomains"]}
    assert organization["id"] == FABRIKAM
    assert domains == {
        "fabrikam.example": (True, False),
        "fabrikam-shop.example": (False, False),
        "fabrikam.onmicrosoft.example": (False, True),
    }
    assert all("Email" in d["capabilities"] for d in organization["verifiedDomains"])


def test_organization_of_another_tenant_is_not_found(graph):
    assert graph.ok("GET", f"/organization/{CONTOSO}")["displayName"] == "Contoso"
    graph.refused(404, "Request_ResourceNotFound", "GET", f"/organization/{FABRIKAM}")


def test_licences_name_their_service_plans(graph):
    (sku,) = graph.ok("GET", "/subscribedSkus")["value"]
    assert (sku["skuPartNumber"], sku["capabilityStatus"]) == ("O365_BUSINESS_PREMIUM", "Enabled")
    assert [p["servicePlanName"] for p in sku["servicePlans"]] == ["EXCHANGE_S_STANDARD"]
    assert sku["prepaidUnits"]["enabled"] == 25


def test_user_comes_by_id_and_by_principal_name_with_default_properties(graph):
    user = graph.ok("GET", "/users/support@contoso.example")
    assert user["mail"] == user["userPrincipalName"] == "support@contoso.example"
    assert "proxyAddresses" not in user
    assert graph.ok("GET", f"/users/{user['id']}")["userPrincipalName"] == "support@contoso.example"


def test_more_properties_only_with_select(graph):
    path = "/users/support@contoso.example?$select=id,proxyAddresses,accountEnabled,assignedPlans,userType"
    user = graph.ok("GET", path)
    assert user["proxyAddresses"] == ["SMTP:support@contoso.example", "smtp:help@contoso.example"]
    assert (user["accountEnabled"], user["userType"]) == (True, "Member")
    assert [p["service"] for p in user["assignedPlans"]] == ["exchange"]
    assert set(user) - {"@odata.context"} == {"id", "proxyAddresses", "accountEnabled", "assignedPlans", "userType"}


def test_alias_is_no_principal_name_but_is_found_by_filter(graph):
    graph.refused(404, "Request_ResourceNotFound", "GET", "/users/help@contoso.example")
    found = graph.ok("GET", "/users?$filter=proxyAddresses/any(p:p eq 'smtp:help@contoso.example')")["value"]
    assert [u["mail"] for u in found] == ["support@contoso.example"]


def test_unknown_user_is_404(graph):
    error = graph.refused(404, "Request_ResourceNotFound", "GET", "/users/nobody@contoso.example")
    assert "nobody@contoso.example" in error["message"]


def test_unlicensed_user_has_no_mail_and_no_plans(graph):
    user = graph.ok("GET", "/users/trainee@contoso.example?$select=mail,proxyAddresses,assignedPlans,assignedLicenses")
    assert (user["mail"], user["proxyAddresses"], user["assignedPlans"], user["assignedLicenses"]) == (None, [], [], [])


def test_shared_mailbox_is_a_disabled_user_without_licence(graph_of):
    path = "/users/info@fabrikam.example?$select=mail,accountEnabled,assignedLicenses"
    user = graph_of(FABRIKAM).ok("GET", path)
    assert (user["mail"], user["accountEnabled"], user["assignedLicenses"]) == ("info@fabrikam.example", False, [])


def test_reading_groups_needs_its_own_permission(graph):
    graph.refused(403, "Authorization_RequestDenied", "GET", "/groups")


def test_mail_enabled_security_group_with_members_and_owners(readers):
    graph = readers(LITWARE)
    (group,) = graph.ok("GET", KUNDO_GROUP)["value"]
    assert (group["displayName"], group["mailEnabled"], group["securityEnabled"], group["groupTypes"]) == (
        "Kundo Mail mailboxes",
        True,
        True,
        [],
    )
    members = graph.ok("GET", f"/groups/{group['id']}/members")["value"]
    assert {m["mail"] for m in members} == {"registrator@litware.example", "it@litware.example"}
    assert {m["@odata.type"] for m in members} == {"#microsoft.graph.user"}
    owners = graph.ok("GET", f"/groups/{group['id']}/owners")["value"]
    assert [o["mail"] for o in owners] == ["admin@litware.example"]


def test_kinds_of_groups(readers):
    (everybody,) = readers(CONTOSO).ok("GET", "/groups")["value"]
    (warehouse,) = readers(FABRIKAM).ok("GET", "/groups")["value"]
    assert (everybody["securityEnabled"], everybody["groupTypes"]) == (False, [])
    assert (warehouse["mailEnabled"], warehouse["groupTypes"]) == (True, ["Unified"])


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/members/$ref"),
        ("DELETE", "/members/5a4d0000-0000-4000-8000-00000000ffff/$ref"),
        ("POST", "/owners/$ref"),
        ("DELETE", "/owners/5a4d0000-0000-4000-8000-00000000ffff/$ref"),
    ],
)
def test_mail_enabled_group_cannot_be_changed_through_graph(readers, sandbox, method, rest):
    graph = readers(LITWARE)
    (group,) = graph.ok("GET", KUNDO_GROUP)["value"]
    sandbox.mark()
    error = graph.refused(400, "Request_BadRequest", method, f"/groups/{group['id']}{rest}", {})
    assert "mail-enabled security groups" in error["message"]
    assert sandbox.writes == []


def test_mail_enabled_security_group_cannot_be_made_through_graph(readers):
    body = {"displayName": "g", "mailNickname": "g", "mailEnabled": True, "securityEnabled": True}
    error = readers(CONTOSO).refused(400, "Request_BadRequest", "POST", "/groups", body)
    assert "mail-enabled groups" in error["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/users/delta", "/groups/delta()", "/applications/delta", "/servicePrincipals/delta", "/directoryRoles/delta",
        "/directoryObjects/delta", "/users/support@contoso.example/messages/delta",
    ],
)  # fmt: skip
def test_delta_that_is_not_emulated_is_501_with_its_name(graph, path):
    assert path in graph.refused(501, "NotImplemented", "GET", f"{path}?$deltatoken=latest")["message"]
