"""Entra: tokens and what they say."""

from __future__ import annotations

import base64
import time

import jwt
import msal
import pytest

from tests.sandbox_process import CONTOSO, EXCHANGE_SCOPE, FABRIKAM, LITWARE

HAND_MADE_APP = "5a4d0000-0003-4000-8000-00000000a001"


def claims(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


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


def test_app_without_consent_gets_a_token_without_roles(sandbox, new_app):
    assert "roles" not in claims(sandbox.token(CONTOSO, **signed_in(new_app)))


def test_token_carries_what_was_consented_when_it_was_issued(sandbox, new_app):
    resource = sandbox.by_hand(CONTOSO, "GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    grant = {
        "principalId": new_app["principal"],
        "resourceId": resource["id"],
        "appRoleId": "b633e1c5-b582-4048-a93e-9f11b44c7e96",
    }
    sandbox.by_hand(CONTOSO, "POST", f"/servicePrincipals/{new_app['principal']}/appRoleAssignments", grant)
    early = claims(sandbox.token(CONTOSO, **signed_in(new_app)))
    sandbox.advance(CONTOSO, 46)
    late = claims(sandbox.token(CONTOSO, **signed_in(new_app)))
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
