"""Owners, and an app that may write only what it owns: Application.ReadWrite.OwnedBy."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Graph
from tests.sandbox_process import CONTOSO

OWNED_BY = "18a4783c-866b-4cc7-a460-3d5e5662c884"
DENIED = (403, "Authorization_RequestDenied")


@pytest.fixture
def owner(sandbox, new_app):
    """Graph as an app that has OwnedBy alone."""
    resource = sandbox.by_hand(CONTOSO, "GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    grant = {"principalId": new_app["principal"], "resourceId": resource["id"], "appRoleId": OWNED_BY}
    sandbox.by_hand(CONTOSO, "POST", f"/servicePrincipals/{new_app['principal']}/appRoleAssignments", grant)
    sandbox.settle(CONTOSO)
    form = {"client_id": new_app["client_id"], "client_secret": new_app["client_secret"]}
    return Graph(sandbox, CONTOSO, sandbox.token(CONTOSO, **form))


@pytest.fixture
def foreign(sandbox):
    """An application that somebody else made, replicated."""
    return sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "foreign"})


@pytest.fixture
def own(owner, sandbox, foreign):
    made = owner.ok("POST", "/applications", {"displayName": "own"})
    sandbox.advance(CONTOSO, 60)
    return made


def test_maker_becomes_owner_and_does_all_that_a_mail_app_needs(owner, own, new_app):
    path = f"/applications/{own['id']}"
    assert [o["id"] for o in owner.ok("GET", f"{path}/owners")["value"]] == [new_app["principal"]]
    assert owner("PATCH", path, {"notes": "x"}).status_code == 204
    owner.ok("POST", f"{path}/addPassword", {})
    principal = owner.ok("POST", "/servicePrincipals", {"appId": own["appId"]})
    owner.sandbox.advance(CONTOSO, 60)
    assert owner("PATCH", f"/servicePrincipals/{principal['id']}", {"notes": "x"}).status_code == 204
    federated = {"name": "ci1", "issuer": "https://i.example", "subject": "s", "audiences": ["a"]}
    owner.ok("POST", f"{path}/federatedIdentityCredentials", federated)
    assert owner("DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("PATCH", "", {"notes": "x"}),
        ("DELETE", "", None),
        ("POST", "/addPassword", {}),
        ("PUT", "/logo", None),
        ("POST", "/federatedIdentityCredentials", {"name": "ci1"}),
        ("POST", "/owners/$ref", {}),
    ],
)
def test_what_another_made_is_read_and_not_written(owner, own, foreign, sandbox, method, rest, body):
    sandbox.mark()
    path = f"/applications/{foreign['id']}"
    assert owner.ok("GET", path)["displayName"] == "foreign"
    assert "foreign" in [a["displayName"] for a in owner.ok("GET", "/applications")["value"]]
    owner.refused(*DENIED, method, f"{path}{rest}", body)
    assert sandbox.writes == []


def test_service_principal_of_anothers_application_is_refused(owner, own, foreign):
    owner.refused(*DENIED, "POST", "/servicePrincipals", {"appId": foreign["appId"]})


def test_who_may_write_all_becomes_no_owner(graph):
    made = graph.ok("POST", "/applications", {"displayName": "x"})
    graph.sandbox.advance(CONTOSO, 60)
    assert graph.ok("GET", f"/applications/{made['id']}/owners")["value"] == []


@pytest.mark.parametrize("kind", ["applications", "servicePrincipals"])
def test_owners_are_added_once_and_removed(sandbox, new_app, kind):
    path = f"/{kind}/{new_app['id' if kind == 'applications' else 'principal']}/owners"
    user = sandbox.by_hand(CONTOSO, "GET", "/users/admin@contoso.example")["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    sandbox.by_hand(CONTOSO, "POST", f"{path}/$ref", reference)
    assert sandbox.by_hand(CONTOSO, "POST", f"{path}/$ref", reference, ok=False)["status"] == 400
    (owner,) = sandbox.by_hand(CONTOSO, "GET", path)["value"]
    assert (owner["id"], owner["@odata.type"]) == (user, "#microsoft.graph.user")
    sandbox.by_hand(CONTOSO, "DELETE", f"{path}/{user}/$ref")
    assert sandbox.by_hand(CONTOSO, "DELETE", f"{path}/{user}/$ref", ok=False)["status"] == 404
    assert sandbox.by_hand(CONTOSO, "GET", path)["value"] == []


def test_adding_owners_needs_to_read_the_directory_too(graph, new_app, sandbox):
    user = sandbox.by_hand(CONTOSO, "GET", "/users/admin@contoso.example")["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    graph.refused(*DENIED, "POST", f"/applications/{new_app['id']}/owners/$ref", reference)
