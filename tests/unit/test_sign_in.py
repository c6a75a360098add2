"""Signing in to the sandbox's tenants, as ops and as the mail app."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from graphmail.auth import TokenStore
from graphmail.credentials import ClientSecret
from graphmail.errors import TokenError
from tests.sandbox_process import CONTOSO, FABRIKAM

AUDIENCE = "https://graph.microsoft.com"


def test_claims_tell_what_was_consented(contoso):
    token = contoso.graph.token(False)

    assert token.claims["tid"] == CONTOSO
    assert "Application.ReadWrite.All" in token.roles
    assert token.expires - contoso.clock.now() > timedelta(minutes=50)
    assert "eyJ" not in repr(token)


def test_a_tenant_that_is_not_there_is_told(operator):
    nowhere = "5a4d0000-0000-4000-8000-00000000ffff"
    tenant = operator.tenant()
    sign_in = ClientSecret(nowhere, "x", "", "secret")

    with pytest.raises(TokenError) as caught:
        TokenStore(tenant.cloud, tenant.clock, tenant.transport).token(sign_in, AUDIENCE)

    assert caught.value.codes == (90002,)
    assert "there is no such tenant in this cloud" in str(caught.value)


def test_an_admin_of_another_tenant_is_no_app_of_this_one(operator, sandbox):
    stranger = sandbox.json["admins"][FABRIKAM]
    operator.seal_admin(**stranger)

    with pytest.raises(TokenError, match=r"AADSTS700016.*the client id is not an app of this tenant"):
        operator.tenant().graph.get("/organization")

    assert sandbox.writes == []


def test_the_mail_apps_first_token_is_waited_for(operator, contoso, sandbox):
    app = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "mail"})
    sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": app["appId"]})
    made = sandbox.by_hand(CONTOSO, "POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {}})
    sandbox.delays(CONTOSO, secret=90, replication=40)
    credential = operator.admin(client_id=app["appId"], client_secret=made["secretText"], key_id=made["keyId"])
    began = contoso.clock.now()

    token = contoso.wait_for_sign_in(credential)

    assert jwt.decode(token.value, options={"verify_signature": False})["appid"] == app["appId"]
    assert timedelta(seconds=80) < contoso.clock.now() - began < timedelta(seconds=150)
