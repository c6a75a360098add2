"""Entra: tokens and their refusals."""

from __future__ import annotations

import base64
import time

import jwt
import msal
import pytest

from tests.sandbox_process import CONTOSO, EXCHANGE_SCOPE, FABRIKAM, LITWARE, Sandbox

HAND_MADE_APP = "5a4d0000-0003-4000-8000-00000000a001"


def claims(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def refusal(answer, status: int, error: str, code: int) -> dict:
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [code])
    return answer.json()


@pytest.fixture
def app(sandbox: Sandbox) -> dict[str, str]:
    """A new app of contoso with a service principal and a secret, all lags over."""
    registered = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
    principal = sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": registered["appId"]})
    secret = sandbox.by_hand(CONTOSO, "POST", f"/applications/{registered['id']}/addPassword", {})
    sandbox.settle(CONTOSO)
    return {
        "id": registered["id"],
        "principal": principal["id"],
        "client_id": registered["appId"],
        "client_secret": secret["secretText"],
        "key_id": secret["keyId"],
    }


def signed_in(app: dict[str, str]) -> dict[str, str]:
    return {"client_id": app["client_id"], "client_secret": app["client_secret"]}


def test_msal_gets_a_token_without_instance_discovery(sandbox):
    admin = sandbox.json["admins"][CONTOSO]
    client = msal.ConfidentialClientApplication(
        admin["client_id"],
        admin["client_secret"],
        authority=f"{sandbox.json['login']}/{CONTOSO}",
        instance_discovery=False,
        http_client=sandbox.http,
    )
    answer = client.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert answer["token_type"] == "Bearer", answer
    assert answer["expires_in"] == 3599


def test_token_answer_has_the_documented_fields_and_no_refresh_token(sandbox):
    answer = sandbox.token_answer(CONTOSO)
    assert set(answer.json()) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert answer.headers["Cache-Control"].startswith("no-store")


def test_graph_token_has_the_claims_of_an_app_only_v1_token(sandbox):
    token = claims(sandbox.token(CONTOSO))
    assert token["aud"] == "https://graph.microsoft.com"
    assert token["iss"] == f"https://sts.windows.net/{CONTOSO}/"
    assert token["tid"] == CONTOSO
    assert token["appid"] == sandbox.json["admins"][CONTOSO]["client_id"]
    assert (token["ver"], token["idtyp"], token["appidacr"]) == ("1.0", "app", "1")
    assert token["app_displayname"] == "Kundo Onboarding"
    assert token["exp"] - token["iat"] == pytest.approx(3900, abs=2)
    assert "scp" not in token


def test_oid_and_sub_are_the_service_principal_of_the_tenant(sandbox):
    token = claims(sandbox.token(CONTOSO))
    path = f"/servicePrincipals(appId='{token['appid']}')"
    assert token["oid"] == token["sub"] == sandbox.by_hand(CONTOSO, "GET", path)["id"]


def test_graph_token_carries_graph_roles_alone_and_exchange_token_its_own(sandbox):
    graph, exchange = claims(sandbox.token(CONTOSO)), claims(sandbox.token(CONTOSO, EXCHANGE_SCOPE))
    assert "Application.ReadWrite.All" in graph["roles"]
    assert "Exchange.ManageAsApp" not in graph["roles"]
    assert exchange["roles"] == ["Exchange.ManageAsApp"]
    assert exchange["aud"] == "https://outlook.office365.com"
    assert "29232cdf-9323-42fd-ade2-1d097af3e4de" in exchange["wids"]


def test_token_verifies_with_the_published_key(sandbox):
    found = sandbox.http.get(f"{sandbox.json['login']}/{CONTOSO}/v2.0/.well-known/openid-configuration").json()
    published = sandbox.http.get(found["jwks_uri"]).json()["keys"]
    token = sandbox.token(CONTOSO)
    key = next(k for k in published if k["kid"] == jwt.get_unverified_header(token)["kid"])
    options = {"verify_aud": False, "verify_iat": False}
    assert jwt.decode(token, jwt.PyJWK(key, "RS256"), ["RS256"], options=options)["tid"] == CONTOSO


def test_app_without_consent_gets_a_token_without_roles(sandbox, app):
    assert "roles" not in claims(sandbox.token(CONTOSO, **signed_in(app)))


def test_token_carries_what_was_consented_when_it_was_issued(sandbox, app):
    resource = sandbox.by_hand(CONTOSO, "GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    grant = {
        "principalId": app["principal"],
        "resourceId": resource["id"],
        "appRoleId": "b633e1c5-b582-4048-a93e-9f11b44c7e96",
    }
    sandbox.by_hand(CONTOSO, "POST", f"/servicePrincipals/{app['principal']}/appRoleAssignments", grant)
    early = claims(sandbox.token(CONTOSO, **signed_in(app)))
    sandbox.advance(CONTOSO, 46)
    late = claims(sandbox.token(CONTOSO, **signed_in(app)))
    assert ("roles" in early, late.get("roles")) == (False, ["Mail.Send"])


