"""Device code flow: learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code."""

from __future__ import annotations

import time

import msal
import pytest

from tests.sandbox.signed_in import (
    ADMIN,
    EXCHANGE_TOOLS,
    GRAPH_TOOLS,
    NOBODY,
    Device,
    appoint,
    claims_of,
    post,
    refusal,
    signed_in,
)
from tests.sandbox_process import CONTOSO, EXCHANGE_SCOPE, FABRIKAM

GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
SCOPE = "Application.ReadWrite.All offline_access openid profile"


@pytest.fixture
def admin(sandbox):
    """Contoso's administrator, who may consent to anything."""
    appoint(sandbox, CONTOSO, ADMIN, GLOBAL)
    return ADMIN


@pytest.mark.parametrize("authority", [CONTOSO, "organizations", "common", "contoso.example"])
def test_approved_sign_in_gets_tokens_of_the_persons_tenant(sandbox, admin, authority):
    device = Device(sandbox, authority, SCOPE)
    refusal(device.poll(), 400, "authorization_pending", 70016)
    assert device.decide(admin, "tenant").status_code == 200
    body = device.poll().json()
    token = claims_of(body["access_token"])
    assert (token["tid"], token["upn"], token["idtyp"], token["appid"]) == (CONTOSO, ADMIN, "user", GRAPH_TOOLS)
    assert (token["scp"], token["appidacr"]) == ("Application.ReadWrite.All", "0")
    assert GLOBAL in token["wids"]
    assert "roles" not in token
    assert body["scope"] == "Application.ReadWrite.All openid profile"
    identity = claims_of(body["id_token"])
    assert (identity["aud"], identity["preferred_username"], identity["ver"]) == (GRAPH_TOOLS, ADMIN, "2.0")
    assert identity["exp"] == pytest.approx(time.time() + 3599, abs=30)


def test_msal_signs_in_by_device_code_and_again_silently(sandbox, admin):
    client = msal.PublicClientApplication(
        GRAPH_TOOLS, authority=f"{sandbox.json['login']}/{CONTOSO}", instance_discovery=False, http_client=sandbox.http,
    )  # fmt: skip
    flow = client.initiate_device_flow(["Application.ReadWrite.All"])
    assert "enter the code" in flow["message"]
    form = {"user_code": flow["user_code"], "username": admin, "consent": "tenant", "decision": "approve"}
    assert post(sandbox, "common/oauth2/deviceauth", form).status_code == 200
    assert "access_token" in (answer := client.acquire_token_by_device_flow(flow)), answer
    (account,) = client.get_accounts()
    assert account["username"] == ADMIN
    again = client.acquire_token_silent(["Application.ReadWrite.All"], account, force_refresh=True)
    assert again["access_token"] != answer["access_token"]


def test_tokens_come_once_and_only_what_was_asked_for(sandbox, admin):
    device = Device(sandbox, CONTOSO, "User.Read")
    device.decide(admin, "user")
    assert not {"refresh_token", "id_token"} & set(device.poll().json())
    refusal(device.poll(), 400, "bad_verification_code", 70018)


def test_declined_expired_and_unknown_codes(sandbox):
    device = Device(sandbox, CONTOSO, SCOPE)
    device.decide(ADMIN, decision="decline")
    refusal(device.poll(), 400, "authorization_declined", 65004)
    device = Device(sandbox, CONTOSO, SCOPE)
    sandbox.advance(CONTOSO, 901)
    refusal(device.poll(), 400, "expired_token", 70020)
    assert device.decide(ADMIN).status_code == 400
    refusal(device.poll(device_code="foreign-code-0815"), 400, "bad_verification_code", 70018)
    assert "foreign-code-0815" not in str(sandbox.requests(CONTOSO))
    assert "not minted here" in sandbox.requests(CONTOSO)[-1]["refused"]


def test_code_of_another_tenants_authority_is_refused(sandbox, admin):
    device = Device(sandbox, CONTOSO, "User.Read")
    device.decide(admin, "user")
    device.authority = FABRIKAM
    refusal(device.poll(), 400, "invalid_grant", 700005)


def test_without_consent_it_is_65001(sandbox, admin):
    device = Device(sandbox, CONTOSO, SCOPE)
    assert device.decide(admin).status_code == 200
    body = refusal(device.poll(), 400, "invalid_grant", 65001)
    assert body["suberror"] == "consent_required"


def test_user_without_a_role_consents_to_little_and_for_themselves(sandbox):
    device = Device(sandbox, CONTOSO, "Application.ReadWrite.All")
    assert "AADSTS90094" in device.decide(NOBODY, "user").text
    assert "AADSTS90094" in Device(sandbox, CONTOSO, "User.Read").decide(NOBODY, "tenant").text
    device = Device(sandbox, CONTOSO, "User.Read Mail.Read")
    device.decide(NOBODY, "user")
    assert claims_of(device.poll().json()["access_token"])["scp"] == "Mail.Read User.Read"
    other = Device(sandbox, CONTOSO, "User.Read")
    other.decide(ADMIN)
    refusal(other.poll(), 400, "invalid_grant", 65001)


