"""Authorization code flow with PKCE: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import msal
import pytest

from tests.sandbox.signed_in import ADMIN, GRAPH_TOOLS, NOBODY, appoint, claims_of, post, refusal
from tests.sandbox_process import CONTOSO

GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
LOOPBACK = "http://localhost:54321"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED = {
    "client_id": GRAPH_TOOLS,
    "response_type": "code",
    "redirect_uri": LOOPBACK,
    "scope": "Application.ReadWrite.All openid offline_access",
    "state": "s&<1>",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture(autouse=True)
def _admin(sandbox):
    appoint(sandbox, CONTOSO, ADMIN, GLOBAL)


def approve(sandbox, tenant=CONTOSO, **changes):
    form = ASKED | {"username": ADMIN, "consent": "tenant", "decision": "approve"} | changes
    return post(sandbox, f"{tenant}/oauth2/v2.0/authorize", form)


def returned(answer):
    """The query of the redirect."""
    assert answer.status_code == 302, answer.text
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def redeem(sandbox, good, **changes):
    form = {
        "grant_type": "authorization_code",
        "client_id": GRAPH_TOOLS,
        "code": good,
        "redirect_uri": LOOPBACK,
        "code_verifier": VERIFIER,
    }
    return post(sandbox, f"{CONTOSO}/oauth2/v2.0/token", form | changes)


@pytest.mark.parametrize("tenant", [CONTOSO, "organizations"])
def test_code_is_sent_to_the_loopback_address_and_redeemed_once(sandbox, tenant):
    back = returned(approve(sandbox, tenant))
    assert back["state"] == ASKED["state"]
    body = redeem(sandbox, back["code"]).json()
    assert claims_of(body["access_token"])["upn"] == ADMIN
    assert {"refresh_token", "id_token"} <= set(body)
    refusal(redeem(sandbox, back["code"]), 400, "invalid_grant", 54005)


def test_msal_signs_in_by_auth_code_flow(sandbox):
    client = msal.PublicClientApplication(
        GRAPH_TOOLS, authority=f"{sandbox.json['login']}/{CONTOSO}", instance_discovery=False, http_client=sandbox.http,
    )  # fmt: skip
    flow = client.initiate_auth_code_flow(["User.Read"], redirect_uri=LOOPBACK, response_mode="form_post")
    page = sandbox.http.get(flow["auth_uri"])
    assert page.status_code == 200
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    hidden = {k: v.replace("&amp;", "&") for k, v in hidden.items()}
    form = hidden | {"username": ADMIN, "consent": "user", "decision": "approve"}
    page = post(sandbox, f"{CONTOSO}/oauth2/v2.0/authorize", form)
    back = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    answer = client.acquire_token_by_auth_code_flow(flow, back)
    assert "access_token" in answer, answer
    assert answer["id_token_claims"]["preferred_username"] == ADMIN


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"code_verifier": "wrong"}, "invalid_grant", 501481),
        ({"code_verifier": None}, "invalid_grant", 501481),
        ({"redirect_uri": "http://localhost:1"}, "invalid_client", 500112),
        ({"code": "foreign-0815"}, "invalid_grant", 9002313),
        ({"client_id": "fb78d390-0c51-40cd-8e17-fdbfab77341b"}, "invalid_grant", 70000),
    ],
)
def test_code_that_does_not_fit_is_refused(sandbox, changes, error, code):
    good = returned(approve(sandbox))["code"]
    refusal(redeem(sandbox, good, **changes), 400, error, code)
    assert redeem(sandbox, good).status_code == 200


def test_code_expires(sandbox):
    code = returned(approve(sandbox))["code"]
    sandbox.advance(CONTOSO, 601)
    refusal(redeem(sandbox, code), 400, "invalid_grant", 70008)


@pytest.mark.parametrize(
    "uri",
    [
        "http://evil.example",
        "https://localhost",
        "http://localhost.evil.example",
        "http://localhost/other",
        "http://u@localhost",
        "http://local\nhost/",
    ],
)
def test_browser_is_sent_to_registered_addresses_alone(sandbox, uri):
    answer = approve(sandbox, redirect_uri=uri)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert "AADSTS50011" in answer.text


def test_declined_sign_in_comes_back_as_an_error(sandbox):
    back = returned(approve(sandbox, decision="decline"))
    assert (back["error"], back["state"]) == ("access_denied", ASKED["state"])


def test_form_post_hands_the_code_over_in_a_form(sandbox):
    page = approve(sandbox, response_mode="form_post")
    assert f'action="{LOOPBACK}"' in page.text
    assert "s&amp;&lt;1&gt;" in page.text


def test_web_application_redeems_with_its_secret(sandbox, new_app):
    uri = "https://app.example/back"
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{new_app['id']}", {"web": {"redirectUris": [uri]}})
    app = {"client_id": new_app["client_id"], "redirect_uri": uri}
    back = returned(approve(sandbox, username=NOBODY, consent="user", scope="User.Read", **app))
    refusal(redeem(sandbox, back["code"], **app), 401, "invalid_client", 7000218)
    answer = redeem(sandbox, back["code"], client_secret=new_app["client_secret"], **app)
    token = claims_of(answer.json()["access_token"])
    assert (token["upn"], token["appidacr"]) == (NOBODY, "1")


@pytest.mark.parametrize("name", ["common", "organizations"])
def test_discovery_without_a_tenant_leaves_its_id_open(sandbox, name):
    root = sandbox.json["login"]
    found = sandbox.http.get(f"{root}/{name}/v2.0/.well-known/openid-configuration").json()
    assert found["issuer"] == root + "/{tenantid}/v2.0"
    assert found["device_authorization_endpoint"] == f"{root}/{name}/oauth2/v2.0/devicecode"


def test_instance_discovery_knows_this_authority_and_the_clouds(sandbox):
    url = f"{sandbox.json['login']}/common/discovery/instance"
    host = urlsplit(sandbox.json["login"]).netloc
    asked = {"api-version": "1.1", "authorization_endpoint": f"https://{host}/{CONTOSO}/oauth2/v2.0/authorize"}
    found = sandbox.http.get(url, params=asked).json()
    aliases = [set(cloud["aliases"]) for cloud in found["metadata"]]
    assert {host} in aliases
    assert any({"login.microsoftonline.com", "login.windows.net"} <= cloud for cloud in aliases)
    asked["authorization_endpoint"] = "https://evil.example/common/oauth2/v2.0/authorize"
    refusal(sandbox.http.get(url, params=asked), 400, "invalid_instance", 50049)
