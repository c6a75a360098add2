"""Secrets, the policy that may forbid them, and the logo."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from PIL import Image

from tests.sandbox_process import LITWARE

POLICY = "/policies/defaultAppManagementPolicy"


@pytest.fixture
def app(graph):
    created = graph.ok("POST", "/applications", {"displayName": "app"})
    graph.settle()
    return f"/applications/{created['id']}"


def restrict(sandbox, tenant, *restrictions):
    rules = {"passwordCredentials": [{"state": "enabled"} | r for r in restrictions]}
    sandbox.by_hand(tenant, "PATCH", POLICY, {"isEnabled": True, "applicationRestrictions": rules})


def picture(kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, kind)
    return content.getvalue()


def test_secret_is_shown_once_with_hint_and_two_years_of_life(graph, app):
    secret = graph.ok("POST", f"{app}/addPassword", {})
    assert 16 <= len(secret["secretText"]) <= 64
    assert secret["hint"] == secret["secretText"][:3]
    start, end = (datetime.fromisoformat(secret[n]) for n in ("startDateTime", "endDateTime"))
    assert timedelta(days=730) <= end - start <= timedelta(days=731)
    (listed,) = graph.ok("GET", app)["passwordCredentials"]
    assert listed == {k: v for k, v in secret.items() if k != "@odata.context"} | {"secretText": None}


def test_secret_takes_name_and_dates(graph, app):
    wanted = {"displayName": "marker", "endDateTime": "2099-01-02T03:04:05Z"}
    secret = graph.ok("POST", f"{app}/addPassword", {"passwordCredential": wanted})
    assert wanted.items() <= secret.items()


@pytest.mark.parametrize(
    "credential",
    [
        {"secretText": "mine"},
        {"keyId": "5a4d0000-0003-4000-8000-00000000b001"},
        {"colour": "red"},
        {"endDateTime": "tomorrow"},
        {"startDateTime": "2030-01-01T00:00:00Z", "endDateTime": "2029-01-01T00:00:00Z"},
    ],
)
def test_wrong_secret_request_is_refused(graph, app, credential):
    assert graph("POST", f"{app}/addPassword", {"passwordCredential": credential}).status_code == 400
    assert graph.ok("GET", app)["passwordCredentials"] == []


def test_each_call_makes_another_secret(graph, app):
    texts = {graph.ok("POST", f"{app}/addPassword", {})["secretText"] for _ in range(3)}
    assert len(texts) == len(graph.ok("GET", app)["passwordCredentials"]) == 3


def test_removed_secret_leaves_the_list_and_the_others(graph, app):
    keys = [graph.ok("POST", f"{app}/addPassword", {})["keyId"] for _ in range(2)]
    assert graph("POST", f"{app}/removePassword", {"keyId": keys[0]}).status_code == 204
    assert [s["keyId"] for s in graph.ok("GET", app)["passwordCredentials"]] == keys[1:]
    graph.refused(400, "Request_BadRequest", "POST", f"{app}/removePassword", {"keyId": keys[0]})


def test_hand_made_secret_is_listed(graph_of):
    app = graph_of(LITWARE).ok("GET", "/applications(appId='5a4d0000-0003-4000-8000-00000000a001')")
    assert [s["keyId"] for s in app["passwordCredentials"]] == ["5a4d0000-0003-4000-8000-00000000b001"]


def test_ledger_names_the_secret_and_never_holds_its_text(graph, app, sandbox):
    secret = graph.ok("POST", f"{app}/addPassword", {"passwordCredential": {"displayName": "marker"}})
    entry = sandbox.writes[-1]
    assert entry["request"] == "POST /applications/{id}/addPassword"
    assert entry["actor"] == sandbox.json["admins"][graph.tenant]["client_id"]
    assert (entry["detail"]["key_id"], entry["detail"]["display_name"]) == (secret["keyId"], "marker")
    assert secret["secretText"] not in str(sandbox.ledger(graph.tenant))


def test_policy_that_forbids_secrets(graph, app, sandbox):
    restrict(sandbox, graph.tenant, {"restrictionType": "passwordAddition"})
    assert graph.ok("GET", POLICY)["isEnabled"] is True
    graph.refused(403, "CredentialTypeNotAllowedAsPerAppPolicy", "POST", f"{app}/addPassword", {})
    assert graph.ok("GET", app)["passwordCredentials"] == []


def test_policy_that_limits_lifetime(graph, app, sandbox):
    restrict(sandbox, graph.tenant, {"restrictionType": "passwordLifetime", "maxLifetime": "P180D"})
    graph.refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", "POST", f"{app}/addPassword", {})
    end = datetime.fromisoformat(sandbox.now(graph.tenant)) + timedelta(days=179)
    graph.ok("POST", f"{app}/addPassword", {"passwordCredential": {"endDateTime": end.isoformat()}})


@pytest.mark.parametrize(
    "rule",
    [
        {"restrictionType": "passwordAddition", "state": "disabled"},
        {"restrictionType": "passwordAddition", "restrictForAppsCreatedAfterDateTime": "2099-01-01T00:00:00Z"},
    ],
)
def test_rule_that_does_not_apply_lets_secrets_be(graph, app, sandbox, rule):
    restrict(sandbox, graph.tenant, rule)
    graph.ok("POST", f"{app}/addPassword", {})


def test_default_policy_forbids_nothing(graph):
    assert graph.ok("GET", POLICY)["isEnabled"] is False


def test_logo_is_kept_and_served_at_its_public_address(graph, app, sandbox):
    assert graph("PUT", f"{app}/logo", data=picture(), headers={"Content-Type": "image/png"}).status_code == 204
    served = sandbox.http.get(graph.ok("GET", app)["info"]["logoUrl"])
    assert (served.content, served.headers["Content-Type"]) == (picture(), "image/png")
    assert graph("GET", f"{app}/logo").content == picture()


def test_application_without_logo_has_no_address(graph, app):
    assert graph.ok("GET", app)["info"]["logoUrl"] is None
    graph.refused(404, "Request_ResourceNotFound", "GET", f"{app}/logo")


@pytest.mark.parametrize(
    ("content", "content_type", "said"),
    [
        (picture(), "application/octet-stream", "application/octet-stream"),
        (picture(), "image/svg+xml", "image/png"),
        (b"no picture", "image/png", "not a valid image"),
        (picture() + b"\0" * 512 * 1024, "image/png", "maximum allowed size"),
    ],
)
def test_wrong_logo_is_refused(graph, app, content, content_type, said):
    headers = {"Content-Type": content_type}
    error = graph.refused(400, "Request_BadRequest", "PUT", f"{app}/logo", data=content, headers=headers)
    assert said in error["message"]
    assert graph.ok("GET", app)["info"]["logoUrl"] is None
