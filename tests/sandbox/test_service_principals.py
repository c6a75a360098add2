"""Enterprise applications, admin consent, directory roles."""

from __future__ import annotations

import pytest

from tests.sandbox_process import CONTOSO, FABRIKAM

GRAPH = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
EXCHANGE = "/servicePrincipals(appId='00000002-0000-0ff1-ce00-000000000000')"
MAIL_SEND = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
MAIL_READ_WRITE = "e2a3a72e-5f79-4c64-b1b1-878b674786c9"


@pytest.fixture
def app_id(graph):
    created = graph.ok("POST", "/applications", {"displayName": "Kundo Mail", "tags": ["kundo-mail"]})
    graph.settle()
    return created["appId"]


@pytest.fixture
def principal(graph, app_id):
    created = graph.ok("POST", "/servicePrincipals", {"appId": app_id})
    graph.settle()
    return created["id"]


@pytest.fixture
def grant(graph, principal):
    return {"principalId": principal, "resourceId": graph.ok("GET", GRAPH)["id"], "appRoleId": MAIL_SEND}


def test_create_answers_201_and_copies_name_and_tags(graph, app_id):
    body = {"appId": app_id, "tags": ["WindowsAzureActiveDirectoryIntegratedApp"]}
    answer = graph("POST", "/servicePrincipals", body)
    created = answer.json()
    assert answer.status_code == 201
    assert (created["displayName"], created["appOwnerOrganizationId"]) == ("Kundo Mail", CONTOSO)
    assert set(created["tags"]) == {"kundo-mail", "WindowsAzureActiveDirectoryIntegratedApp"}
    assert (created["servicePrincipalType"], created["accountEnabled"]) == ("Application", True)


def test_second_create_is_409(graph, app_id, principal):
    error = graph.refused(
        409, "Request_MultipleObjectsWithSameKeyValue", "POST", "/servicePrincipals", {"appId": app_id}
    )
    assert error["details"][0]["code"] == "ObjectConflict"


def test_create_before_the_application_has_replicated_is_no_backing_object(graph):
    created = graph.ok("POST", "/applications", {"displayName": "app"})
    error = graph.refused(400, "Request_BadRequest", "POST", "/servicePrincipals", {"appId": created["appId"]})
    assert (error["details"][0]["code"], error["details"][0]["target"]) == ("NoBackingApplicationObject", "appId")
    graph.settle()
    graph.ok("POST", "/servicePrincipals", {"appId": created["appId"]})


def test_create_for_no_application_is_no_backing_object(graph):
    body = {"appId": "5a4d0000-0000-4000-8000-00000000ffff"}
    error = graph.refused(400, "Request_BadRequest", "POST", "/servicePrincipals", body)
    assert error["details"][0]["code"] == "NoBackingApplicationObject"


def test_new_service_principal_is_404_until_it_has_replicated(graph, app_id):
    created = graph.ok("POST", "/servicePrincipals", {"appId": app_id})
    for path in (f"/servicePrincipals/{created['id']}", f"/servicePrincipals(appId='{app_id}')"):
        graph.refused(404, "Request_ResourceNotFound", "GET", path)
    assert graph.ok("GET", f"/servicePrincipals?$filter=appId eq '{app_id}'")["value"] == []
    graph.settle()
    assert len(graph.ok("GET", f"/servicePrincipals?$filter=appId eq '{app_id}'")["value"]) == 1


def test_upsert_by_app_id(graph, app_id):
    path, header = f"/servicePrincipals(appId='{app_id}')", {"Prefer": "create-if-missing"}
    graph.refused(404, "Request_ResourceNotFound", "PATCH", path, {})
    assert graph("PATCH", path, {}, headers=header).status_code == 201
    assert graph("PATCH", path, {"notes": "n"}, headers=header).status_code == 204


def test_change_and_delete(graph, principal):
    path = f"/servicePrincipals/{principal}"
    assert graph("PATCH", path, {"accountEnabled": False}).status_code == 204
    assert graph.ok("GET", path)["accountEnabled"] is False
    assert graph("DELETE", path).status_code == 204
    graph.refused(404, "Request_ResourceNotFound", "GET", path)


def test_wrong_property_is_refused(graph, principal):
    graph.refused(400, "Request_BadRequest", "PATCH", f"/servicePrincipals/{principal}", {"enabled": True})


def test_microsofts_own_exist_in_each_tenant_under_ids_of_its_own(graph, graph_of):
    other = graph_of(FABRIKAM)
    for path in (GRAPH, EXCHANGE):
        assert graph.ok("GET", path)["id"] != other.ok("GET", path)["id"]
    roles = {r["value"]: r["id"] for r in graph.ok("GET", f"{GRAPH}?$select=id,appRoles")["appRoles"]}
    assert (roles["Mail.Send"], roles["Mail.ReadWrite"]) == (MAIL_SEND, MAIL_READ_WRITE)
    exchange = [r["value"] for r in graph.ok("GET", EXCHANGE)["appRoles"]]
    assert {"Exchange.ManageAsApp", "full_access_as_app", "Mail.Send"} <= set(exchange)


