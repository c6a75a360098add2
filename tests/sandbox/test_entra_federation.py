"""Entra: an external identity provider's token stands for an app.

learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import time

import pytest
import yaml

from graphmail.sandbox.tenants_file import TenantsFileError, check
from tests.sandbox.signed_in import KeyPair, asserted, claims_of, refusal
from tests.sandbox_process import CONTOSO, EXAMPLE

ISSUER = "https://token.actions.example"
AUDIENCE = "api://AzureADTokenExchange"
TRUSTED = {"name": "pipeline", "issuer": ISSUER, "subject": "repo:kundo/mail", "audiences": [AUDIENCE]}
PAIR, OTHER = KeyPair(), KeyPair()


@pytest.fixture
def app(sandbox, new_app):
    sandbox.control("POST", "/issuers", {"issuer": ISSUER, "jwks": PAIR.jwks("k1")})
    sandbox.by_hand(CONTOSO, "POST", f"/applications/{new_app['id']}/federatedIdentityCredentials", TRUSTED)
    sandbox.settle(CONTOSO)
    return new_app


def answer_to(sandbox, app, pair=PAIR, kid="k1", **changes):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": TRUSTED["subject"], "aud": AUDIENCE, "nbf": now, "exp": now + 300} | changes
    return asserted(sandbox, CONTOSO, app["client_id"], pair.sign(claims, "RS256", kid=kid))


def test_matching_token_of_a_trusted_issuer_gets_a_token(sandbox, app):
    answer = answer_to(sandbox, app)
    assert answer.status_code == 200, answer.text
    assert claims_of(answer.json()["access_token"])["appidacr"] == "2"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://elsewhere.example"}, 700211),
        ({"sub": "repo:kundo/other"}, 700213),
        ({"sub": "repo:Kundo/mail"}, 700213),
        ({"aud": "api://other"}, 700212),
        ({"exp": int(time.time()) - 3600}, 700024),
        ({"pair": OTHER}, 700027),
        ({"kid": "k2"}, 700027),
    ],
)
def test_token_that_does_not_match_is_refused_by_what_differs(sandbox, app, changes, code):
    refusal(answer_to(sandbox, app, **changes), 401, "invalid_client", code)
    assert "assertion" in sandbox.requests(CONTOSO)[-1]["refused"]


def test_issuer_whose_keys_are_not_registered_cannot_be_asked(sandbox, app):
    credential = TRUSTED | {"name": "new", "issuer": "https://other.example"}
    sandbox.by_hand(CONTOSO, "POST", f"/applications/{app['id']}/federatedIdentityCredentials", credential)
    sandbox.settle(CONTOSO)
    refusal(answer_to(sandbox, app, iss="https://other.example"), 400, "invalid_request", 50166)


def test_credential_is_unknown_until_it_has_replicated(sandbox, new_app):
    sandbox.control("POST", "/issuers", {"issuer": ISSUER, "jwks": PAIR.jwks("k1")})
    sandbox.by_hand(CONTOSO, "POST", f"/applications/{new_app['id']}/federatedIdentityCredentials", TRUSTED)
    refusal(answer_to(sandbox, new_app), 401, "invalid_client", 700211)


def test_private_key_is_no_issuers_key_here(sandbox):
    jwks = PAIR.jwks("k1")
    jwks["keys"][0]["d"] = "secret"
    refused = sandbox.control("POST", "/issuers", {"issuer": ISSUER, "jwks": jwks}, status=400)
    assert "private" in refused["error"]
    assert ISSUER not in sandbox.control("GET", "/issuers")["issuers"]


def test_tenants_file_may_name_an_issuer_by_its_public_keys_alone(tmp_path):
    content = yaml.safe_load(EXAMPLE.read_text())
    content["trusted_issuers"] = [{"issuer": ISSUER, "jwks": PAIR.jwks("k1")}]
    assert check(content, tmp_path).trusted_issuers[0].issuer == ISSUER
    content["trusted_issuers"][0]["jwks"]["keys"][0]["d"] = "secret"
    with pytest.raises(TenantsFileError, match="private key"):
        check(content, tmp_path)
