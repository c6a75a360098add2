"""What belongs to sign-in outlives a restart of a sandbox that keeps its state."""

from __future__ import annotations

import time

from tests.sandbox.signed_in import ADMIN, GRAPH_TOOLS, KeyPair, appoint, asserted, claims_of, post, signed_in
from tests.sandbox_process import CONTOSO, running

GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
ISSUER, AUDIENCE = "https://token.example", "api://AzureADTokenExchange"
PAIR = KeyPair()


def federated(sandbox, client_id):
    claims = {"iss": ISSUER, "sub": "s", "aud": AUDIENCE, "exp": int(time.time()) + 300}
    return asserted(sandbox, CONTOSO, client_id, PAIR.sign(claims, "RS256", kid="k1"))


def test_refresh_tokens_consent_issuers_and_keys_are_there_after_a_restart(tmp_path):
    with running(tmp_path) as sandbox:
        appoint(sandbox, CONTOSO, ADMIN, GLOBAL)
        refresh = signed_in(sandbox, CONTOSO, ADMIN, "User.Read offline_access")["refresh_token"]
        app = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
        path = f"/applications/{app['id']}"
        sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": app["appId"]})
        audience = {"signInAudience": "AzureADMultipleOrgs"}
        sandbox.by_hand(CONTOSO, "PATCH", path, {"keyCredentials": [PAIR.credential], **audience})
        trusted = {"name": "one", "issuer": ISSUER, "subject": "s", "audiences": [AUDIENCE]}
        sandbox.by_hand(CONTOSO, "POST", f"{path}/federatedIdentityCredentials", trusted)
        sandbox.control("POST", "/issuers", {"issuer": ISSUER, "jwks": PAIR.jwks("k1")})
        sandbox.advance(CONTOSO, 60)
        assert federated(sandbox, app["appId"]).status_code == 200
    with running(tmp_path) as sandbox:
        form = {"grant_type": "refresh_token", "client_id": GRAPH_TOOLS, "refresh_token": refresh}
        answer = post(sandbox, "organizations/oauth2/v2.0/token", form)
        token = claims_of(answer.json()["access_token"])
        assert (token["upn"], token["scp"], GLOBAL in token["wids"]) == (ADMIN, "User.Read", True)
        assert federated(sandbox, app["appId"]).status_code == 200
        (key,) = sandbox.by_hand(CONTOSO, "GET", path)["keyCredentials"]
        assert key["customKeyIdentifier"] == PAIR.thumbprint


def test_refreshing_for_ever_does_not_grow_what_is_kept(tenancies):
    from graphmail.sandbox.entra.sign_ins import LARGEST, recall, remember
    from graphmail.sandbox.sign_in_records import SignIn

    contoso = tenancies["contoso"]
    world, now = contoso.sockets.world, contoso.tenant.clock.now()
    for number in range(LARGEST + 5):
        remember(world, f"code {number}", SignIn("client", contoso.id, [], now))
    assert len(world.sign_ins) == LARGEST
    assert recall(world, "code 4") is None
    assert recall(world, f"code {LARGEST + 4}") is not None
    world.sign_ins.clear()
