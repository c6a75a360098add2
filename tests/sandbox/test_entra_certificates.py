"""An app signs in with a certificate: learn.microsoft.com/entra/identity-platform/certificate-credentials."""

from __future__ import annotations

import time

import msal
import pytest

from tests.sandbox.signed_in import KeyPair, asserted, assertion_claims, claims_of, refusal
from tests.sandbox_process import CONTOSO, FABRIKAM, GRAPH_SCOPE

PAIR, OTHER = KeyPair(), KeyPair()


@pytest.fixture
def app(sandbox, new_app):
    """An app that has PAIR's certificate, seen by the token endpoint."""
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{new_app['id']}", {"keyCredentials": [PAIR.credential]})
    sandbox.settle(CONTOSO)
    return new_app


def answer_to(sandbox, app, pair=PAIR, algorithm="PS256", headers=None, **changes):
    claims = assertion_claims(sandbox, CONTOSO, app["client_id"], **changes)
    return asserted(sandbox, CONTOSO, app["client_id"], pair.sign(claims, algorithm, **(headers or {})))


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
def test_assertion_gets_a_token_that_says_so(sandbox, app, algorithm):
    answer = answer_to(sandbox, app, algorithm=algorithm)
    assert answer.status_code == 200, answer.text
    assert claims_of(answer.json()["access_token"])["appidacr"] == "2"


@pytest.mark.parametrize(
    "certificate",
    [
        {"private_key": PAIR.private_pem, "public_certificate": PAIR.public_pem},  # PS256, x5t#S256
        {"private_key": PAIR.private_pem, "thumbprint": PAIR.thumbprint},  # RS256, x5t
    ],
)
def test_msal_signs_in_with_a_certificate(sandbox, app, certificate):
    client = msal.ConfidentialClientApplication(
        app["client_id"], certificate, authority=f"{sandbox.json['login']}/{CONTOSO}", instance_discovery=False,
        http_client=sandbox.http,
    )  # fmt: skip
    assert "access_token" in (answer := client.acquire_token_for_client([GRAPH_SCOPE])), answer


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": f"https://login.microsoftonline.com/{FABRIKAM}/oauth2/v2.0/token"}, 700023),
        ({"aud": None}, 700023),
        ({"sub": FABRIKAM}, 700021),
        ({"iss": FABRIKAM}, 700021),
        ({"exp": int(time.time()) - 3600}, 700024),
        ({"exp": None}, 700024),
        ({"nbf": int(time.time()) + 3600}, 700024),
    ],
)
def test_wrong_claim_has_a_code_of_its_own(sandbox, app, changes, code):
    refusal(answer_to(sandbox, app, **changes), 401, "invalid_client", code)


def test_audience_may_be_the_real_login_host(sandbox, app):
    audience = f"https://login.microsoftonline.com/{CONTOSO}/oauth2/v2.0/token"
    assert answer_to(sandbox, app, aud=audience).status_code == 200


def test_unknown_certificate_is_700027_and_nothing_of_the_assertion_is_kept(sandbox, app):
    assertion = OTHER.sign(assertion_claims(sandbox, CONTOSO, app["client_id"]))
    body = refusal(asserted(sandbox, CONTOSO, app["client_id"], assertion), 401, "invalid_client", 700027)
    assert "The key was not found" in body["error_description"]
    noted = sandbox.requests(CONTOSO)[-1]
    assert "assertion" in noted["refused"]
    assert assertion.split(".")[1] not in str(sandbox.requests(CONTOSO))


def test_foreign_key_under_a_known_thumbprint_is_700027(sandbox, app):
    import jwt

    headers = {"x5t#S256": jwt.get_unverified_header(PAIR.sign({}))["x5t#S256"]}
    body = refusal(answer_to(sandbox, app, pair=OTHER, headers=headers), 401, "invalid_client", 700027)
    assert "did not match the expected signature" in body["error_description"]


def test_certificate_is_unknown_until_it_has_replicated(sandbox, new_app):
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{new_app['id']}", {"keyCredentials": [PAIR.credential]})
    refusal(answer_to(sandbox, new_app), 401, "invalid_client", 700027)
    sandbox.advance(CONTOSO, 13)
    assert answer_to(sandbox, new_app).status_code == 200


def test_certificate_expires_by_the_tenants_clock_while_assertions_go_by_real_time(sandbox, app):
    sandbox.advance(CONTOSO, 363 * 86400)
    assert answer_to(sandbox, app).status_code == 200
    sandbox.advance(CONTOSO, 3 * 86400)
    body = refusal(answer_to(sandbox, app), 401, "invalid_client", 700027)
    assert "expired" in body["error_description"]


def test_removed_certificate_is_refused_when_that_has_replicated(sandbox, app):
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{app['id']}", {"keyCredentials": []})
    assert answer_to(sandbox, app).status_code == 200
    sandbox.settle(CONTOSO)
    refusal(answer_to(sandbox, app), 401, "invalid_client", 700027)


def test_garbage_is_50027(sandbox, app):
    refusal(asserted(sandbox, CONTOSO, app["client_id"], "no.jwt.here"), 401, "invalid_client", 50027)
