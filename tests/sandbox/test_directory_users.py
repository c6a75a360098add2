"""Users made, changed and deleted through Graph; domains, other tenants, /me, minimal answers."""

from __future__ import annotations

import pytest

from tests.sandbox_process import LITWARE

WRITE = ("User.ReadWrite.All",)
JANE = {
    "accountEnabled": True,
    "displayName": "Jane Doe",
    "mailNickname": "jane",
    "userPrincipalName": "jane@contoso.example",
    "passwordProfile": {"forceChangePasswordNextSignIn": True, "password": "not-kept-anywhere"},
}


def test_user_is_made_without_licence_and_seen_after_a_while(contoso):
    made = contoso.got("POST", "/users", 201, roles=WRITE, json={**JANE, "department": "Sales", "usageLocation": "NO"})
    assert (made["userPrincipalName"], made["mail"]) == ("jane@contoso.example", None)
    contoso.refused(404, "Request_ResourceNotFound", "GET", f"/users/{made['id']}", roles=WRITE)
    contoso.advance(10)
    query = "$select=department,usageLocation,surname,passwordProfile,assignedLicenses,mailNickname"
    user = contoso.got("GET", f"/users/jane@contoso.example?{query}", roles=WRITE)
    assert {name: user[name] for name in query.removeprefix("$select=").split(",")} == {
        "department": "Sales",
        "usageLocation": "NO",
        "surname": "Doe",
        "passwordProfile": None,
        "assignedLicenses": [],
        "mailNickname": "jane",
    }
    assert "not-kept-anywhere" not in repr(contoso.tenant)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"displayName": None}, "A value is required for property 'displayName' of resource 'User'."),
        ({"passwordProfile": {}}, "password complexity"),
        ({"passwordProfile": {"password": ""}}, "password complexity"),
        ({"userPrincipalName": "jane@elsewhere.example"}, "You must use one of the verified domain names"),
        ({"userPrincipalName": "CEO@contoso.example"}, "same value for property userPrincipalName already exists"),
        ({"assignedLicenses": []}, "'assignedLicenses' is read-only"),
        ({"colour": "red"}, "Invalid property 'colour'."),
    ],
)
def test_user_that_cannot_be(contoso, change, said):
    assert said in contoso.refused(400, "Request_BadRequest", "POST", "/users", roles=WRITE, json=JANE | change)
    assert contoso.ledger == []


def test_user_is_changed_and_deleted(contoso):
    path = "/users/trainee@contoso.example"
    contoso.got("PATCH", path, 204, roles=WRITE, json={"accountEnabled": False, "jobTitle": "Clerk"})
    user = contoso.got("GET", f"{path}?$select=accountEnabled,jobTitle", roles=WRITE)
    assert (user["accountEnabled"], user["jobTitle"]) == (False, "Clerk")
    contoso.got("PATCH", path, 204, roles=WRITE, json={"userPrincipalName": "clerk@contoso.example"})
    contoso.got("DELETE", "/users/clerk@contoso.example", 204, roles=WRITE)
    contoso.refused(404, "Request_ResourceNotFound", "GET", "/users/clerk@contoso.example", roles=WRITE)
    assert [c.request for c in contoso.ledger] == ["PATCH /users/{id}"] * 2 + ["DELETE /users/{id}"]


def test_writing_users_needs_its_own_permission(contoso):
    contoso.refused(403, "Authorization_RequestDenied", "POST", "/users", roles=("User.Read.All",), json=JANE)


def test_deleted_users_and_groups_are_not_emulated_and_say_so(contoso):
    for kind in ("user", "group"):
        path = f"/directory/deletedItems/microsoft.graph.{kind}"
        assert kind in contoso.refused(501, "NotImplemented", "GET", path, roles=("Application.Read.All",))


def test_changes_that_the_index_forgot_do_not_pile_up(contoso):
    for number in range(105):
        made = contoso.got("POST", "/users", 201, roles=WRITE, json=JANE | {
            "mailNickname": f"j{number}", "userPrincipalName": f"j{number}@contoso.example",
        })  # fmt: skip
        contoso.tenant.delays.replication = 0
        contoso.got("PATCH", f"/users/{made['id']}", 204, roles=WRITE, json={"jobTitle": "Clerk"})
        contoso.advance(60)
    assert len(contoso.tenant.outdated) < 105


@pytest.mark.parametrize("path", ["/me", "/me/messages", "/me/mailFolders/inbox/messages"])
def test_me_is_nobody_for_an_app(contoso, path):
    said = contoso.refused(400, "BadRequest", "GET", path, roles=("User.Read.All",))
    assert said == "/me request is only valid with delegated authentication flow."


def test_domains_are_the_tenants(fabrikam):
    domains = fabrikam.got("GET", "/domains", roles=("Domain.Read.All",))["value"]
    assert [(d["id"], d["isDefault"], d["isInitial"], d["isVerified"]) for d in domains] == [
        ("fabrikam.example", True, False, True),
        ("fabrikam-shop.example", False, False, True),
        ("fabrikam.onmicrosoft.example", False, True, True),
    ]
    shop = fabrikam.got("GET", "/domains/fabrikam-shop.example", roles=("Domain.Read.All",))
    assert shop["supportedServices"] == ["Email", "OfficeCommunicationsOnline"]
    fabrikam.refused(404, "Request_ResourceNotFound", "GET", "/domains/contoso.example", roles=("Domain.Read.All",))


def test_any_tenant_is_found_by_domain_or_id(contoso):
    roles = ("CrossTenantInformation.ReadBasic.All",)
    path = "/tenantRelationships/findTenantInformationBy"
    by_domain = contoso.got("GET", f"{path}DomainName(domainName='Litware.Example')", roles=roles)
    assert (by_domain["tenantId"], by_domain["displayName"]) == (LITWARE, "Litware")
    assert contoso.got("GET", f"{path}TenantId(tenantId='{LITWARE}')", roles=roles) == by_domain
    contoso.refused(
        404, "Request_ResourceNotFound", "GET", f"{path}DomainName(domainName='nowhere.example')", roles=roles
    )


def test_new_object_is_not_shown_to_who_prefers_it_so(contoso):
    headers = {"Prefer": "return=minimal"}
    roles = ("Application.ReadWrite.All",)
    answer = contoso.graph("POST", "/applications", roles=roles, json={"displayName": "a"}, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    made = answer.headers["Location"].rsplit("/", 1)[-1]
    assert made == contoso.ledger[-1].target


def test_service_principal_is_a_member_of_its_directory_roles(contoso):
    principals = contoso.tenant.service_principals.values()
    admin = next(p for p in principals if p.directory_roles)
    path = f"/servicePrincipals/{admin.id}/memberOf"
    (role,) = contoso.got("GET", path, roles=("Directory.Read.All",))["value"]
    assert (role["@odata.type"], role["displayName"]) == ("#microsoft.graph.directoryRole", "Exchange Administrator")
    assert role["roleTemplateId"] in admin.directory_roles
    members = contoso.got("GET", f"/directoryRoles/{role['id']}/members", roles=("RoleManagement.Read.Directory",))
    assert [m["id"] for m in members["value"]] == [admin.id]