@pytest.mark.parametrize("collection", ["appRoleAssignments", "appRoleAssignedTo"])
def test_grant_is_answered_in_full_and_listed_on_both_sides(graph, principal, grant, collection):
    owner = principal if collection == "appRoleAssignments" else grant["resourceId"]
    answer = graph("POST", f"/servicePrincipals/{owner}/{collection}", grant)
    made = answer.json()
    assert answer.status_code == 201
    assert grant.items() <= made.items()
    assert (made["principalType"], made["resourceDisplayName"]) == ("ServicePrincipal", "Microsoft Graph")
    graph.settle()
    for path in (f"/servicePrincipals/{principal}/appRoleAssignments", f"{GRAPH}/appRoleAssignedTo"):
        assert made["id"] in [a["id"] for a in graph.ok("GET", path)["value"]]


def test_grant_is_listed_only_when_it_has_replicated(graph, principal, grant):
    path = f"/servicePrincipals/{principal}/appRoleAssignments"
    graph.ok("POST", path, grant)
    assert graph.ok("GET", path)["value"] == []
    graph.settle()
    assert len(graph.ok("GET", path)["value"]) == 1


def test_second_grant_of_the_same_role_is_refused_replicated_or_not(graph, principal, grant):
    path = f"/servicePrincipals/{principal}/appRoleAssignments"
    graph.ok("POST", path, grant)
    error = graph.refused(400, "Request_BadRequest", "POST", path, grant)
    assert error["message"] == "Permission being assigned already exists on the object"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"appRoleId": "5a4d0000-0000-4000-8000-00000000ffff"}, 400),
        ({"resourceId": "5a4d0000-0000-4000-8000-00000000ffff"}, 404),
        ({"principalId": "5a4d0000-0000-4000-8000-00000000ffff"}, 400),
        ({"appRoleId": None}, 400),
        ({"scope": "all"}, 400),
    ],
)
def test_wrong_grant_is_refused(graph, principal, grant, sandbox, change, status):
    sandbox.mark()
    answer = graph("POST", f"/servicePrincipals/{principal}/appRoleAssignments", grant | change)
    assert (answer.status_code, sandbox.writes) == (status, [])


def test_revoked_grant_leaves_both_lists_and_can_be_granted_again(graph, principal, grant):
    path = f"/servicePrincipals/{principal}/appRoleAssignments"
    made = graph.ok("POST", path, grant)
    graph.settle()
    assert graph("DELETE", f"{path}/{made['id']}").status_code == 204
    assert graph.ok("GET", path)["value"] == []
    graph.refused(404, "Request_ResourceNotFound", "DELETE", f"{path}/{made['id']}")
    graph.ok("POST", path, grant)


def test_grants_can_be_expanded(graph, principal, grant):
    graph.ok("POST", f"/servicePrincipals/{principal}/appRoleAssignments", grant)
    graph.settle()
    path = f"/servicePrincipals/{principal}?$select=id,appId&$expand=appRoleAssignments"
    shown = graph.ok("GET", path)
    assert [a["appRoleId"] for a in shown["appRoleAssignments"]] == [MAIL_SEND]
    assert "appRoleAssignments" not in graph.ok("GET", f"/servicePrincipals/{principal}")


def test_assigning_needs_a_reading_permission_beside_its_own(graph, graph_of, grant, sandbox):
    own = f"/servicePrincipals(appId='{sandbox.json['admins'][CONTOSO]['client_id']}')/appRoleAssignments"
    for assignment in sandbox.by_hand(CONTOSO, "GET", own)["value"]:
        if assignment["appRoleId"] == "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9":  # Application.ReadWrite.All
            sandbox.by_hand(CONTOSO, "DELETE", f"{own}/{assignment['id']}")
    graph.settle()
    path = f"/servicePrincipals/{grant['principalId']}/appRoleAssignments"
    graph_of(CONTOSO).refused(403, "Authorization_RequestDenied", "POST", path, grant)


def test_directory_role_is_assigned_once_and_removed(sandbox, principal):
    path = "/roleManagement/directory/roleAssignments"
    role = "29232cdf-9323-42fd-ade2-1d097af3e4de"
    body = {"principalId": principal, "roleDefinitionId": role, "directoryScopeId": "/"}
    made = sandbox.by_hand(CONTOSO, "POST", path, body)
    assert sandbox.by_hand(CONTOSO, "POST", path, body, ok=False)["status"] == 400
    listed = sandbox.by_hand(CONTOSO, "GET", f"{path}?$filter=principalId eq '{principal}'")["value"]
    assert [a["roleDefinitionId"] for a in listed] == [role]
    sandbox.by_hand(CONTOSO, "DELETE", f"{path}/{made['id']}")
    assert sandbox.by_hand(CONTOSO, "GET", f"{path}?$filter=principalId eq '{principal}'")["value"] == []