def test_tenant_may_block_the_flow(sandbox, admin):
    sandbox.control("PATCH", f"/tenants/{CONTOSO}/sign-in", {"device_code_flow": False})
    device = Device(sandbox, "organizations", SCOPE)
    assert "AADSTS53003" in device.decide(admin, "tenant").text
    refusal(device.poll(), 400, "invalid_grant", 53003)


def test_application_that_is_not_public_needs_its_credential(sandbox, new_app, admin):
    device = Device(sandbox, CONTOSO, "User.Read", new_app["client_id"])
    refusal(device.poll(), 401, "invalid_client", 7000218)
    device.decide(admin, "user")
    assert device.poll(client_secret=new_app["client_secret"]).status_code == 200
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{new_app['id']}", {"isFallbackPublicClient": True})
    device = Device(sandbox, CONTOSO, "User.Read", new_app["client_id"])
    device.decide(admin)
    refusal(device.poll(client_secret=new_app["client_secret"]), 401, "invalid_client", 700025)
    assert device.poll().status_code == 200


@pytest.mark.parametrize(
    ("client_id", "scope", "error", "code"),
    [
        (GRAPH_TOOLS, EXCHANGE_SCOPE, "invalid_request", 65002),
        (EXCHANGE_TOOLS, "User.Read", "invalid_request", 65002),
        (GRAPH_TOOLS, "Nothing.Like.It", "invalid_client", 650053),
        (GRAPH_TOOLS, f"User.Read {EXCHANGE_SCOPE}", "invalid_scope", 28000),
        (GRAPH_TOOLS, "User.Read https://graph.microsoft.com/.default", "invalid_scope", 70011),
        (GRAPH_TOOLS, "https://nowhere.example/.default", "invalid_resource", 500011),
        ("5a4d0000-0000-4000-8000-00000000ffff", "User.Read", "unauthorized_client", 700016),
    ],
)
def test_what_cannot_be_asked_for(sandbox, client_id, scope, error, code):
    refusal(Device(sandbox, CONTOSO, scope, client_id).begun, 400, error, code)


def test_app_of_one_tenant_is_not_asked_for_over_organizations(sandbox, new_app):
    for authority in ("organizations", "common"):
        begun = Device(sandbox, authority, "User.Read", new_app["client_id"]).begun
        refusal(begun, 400, "invalid_request", 50194)
    assert Device(sandbox, CONTOSO, "User.Read", new_app["client_id"]).begun.status_code == 200
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{new_app['id']}", {"signInAudience": "AzureADMultipleOrgs"})
    assert Device(sandbox, "organizations", "User.Read", new_app["client_id"]).begun.status_code == 200


def test_client_that_nobody_registered_is_not_found_over_organizations(sandbox):
    unknown = "5a4d0000-0000-4000-8000-00000000ffff"
    refusal(Device(sandbox, "organizations", "User.Read", unknown).begun, 400, "unauthorized_client", 700016)


def test_refresh_token_gives_a_new_one_and_other_scopes_that_are_consented(sandbox, admin):
    first = signed_in(sandbox, CONTOSO, admin, SCOPE)
    form = {"grant_type": "refresh_token", "client_id": GRAPH_TOOLS, "refresh_token": first["refresh_token"]}
    second = post(sandbox, f"{CONTOSO}/oauth2/v2.0/token", form).json()
    assert second["refresh_token"] != first["refresh_token"]
    refusal(
        post(sandbox, f"{CONTOSO}/oauth2/v2.0/token", form | {"scope": "Group.Read.All"}), 400, "invalid_grant", 65001,
    )  # fmt: skip
    sandbox.advance(CONTOSO, 80 * 86400)
    form["refresh_token"] = second["refresh_token"]
    third = post(sandbox, "organizations/oauth2/v2.0/token", form).json()
    sandbox.advance(CONTOSO, 80 * 86400)
    form["refresh_token"] = third["refresh_token"]
    assert post(sandbox, f"{CONTOSO}/oauth2/v2.0/token", form).status_code == 200
    sandbox.advance(CONTOSO, 11 * 86400)
    refusal(post(sandbox, f"{CONTOSO}/oauth2/v2.0/token", form), 400, "invalid_grant", 700082)


def test_foreign_refresh_token_is_refused_and_not_kept(sandbox):
    form = {"grant_type": "refresh_token", "client_id": GRAPH_TOOLS, "refresh_token": "0.foreign-0815"}
    refusal(post(sandbox, f"{CONTOSO}/oauth2/v2.0/token", form), 400, "invalid_grant", 9002313)
    assert "not minted here" in sandbox.requests(CONTOSO)[-1]["refused"]
    assert "foreign-0815" not in str(sandbox.requests(CONTOSO))


def test_pages_show_what_comes_from_outside_escaped(sandbox, new_app):
    path = f"/applications/{new_app['id']}"
    sandbox.by_hand(CONTOSO, "PATCH", path, {"displayName": "<script>x</script>", "isFallbackPublicClient": True})
    device = Device(sandbox, CONTOSO, "User.Read", new_app["client_id"])
    page = sandbox.http.get(device.codes["verification_uri"], params={"user_code": device.codes["user_code"]})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert ADMIN in page.text
