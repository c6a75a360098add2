"""App registrations: learn.microsoft.com/graph/api/resources/application."""

from __future__ import annotations

import pytest

from tests.sandbox_process import LITWARE

UPSERT = {"Prefer": "create-if-missing"}
KUNDO = "/applications(uniqueName='kundo-mail')"


@pytest.fixture
def app(graph):
    """A new application, replicated."""
    created = graph.ok("POST", "/applications", {"displayName": "app"})
    graph.settle()
    return created


def test_create_answers_201_with_the_whole_object(graph):
    answer = graph("POST", "/applications", {"displayName": "Kundo Mail", "notes": "made"})
    created = answer.json()
    assert answer.status_code == 201
    assert created["@odata.context"].endswith("/v1.0/$metadata#applications/$entity")
    assert created["signInAudience"] == "AzureADMyOrg"
    assert created["publisherDomain"] == "contoso.example"
    assert created["info"]["logoUrl"] is None
    assert (created["passwordCredentials"], created["keyCredentials"], created["uniqueName"]) == ([], [], None)
    assert (created["displayName"], created["notes"]) == ("Kundo Mail", "made")


def test_new_application_is_404_elsewhere_until_it_has_replicated(graph, sandbox):
    created = graph.ok("POST", "/applications", {"displayName": "app"})
    early = graph.refused(404, "Request_ResourceNotFound", "GET", f"/applications/{created['id']}")
    assert created["id"] in early["message"]
    graph.refused(404, "Request_ResourceNotFound", "POST", f"/applications/{created['id']}/addPassword", {})
    assert created["appId"] not in [a["appId"] for a in graph.ok("GET", "/applications")["value"]]
    sandbox.advance(graph.tenant, 5)
    assert graph.ok("GET", f"/applications/{created['id']}")["appId"] == created["appId"]
    assert created["appId"] in [a["appId"] for a in graph.ok("GET", "/applications")["value"]]


def test_display_names_are_not_unique(graph):
    for _ in range(2):
        graph.ok("POST", "/applications", {"displayName": "twin"})
    graph.settle()
    assert len(graph.ok("GET", "/applications?$filter=displayName eq 'twin'")["value"]) == 2


@pytest.mark.parametrize("form", ["/applications/{id}", "/applications(appId='{appId}')"])
def test_application_is_found_by_object_id_and_by_app_id_in_its_own_form(graph, app, form):
    assert graph.ok("GET", form.format(**app))["id"] == app["id"]


def test_app_id_is_no_object_id(graph, app):
    graph.refused(404, "Request_ResourceNotFound", "GET", f"/applications/{app['appId']}")


def test_change_is_seen_at_once(graph, app):
    assert graph("PATCH", f"/applications/{app['id']}", {"displayName": "new name"}).status_code == 204
    assert graph.ok("GET", f"/applications/{app['id']}")["displayName"] == "new name"


def test_change_leaves_other_properties_alone_and_replaces_collections(graph, app):
    path = f"/applications/{app['id']}"
    graph.ok("PATCH", path, {"tags": ["a", "b"], "web": {"homePageUrl": "https://a.example"}})
    graph.ok("PATCH", path, {"tags": ["c"], "web": {"logoutUrl": "https://b.example"}})
    now = graph.ok("GET", path)
    assert now["displayName"] == "app"
    assert now["tags"] == ["c"]
    assert (now["web"]["homePageUrl"], now["web"]["logoutUrl"]) == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({}, "Request_BadRequest", "displayName"),
        ({"displayName": "a", "dispalyName": "b"}, "Request_BadRequest", "Invalid property 'dispalyName'."),
        ({"displayName": "a", "web": {"homepage": "x"}}, "Request_BadRequest", "Invalid property 'homepage'."),
        ({"displayName": "a", "appId": "b"}, "Request_BadRequest", "'appId' is read-only"),
        ({"displayName": "a", "info": {"logoUrl": "x"}}, "Request_BadRequest", "'logoUrl' is read-only"),
        ({"displayName": 1}, "BadRequest", "displayName"),
        ({"displayName": "a", "tags": "x"}, "BadRequest", "Collection(Edm.String)"),
        ({"displayName": "a", "tags": ["x y"]}, "Request_BadRequest", "tags"),
        ({"displayName": "a" * 257}, "Request_BadRequest", "displayName"),
        ({"displayName": "a", "signInAudience": "Everybody"}, "Request_BadRequest", "signInAudience"),
        ({"displayName": "a", "passwordCredentials": [{}]}, "Request_BadRequest", "service actions"),
        ([], "BadRequest", "JSON object"),
    ],
)
def test_wrong_body_is_refused_with_graphs_own_400(graph, sandbox, body, code, said):
    assert said in graph.refused(400, code, "POST", "/applications", body)["message"]
    assert sandbox.writes == []


@pytest.mark.parametrize(
    ("body", "said"), [({"addIns": []}, "addIns"), ({"passwordCredentials": []}, "removing secrets")]
)
def test_known_property_that_is_not_emulated_is_501_with_its_name(graph, app, body, said):
    assert said in graph.refused(501, "NotImplemented", "PATCH", f"/applications/{app['id']}", body)["message"]


