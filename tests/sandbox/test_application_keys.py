"""Certificates of an application: learn.microsoft.com/graph/api/resources/keycredential, …/application-addkey."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.conftest import Graph
from tests.sandbox.signed_in import KeyPair, asserted, assertion_claims
from tests.sandbox_process import CONTOSO, GRAPH_SCOPE

FIRST, SECOND = KeyPair(name="first"), KeyPair(name="second")
GRAPH_AUDIENCE = "00000002-0000-0000-c000-000000000000"


@pytest.fixture
def app(graph, new_app):
    return f"/applications/{new_app['id']}"


def keys(graph, app, **options):
    return graph.ok("GET", f"{app}?$select=id,keyCredentials", **options)["keyCredentials"]


def patch(graph, app, *credentials):
    return graph("PATCH", app, {"keyCredentials": list(credentials)})


def proof(app_object_id, pair=FIRST, **changes):
    now = int(time.time())
    return pair.sign({"aud": GRAPH_AUDIENCE, "iss": app_object_id, "nbf": now, "exp": now + 600} | changes, "RS256")


def test_identifier_dates_and_name_are_the_certificates(graph, app):
    assert patch(graph, app, FIRST.credential).status_code == 204
    (key,) = graph.ok("GET", app)["keyCredentials"]
    assert key["customKeyIdentifier"] == FIRST.thumbprint
    assert datetime.fromisoformat(key["endDateTime"]) == FIRST.certificate.not_valid_after_utc
    assert datetime.fromisoformat(key["startDateTime"]) == FIRST.certificate.not_valid_before_utc
    assert (key["displayName"], key["type"], key["usage"]) == ("CN=first", "AsymmetricX509Cert", "Verify")


def test_key_itself_is_shown_only_when_selected_of_one_object(graph, app):
    patch(graph, app, FIRST.credential)
    assert graph.ok("GET", app)["keyCredentials"][0]["key"] is None
    listed = graph.ok("GET", "/applications?$select=id,keyCredentials")["value"]
    assert [k["key"] for a in listed for k in a["keyCredentials"]] == [None]
    assert keys(graph, app)[0]["key"] == FIRST.base64


def test_patch_replaces_the_whole_collection(graph, app):
    patch(graph, app, FIRST.credential)
    patch(graph, app, SECOND.credential)
    assert [k["customKeyIdentifier"] for k in keys(graph, app)] == [SECOND.thumbprint]


@pytest.mark.parametrize("as_read", [True, False])
def test_entry_with_a_known_key_id_is_kept(graph, app, as_read):
    patch(graph, app, FIRST.credential)
    old = keys(graph, app)[0] if as_read else graph.ok("GET", app)["keyCredentials"][0]
    assert patch(graph, app, old, SECOND.credential).status_code == 204
    assert next(k["keyId"] for k in keys(graph, app)) == old["keyId"]
    assert len(keys(graph, app)) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": "bm8gY2VydGlmaWNhdGU="}, "Request_BadRequest"),
        ({"key": None}, "Request_BadRequest"),
        ({"colour": "red"}, "Request_BadRequest"),
        ({"endDateTime": "2099-01-01T00:00:00Z"}, "KeyCredentialsInvalidEndDate"),
        ({"startDateTime": "1999-01-01T00:00:00Z"}, "KeyCredentialsInvalidStartDate"),
    ],
)
def test_wrong_certificate_is_refused_and_nothing_changes(graph, app, sandbox, change, code):
    patch(graph, app, FIRST.credential)
    sandbox.mark()
    graph.refused(400, code, "PATCH", app, {"keyCredentials": [SECOND.credential | change]})
    assert sandbox.writes == []
    assert len(keys(graph, app)) == 1


def test_expired_certificate_is_refused(graph, app, sandbox):
    sandbox.advance(CONTOSO, 400 * 86400)
    graph = Graph(sandbox, CONTOSO, sandbox.token(CONTOSO))
    graph.refused(400, "KeyCredentialsInvalidEndDate", "PATCH", app, {"keyCredentials": [FIRST.credential]})


def test_application_rolls_its_own_key_without_any_permission(graph, app, sandbox, new_app):
    patch(graph, app, FIRST.credential)
    graph.settle()
    assertion = FIRST.sign(assertion_claims(sandbox, CONTOSO, new_app["client_id"]))
    token = asserted(sandbox, CONTOSO, new_app["client_id"], assertion, GRAPH_SCOPE).json()["access_token"]
    itself = Graph(sandbox, CONTOSO, token)
    body = {"keyCredential": SECOND.credential, "passwordCredential": None, "proof": proof(new_app["id"])}
    added = itself.ok("POST", f"{app}/addKey", body)
    assert (added["customKeyIdentifier"], added["key"]) == (SECOND.thumbprint, None)
    old = next(k for k in keys(graph, app) if k["keyId"] != added["keyId"])
    removal = {"keyId": old["keyId"], "proof": proof(new_app["id"])}
    assert itself("POST", f"{app}/removeKey", removal).status_code == 204
    assert [k["keyId"] for k in keys(graph, app)] == [added["keyId"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "00000003-0000-0000-c000-000000000000"},
        {"iss": CONTOSO},
        {"exp": int(time.time()) + 3600},
        {"nbf": int(time.time()) - 3600, "exp": int(time.time()) - 3000},
        {"pair": SECOND},
    ],
)
def test_wrong_proof_is_refused(graph, app, sandbox, new_app, changes):
    patch(graph, app, FIRST.credential)
    graph.settle()
    body = {"keyCredential": SECOND.credential, "proof": proof(new_app["id"], **changes)}
    graph.refused(401, "Authentication_MissingOrMalformed", "POST", f"{app}/addKey", body)
    assert "proof" in sandbox.requests(CONTOSO)[-1]["refused"]


def test_without_proof_or_without_any_certificate_no_key_is_added(graph, app, new_app):
    graph.refused(403, "Authorization_RequestDenied", "POST", f"{app}/addKey", {"keyCredential": FIRST.credential})
    body = {"keyCredential": FIRST.credential, "proof": proof(new_app["id"])}
    graph.refused(401, "Authentication_MissingOrMalformed", "POST", f"{app}/addKey", body)


def restrict(sandbox, kind, **rule):
    rules = {kind: [{"state": "enabled"} | rule]}
    path = "/policies/defaultAppManagementPolicy"
    sandbox.by_hand(CONTOSO, "PATCH", path, {"isEnabled": True, "applicationRestrictions": rules})


def test_policy_that_limits_a_certificates_lifetime(graph, app, sandbox):
    restrict(sandbox, "keyCredentials", restrictionType="asymmetricKeyLifetime", maxLifetime="P90D")
    body = {"keyCredentials": [FIRST.credential]}
    graph.refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", "PATCH", app, body)
    assert patch(graph, app, KeyPair(days=60).credential).status_code == 204
    end = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    assert patch(graph, app, SECOND.credential | {"endDateTime": end}).status_code == 204


def test_existing_certificate_stays_when_a_policy_comes(graph, app, sandbox):
    patch(graph, app, FIRST.credential)
    restrict(sandbox, "keyCredentials", restrictionType="trustedCertificateAuthority")
    assert patch(graph, app, keys(graph, app)[0]).status_code == 204
    body = {"keyCredentials": [SECOND.credential]}
    graph.refused(403, "CredentialTypeNotAllowedAsPerAppPolicy", "PATCH", app, body)


def test_policy_of_one_application_takes_the_defaults_place(graph, app, sandbox):
    restrict(sandbox, "passwordCredentials", restrictionType="passwordAddition")
    graph.refused(403, "CredentialTypeNotAllowedAsPerAppPolicy", "POST", f"{app}/addPassword", {})
    rules = {"passwordCredentials": [{"restrictionType": "passwordAddition", "state": "disabled"}]}
    wanted = {"displayName": "kundo", "isEnabled": True, "restrictions": rules}
    policy = sandbox.by_hand(CONTOSO, "POST", "/policies/appManagementPolicies", wanted)
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/policies/appManagementPolicies/{policy['id']}"}
    sandbox.by_hand(CONTOSO, "POST", f"{app}/appManagementPolicies/$ref", reference)
    graph.ok("POST", f"{app}/addPassword", {})
    again = sandbox.by_hand(CONTOSO, "POST", f"{app}/appManagementPolicies/$ref", reference, ok=False)
    assert again["status"] == 400
    path = f"/policies/appManagementPolicies/{policy['id']}"
    assert sandbox.by_hand(CONTOSO, "DELETE", path, ok=False)["status"] == 400
    sandbox.by_hand(CONTOSO, "DELETE", f"{app}/appManagementPolicies/{policy['id']}/$ref")
    graph.refused(403, "CredentialTypeNotAllowedAsPerAppPolicy", "POST", f"{app}/addPassword", {})
    sandbox.by_hand(CONTOSO, "DELETE", path)
    assert sandbox.by_hand(CONTOSO, "GET", "/policies/appManagementPolicies")["value"] == []


def test_federated_credentials_are_limited_and_unique(graph, app):
    path = f"{app}/federatedIdentityCredentials"
    body = {"name": "one", "issuer": "https://idp.example", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}
    made = graph.ok("POST", path, body)
    assert graph.ok("GET", f"{path}/one")["id"] == made["id"]
    graph.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", path, body | {"name": "two"})
    graph.refused(400, "Request_BadRequest", "POST", path, body | {"name": "a/b", "subject": "t"})
    two = body | {"name": "two", "subject": "t", "audiences": ["a", "b"]}
    graph.refused(400, "Request_BadRequest", "POST", path, two)
    assert graph("PATCH", f"{path}/{made['id']}", {"subject": "u"}).status_code == 204
    graph.refused(400, "Request_BadRequest", "PATCH", f"{path}/{made['id']}", {"name": "other"})
    assert [(f["id"], f["subject"]) for f in graph.ok("GET", path)["value"]] == [(made["id"], "u")]
    for number in range(19):
        graph.ok("POST", path, body | {"name": f"more-{number}", "subject": str(number)})
    graph.refused(400, "Request_BadRequest", "POST", path, body | {"name": "last", "subject": "last"})
    assert graph("DELETE", f"{path}/{made['id']}").status_code == 204
    assert len(graph.ok("GET", path)["value"]) == 19
