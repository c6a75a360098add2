"""Security groups and Microsoft 365 groups made through Graph, and who is in what."""

from __future__ import annotations

import pytest

ROLES = ("Directory.ReadWrite.All",)
EVENTUAL = {"ConsistencyLevel": "eventual"}


class Directory:
    """Graph of one tenant with rights to the whole directory, and no lag but the index's."""

    def __init__(self, tenancy):
        self.tenancy = tenancy
        tenancy.tenant.delays.replication = 0

    def ok(self, method, path, body=None, status=None, **options):
        answer = self.tenancy.graph(
            method, path, roles=ROLES, **({"json": body} if body is not None else {}), **options
        )
        assert answer.status_code == status if status else answer.ok, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def refused(self, status, code, method, path, body=None):
        options = {"json": body} if body is not None else {}
        return self.tenancy.refused(status, code, method, path, roles=ROLES, **options)

    def user(self, address):
        return self.tenancy.recipient(address).id

    def reference(self, object_id):
        return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}"}

    def group(self, name, *members, **more):
        bound = [self.reference(m)["@odata.id"] for m in members]
        body = {"displayName": name, "mailNickname": name, "mailEnabled": False, "securityEnabled": True}
        return self.ok("POST", "/groups", body | {"members@odata.bind": bound} | more, 201)["id"]

    def ids(self, path, **options):
        return [row["id"] for row in self.ok("GET", path, **options)["value"]]


@pytest.fixture
def directory(contoso):
    return Directory(contoso)


def test_security_group_has_every_default_property_and_no_mail(directory):
    made = directory.ok("GET", f"/groups/{directory.group('readers')}")
    assert (made["mailEnabled"], made["securityEnabled"], made["mail"], made["groupTypes"]) == (False, True, None, [])
    assert (made["proxyAddresses"], made["visibility"], made["displayName"]) == ([], None, "readers")
    assert made["securityIdentifier"].startswith("S-1-")
    assert {"theme", "uniqueName", "membershipRule", "renewedDateTime", "resourceProvisioningOptions"} <= set(made)


def test_microsoft_365_group_has_an_address_and_is_a_recipient(directory, contoso):
    more = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}
    made = directory.ok("GET", f"/groups/{directory.group('team', **more)}")
    assert (made["mail"], made["visibility"], made["groupTypes"]) == ("team@contoso.example", "Public", ["Unified"])
    assert contoso.tenant.recipient_with("team@contoso.example").id == made["id"]
    body = {"displayName": "x", "mailNickname": "team", **more}
    assert "mailNickname already exists" in directory.refused(400, "Request_BadRequest", "POST", "/groups", body)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"displayName": ""}, "'displayName'"),
        ({"mailEnabled": True}, "mail-enabled groups"),
        ({"securityEnabled": False}, "mail-enabled or security-enabled"),
        ({"groupTypes": ["Unified"]}, "must be true"),
        ({"colour": "red"}, "Invalid property 'colour'."),
        ({"members@odata.bind": ["nobody"]}, "Invalid URL format"),
        ({"members@odata.bind": ["https://graph.microsoft.com/v1.0/users/x"] * 21}, "exceeds the limit of 20"),
    ],
)
def test_group_that_cannot_be(directory, contoso, change, said):
    body = {"displayName": "g", "mailNickname": "g", "mailEnabled": False, "securityEnabled": True} | change
    before = len(contoso.ledger)
    assert said in directory.refused(400, "Request_BadRequest", "POST", "/groups", body)
    assert len(contoso.ledger) == before


def test_members_come_and_go(directory):
    ceo, sales = directory.user("ceo@contoso.example"), directory.user("sales@contoso.example")
    group = directory.group("g", ceo)
    path = f"/groups/{group}/members"
    directory.ok("POST", f"{path}/$ref", directory.reference(sales), 204)
    assert directory.ids(path) == [ceo, sales]
    said = directory.refused(400, "Request_BadRequest", "POST", f"{path}/$ref", directory.reference(sales))
    assert said == "One or more added object references already exist for the following modified properties: 'members'."
    directory.ok("DELETE", f"{path}/{ceo}/$ref", status=204)
    assert directory.ids(path) == [sales]
    directory.refused(404, "Request_ResourceNotFound", "DELETE", f"{path}/{ceo}/$ref")
    nobody = directory.reference("5a4d0000-0000-4000-8000-00000000ffff")
    directory.refused(404, "Request_ResourceNotFound", "POST", f"{path}/$ref", nobody)


def test_up_to_twenty_members_with_one_patch(directory):
    ceo, sales = directory.user("ceo@contoso.example"), directory.user("sales@contoso.example")
    group = directory.group("g")
    bound = [directory.reference(m)["@odata.id"] for m in (ceo, sales)]
    directory.ok("PATCH", f"/groups/{group}", {"displayName": "h", "members@odata.bind": bound}, 204)
    assert directory.ids(f"/groups/{group}/members") == [ceo, sales]
    assert directory.ok("GET", f"/groups/{group}")["displayName"] == "h"
    directory.refused(400, "Request_BadRequest", "PATCH", f"/groups/{group}", {"members@odata.bind": bound[:1]})


