"""Entra: what gets no token, and why: learn.microsoft.com/entra/identity-platform/reference-error-codes."""

from __future__ import annotations

import pytest

from tests.sandbox_process import CONTOSO, FABRIKAM


def refusal(answer, status: int, error: str, code: int) -> dict:
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [code])
    return answer.json()


def signed_in(app: dict[str, str]) -> dict[str, str]:
    return {"client_id": app["client_id"], "client_secret": app["client_secret"]}


def test_wrong_secret_is_7000215_with_the_whole_error_body(sandbox):
    answer = sandbox.token_answer(CONTOSO, client_secret="wrong")
    body = refusal(answer, 401, "invalid_client", 7000215)
    assert set(body) == {
        "error",
        "error_description",
        "error_codes",
        "timestamp",
        "trace_id",
        "correlation_id",
        "error_uri",
    }
    assert body["error_description"].startswith("AADSTS7000215: Invalid client secret provided.")
    assert body["trace_id"] in body["error_description"]
    assert answer.headers["x-ms-request-id"]


def test_correlation_id_is_the_clients(sandbox):
    url = f"{sandbox.json['login']}/{CONTOSO}/oauth2/v2.0/token"
    sent = "6f0e7d5e-0000-4000-8000-000000000001"
    answer = sandbox.http.post(url, data={"grant_type": ""}, headers={"client-request-id": sent})
    assert answer.json()["correlation_id"] == answer.headers["client-request-id"] == sent


def test_new_secret_is_refused_until_it_has_replicated(sandbox, new_app):
    text = sandbox.by_hand(CONTOSO, "POST", f"/applications/{new_app['id']}/addPassword", {})["secretText"]
    new = {"client_id": new_app["client_id"], "client_secret": text}
    refusal(sandbox.token_answer(CONTOSO, **new), 401, "invalid_client", 7000215)
    sandbox.advance(CONTOSO, 13)
    assert sandbox.token_answer(CONTOSO, **new).status_code == 200


def test_removed_secret_is_refused(sandbox, new_app):
    path = f"/applications/{new_app['id']}/removePassword"
    sandbox.by_hand(CONTOSO, "POST", path, {"keyId": new_app["key_id"]})
    sandbox.settle(CONTOSO)
    refusal(sandbox.token_answer(CONTOSO, **signed_in(new_app)), 401, "invalid_client", 7000215)


def test_expired_secret_is_7000222(sandbox, new_app):
    sandbox.advance(CONTOSO, 3 * 366 * 86400)
    refusal(sandbox.token_answer(CONTOSO, **signed_in(new_app)), 401, "invalid_client", 7000222)


def test_app_without_service_principal_in_the_tenant_is_700016(sandbox):
    registered = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
    sandbox.settle(CONTOSO)
    answer = sandbox.token_answer(CONTOSO, client_id=registered["appId"], client_secret="any")
    refusal(answer, 400, "unauthorized_client", 700016)


def test_app_of_another_tenant_is_700016(sandbox):
    refusal(sandbox.token_answer(FABRIKAM, **sandbox.json["admins"][CONTOSO]), 400, "unauthorized_client", 700016)


def test_app_is_unknown_until_it_has_replicated(sandbox):
    registered = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
    sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": registered["appId"]})
    answer = sandbox.token_answer(CONTOSO, client_id=registered["appId"], client_secret="any")
    refusal(answer, 400, "unauthorized_client", 700016)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/applications/{id}", {"isDisabled": True}), ("/servicePrincipals/{principal}", {"accountEnabled": False})],
)
def test_disabled_app_is_7000112(sandbox, new_app, path, body):
    sandbox.by_hand(CONTOSO, "PATCH", path.format(**new_app), body)
    refusal(sandbox.token_answer(CONTOSO, **signed_in(new_app)), 400, "unauthorized_client", 7000112)


@pytest.mark.parametrize(
    ("tenant", "code"),
    [
        ("5a4d0000-0000-4000-8000-00000000ffff", 90002),
        ("unknown.example", 90002),
        ("common", 9001023),
        ("not a tenant", 900023),
    ],
)
def test_tenant_that_is_not_here(sandbox, tenant, code):
    answer = sandbox.token_answer(tenant, client_id="a", client_secret="b")
    refusal(answer, 400, "invalid_request", code)


def test_discovery_of_an_unknown_tenant_is_90002(sandbox):
    url = f"{sandbox.json['login']}/unknown.example/v2.0/.well-known/openid-configuration"
    refusal(sandbox.http.get(url), 400, "invalid_tenant", 90002)


def test_discovery_by_domain_names_the_tenants_guid(sandbox):
    found = sandbox.http.get(f"{sandbox.json['login']}/contoso.example/v2.0/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{sandbox.json['login']}/{CONTOSO}/v2.0"
    assert found["token_endpoint"] == f"{sandbox.json['login']}/{CONTOSO}/oauth2/v2.0/token"


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        ({"grant_type": None}, 400, "invalid_request", 900144),
        ({"client_id": None}, 400, "invalid_request", 900144),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"grant_type": "nonsense"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://graph.microsoft.com/Mail.Send"}, 400, "invalid_scope", 1002012),
        ({"scope": "Mail.Send"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://graph.microsoft.com/.default openid"}, 400, "invalid_scope", 28002),
        (
            {"scope": "https://graph.microsoft.com/.default https://outlook.office365.com/.default"},
            400,
            "invalid_scope",
            28002,
        ),
        ({"scope": "https://graph.microsoft.us/.default"}, 400, "invalid_resource", 500011),
    ],
)
def test_bad_request_gets_the_documented_code(sandbox, form, status, error, code):
    refusal(sandbox.token_answer(CONTOSO, **form), status, error, code)


def test_grant_that_is_not_emulated_is_501_with_its_name(sandbox):
    answer = sandbox.token_answer(CONTOSO, grant_type="password")
    assert answer.status_code == 501
    assert "password" in answer.json()["error"]["message"]


def test_nothing_of_a_secret_is_kept_in_log_or_ledger(sandbox, new_app):
    sandbox.token(CONTOSO, **signed_in(new_app))
    kept = f"{sandbox.requests(CONTOSO)}{sandbox.ledger(CONTOSO)}"
    assert new_app["client_secret"] not in kept
    assert sandbox.json["admins"][CONTOSO]["client_secret"] not in kept