def test_revoked_role_leaves_later_tokens(sandbox):
    path = f"/servicePrincipals(appId='{HAND_MADE_APP}')/appRoleAssignments"
    (assignment,) = sandbox.by_hand(LITWARE, "GET", path)["value"]
    principal = sandbox.by_hand(LITWARE, "GET", f"/servicePrincipals(appId='{HAND_MADE_APP}')")["id"]
    application = sandbox.by_hand(LITWARE, "GET", f"/applications(appId='{HAND_MADE_APP}')")["id"]
    secret = sandbox.by_hand(LITWARE, "POST", f"/applications/{application}/addPassword", {})["secretText"]
    sandbox.settle(LITWARE)
    before = claims(sandbox.token(LITWARE, client_id=HAND_MADE_APP, client_secret=secret))
    sandbox.by_hand(LITWARE, "DELETE", f"/servicePrincipals/{principal}/appRoleAssignments/{assignment['id']}")
    sandbox.settle(LITWARE)
    after = claims(sandbox.token(LITWARE, client_id=HAND_MADE_APP, client_secret=secret))
    assert (before["roles"], after.get("roles")) == (["Mail.Send"], None)


def test_times_in_a_token_are_of_the_tenants_clock(sandbox):
    sandbox.advance(CONTOSO, 86400)
    assert claims(sandbox.token(CONTOSO))["exp"] == pytest.approx(time.time() + 86400 + 3599, abs=30)
    assert claims(sandbox.token(FABRIKAM))["exp"] == pytest.approx(time.time() + 3599, abs=30)


def test_secret_is_accepted_as_http_basic(sandbox):
    admin = sandbox.json["admins"][CONTOSO]
    pair = base64.b64encode(f"{admin['client_id']}:{admin['client_secret']}".encode()).decode()
    answer = sandbox.http.post(
        f"{sandbox.json['login']}/{CONTOSO}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"},
        headers={"Authorization": f"Basic {pair}"},
    )
    assert answer.status_code == 200


def test_tenant_may_be_named_by_a_verified_domain(sandbox):
    answer = sandbox.http.post(
        f"{sandbox.json['login']}/contoso.example/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default",
            **sandbox.json["admins"][CONTOSO],
        },
    )
    assert claims(answer.json()["access_token"])["tid"] == CONTOSO


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


def test_new_secret_is_refused_until_it_has_replicated(sandbox, app):
    text = sandbox.by_hand(CONTOSO, "POST", f"/applications/{app['id']}/addPassword", {})["secretText"]
    new = {"client_id": app["client_id"], "client_secret": text}
    refusal(sandbox.token_answer(CONTOSO, **new), 401, "invalid_client", 7000215)
    sandbox.advance(CONTOSO, 13)
    assert sandbox.token_answer(CONTOSO, **new).status_code == 200


def test_removed_secret_is_refused(sandbox, app):
    path = f"/applications/{app['id']}/removePassword"
    sandbox.by_hand(CONTOSO, "POST", path, {"keyId": app["key_id"]})
    sandbox.settle(CONTOSO)
    refusal(sandbox.token_answer(CONTOSO, **signed_in(app)), 401, "invalid_client", 7000215)


def test_expired_secret_is_7000222(sandbox, app):
    sandbox.advance(CONTOSO, 3 * 366 * 86400)
    refusal(sandbox.token_answer(CONTOSO, **signed_in(app)), 401, "invalid_client", 7000222)


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
def test_disabled_app_is_7000112(sandbox, app, path, body):
    sandbox.by_hand(CONTOSO, "PATCH", path.format(**app), body)
    refusal(sandbox.token_answer(CONTOSO, **signed_in(app)), 400, "unauthorized_client", 7000112)


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
        ({"scope": "https://graph.microsoft.com/Mail.Send"}, 400, "invalid_scope", 70011),
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
    answer = sandbox.token_answer(CONTOSO, grant_type="refresh_token")
    assert answer.status_code == 501
    assert "refresh_token" in answer.json()["error"]["message"]


def test_nothing_of_a_secret_is_kept_in_log_or_ledger(sandbox, app):
    sandbox.token(CONTOSO, **signed_in(app))
    kept = f"{sandbox.requests(CONTOSO)}{sandbox.ledger(CONTOSO)}"
    assert app["client_secret"] not in kept
    assert sandbox.json["admins"][CONTOSO]["client_secret"] not in kept