def test_last_owner_stays(directory):
    ceo, group = directory.user("ceo@contoso.example"), directory.group("g")
    path = f"/groups/{group}/owners"
    directory.ok("POST", f"{path}/$ref", directory.reference(ceo), 204)
    assert directory.ids(path) == [ceo]
    assert "at least one owner" in directory.refused(400, "Request_BadRequest", "DELETE", f"{path}/{ceo}/$ref")


def test_membership_through_other_groups(directory):
    ceo = directory.user("ceo@contoso.example")
    inner = directory.group("inner", ceo)
    middle = directory.group("middle", inner)
    outer = directory.group("outer", middle, directory.user("sales@contoso.example"))
    directory.ok("POST", f"/groups/{inner}/members/$ref", directory.reference(outer), 204)  # a circle
    everybody = directory.ids("/groups?$filter=displayName eq 'Everybody'")
    assert set(directory.ids(f"/groups/{outer}/transitiveMembers")) >= {middle, inner, ceo}
    assert directory.ids(f"/users/{ceo}/memberOf") == [*everybody, inner]
    assert set(directory.ids(f"/users/{ceo}/transitiveMemberOf")) == {*everybody, inner, middle, outer}
    assert directory.ids(f"/groups/{inner}/memberOf") == [middle]
    assert set(directory.ids(f"/groups/{middle}/transitiveMemberOf")) == {outer, inner}


def test_members_are_of_several_types_counted_cast_and_filtered(directory, contoso):
    contoso.tenant.delays.index = 0
    ceo, inner = directory.user("ceo@contoso.example"), directory.group("inner")
    principal = next(iter(contoso.tenant.service_principals))
    path = f"/groups/{directory.group('g', ceo, inner, principal)}/members"
    kinds = [m["@odata.type"] for m in directory.ok("GET", path)["value"]]
    assert kinds == ["#microsoft.graph.user", "#microsoft.graph.group", "#microsoft.graph.servicePrincipal"]
    assert directory.ids(f"{path}/microsoft.graph.group") == [inner]
    assert contoso.graph("GET", f"{path}/$count", roles=ROLES, headers=EVENTUAL).text == "3"
    directory.refused(400, "Request_BadRequest", "GET", f"{path}/$count")
    directory.refused(400, "Request_UnsupportedQuery", "GET", f"{path}?$filter=startswith(displayName,'inn')")
    query = "$count=true&$filter=startswith(displayName,'inn')&$select=id,displayName"
    found = directory.ok("GET", f"{path}?{query}", headers=EVENTUAL)
    assert found["value"] == [{"@odata.type": "#microsoft.graph.group", "id": inner, "displayName": "inner"}]
    cast = path.replace("/members", "/transitiveMembers/microsoft.graph.user")
    directory.refused(400, "Request_UnsupportedQuery", "GET", cast)
    assert directory.ids(f"{cast}?$count=true", headers=EVENTUAL) == [ceo]


def test_expanded_members_are_twenty_at_most_with_what_was_selected(directory, contoso):
    many = [directory.group(f"m{n}") for n in range(21)]
    group = directory.group("g", *many[:20])
    directory.ok("POST", f"/groups/{group}/members/$ref", directory.reference(many[20]), 204)
    shown = directory.ok("GET", f"/groups/{group}?$expand=members($select=id)&$select=id")
    assert shown["@odata.context"].endswith("#groups(id,members(id))/$entity")
    assert [m["id"] for m in shown["members"]] == many[:20]
    assert set(shown["members"][0]) == {"@odata.type", "id"}


def test_deleted_group_is_gone(directory):
    group = directory.group("g", directory.user("ceo@contoso.example"))
    directory.ok("DELETE", f"/groups/{group}", status=204)
    directory.refused(404, "Request_ResourceNotFound", "GET", f"/groups/{group}")


def test_objects_by_id_whatever_they_are(directory, contoso):
    ceo, group = directory.user("ceo@contoso.example"), directory.group("g")
    app = next(iter(contoso.tenant.applications))
    assert directory.ok("GET", f"/directoryObjects/{group}")["@odata.type"] == "#microsoft.graph.group"
    asked = {"ids": [app, ceo, "5a4d0000-0000-4000-8000-00000000ffff", group], "types": ["user", "group"]}
    assert [o["id"] for o in directory.ok("POST", "/directoryObjects/getByIds", asked)["value"]] == [ceo, group]
    found = directory.ok("POST", "/directoryObjects/getByIds", {"ids": [app, ceo]})["value"]
    assert [o["@odata.type"] for o in found] == ["#microsoft.graph.application", "#microsoft.graph.user"]
    directory.refused(400, "Request_BadRequest", "POST", "/directoryObjects/getByIds", {"ids": ["x"] * 1001})
    directory.refused(404, "Request_ResourceNotFound", "GET", "/directoryObjects/5a4d0000-0000-4000-8000-00000000ffff")