def test_upsert_creates_only_with_the_header(graph):
    graph.refused(404, "Request_ResourceNotFound", "PATCH", KUNDO, {"displayName": "Kundo Mail"})
    answer = graph("PATCH", KUNDO, {"displayName": "Kundo Mail"}, headers=UPSERT)
    assert (answer.status_code, answer.json()["uniqueName"]) == (201, "kundo-mail")


def test_upsert_of_an_existing_application_answers_204_and_updates_it_replicated_or_not(graph, sandbox):
    created = graph.ok("PATCH", KUNDO, {"displayName": "Kundo Mail"}, headers=UPSERT)
    again = graph("PATCH", KUNDO, {"displayName": "Kundo Mail 2"}, headers=UPSERT)
    assert (again.status_code, again.content) == (204, b"")
    graph.refused(404, "Request_ResourceNotFound", "GET", KUNDO)
    graph.settle()
    now = graph.ok("GET", KUNDO)
    assert (now["id"], now["displayName"]) == (created["id"], "Kundo Mail 2")
    assert len(sandbox.writes) == 2


def test_upsert_needs_a_display_name(graph):
    graph.refused(400, "Request_BadRequest", "PATCH", KUNDO, {"notes": "x"}, headers=UPSERT)


def test_hand_made_app_has_no_unique_name_and_takes_one_once(graph_of):
    graph = graph_of(LITWARE)
    path = "/applications(appId='5a4d0000-0003-4000-8000-00000000a001')"
    assert graph.ok("GET", path)["uniqueName"] is None
    by_id = f"/applications/{graph.ok('GET', path)['id']}"
    graph.ok("PATCH", by_id, {"uniqueName": "kundo-mail"})
    graph.ok("PATCH", by_id, {"uniqueName": "kundo-mail"})
    assert "immutable" in graph.refused(400, "Request_BadRequest", "PATCH", by_id, {"uniqueName": "b"})["message"]
    assert graph.ok("GET", KUNDO)["appId"] == "5a4d0000-0003-4000-8000-00000000a001"


def test_deleted_application_holds_its_unique_name_for_30_days(graph, graph_of, sandbox):
    created = graph.ok("PATCH", KUNDO, {"displayName": "Kundo Mail"}, headers=UPSERT)
    graph.settle()
    assert graph("DELETE", f"/applications/{created['id']}").status_code == 204
    error = graph.refused(400, "Request_BadRequest", "PATCH", KUNDO, {"displayName": "x"}, headers=UPSERT)
    assert error["message"] == "Another object with the same value for property uniqueName already exists."
    sandbox.advance(graph.tenant, 31 * 86400)
    later = graph_of(graph.tenant)
    assert later("PATCH", KUNDO, {"displayName": "x"}, headers=UPSERT).status_code == 201


def test_deleted_application_can_be_restored_with_its_service_principal_and_secrets(graph, app):
    graph.ok("POST", "/servicePrincipals", {"appId": app["appId"]})
    graph.ok("POST", f"/applications/{app['id']}/addPassword", {})
    graph.settle()
    graph.ok("DELETE", f"/applications/{app['id']}")
    graph.refused(404, "Request_ResourceNotFound", "GET", f"/applications/{app['id']}")
    graph.refused(404, "Request_ResourceNotFound", "GET", f"/servicePrincipals(appId='{app['appId']}')")
    (deleted,) = graph.ok("GET", "/directory/deletedItems/microsoft.graph.application")["value"]
    assert (deleted["id"], deleted["deletedDateTime"] is None) == (app["id"], False)
    restored = graph.ok("POST", f"/directory/deletedItems/{app['id']}/restore")
    assert restored["@odata.type"] == "#microsoft.graph.application"
    assert len(graph.ok("GET", f"/applications/{app['id']}")["passwordCredentials"]) == 1
    assert graph.ok("GET", f"/servicePrincipals(appId='{app['appId']}')")["appId"] == app["appId"]


def test_purged_application_is_gone_and_its_unique_name_free(graph):
    created = graph.ok("PATCH", KUNDO, {"displayName": "Kundo Mail"}, headers=UPSERT)
    graph.settle()
    graph.ok("DELETE", f"/applications/{created['id']}")
    assert graph("DELETE", f"/directory/deletedItems/{created['id']}").status_code == 204
    graph.refused(404, "Request_ResourceNotFound", "GET", f"/directory/deletedItems/{created['id']}")
    assert graph("PATCH", KUNDO, {"displayName": "x"}, headers=UPSERT).status_code == 201


def test_token_without_the_permission_is_refused(graph, graph_of, sandbox):
    roles = "/servicePrincipals(appId='{client_id}')/appRoleAssignments".format(**sandbox.json["admins"][graph.tenant])
    for assignment in sandbox.by_hand(graph.tenant, "GET", roles)["value"]:
        sandbox.by_hand(graph.tenant, "DELETE", f"{roles}/{assignment['id']}")
    graph.settle()
    error = graph_of(graph.tenant).refused(
        403, "Authorization_RequestDenied", "POST", "/applications", {"displayName": "a"}
    )
    assert error["message"] == "Insufficient privileges to complete the operation."
