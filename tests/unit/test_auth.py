"""Tokens: what is asked for, where a secret may go, and what Entra's refusals are told as."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphmail.auth import REMEDIES, TokenStore
from graphmail.credentials import ClientSecret
from graphmail.errors import TenantError, TokenError, Unreachable
from tests.sandbox_process import CONTOSO
from tests.tls_server import answer, broken_tls, closed, reset, silent

SECRET = "s3cr3t-canary-value"
SIGN_IN = ClientSecret(CONTOSO, "5a4d0000-0000-4000-8000-0000000000aa", "key-1", SECRET)
AUDIENCE = "https://graph.microsoft.com"
TOKEN = {"token_type": "Bearer", "expires_in": 3599, "access_token": "opaque"}


def discovery(service, **changed):
    root = f"{service.cloud.login}/{CONTOSO}"
    endpoints = {
        "token_endpoint": f"{root}/oauth2/v2.0/token",
        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
    }
    return answer(200, endpoints | {"issuer": f"{root}/v2.0"} | changed)


def refusal(*codes, error="invalid_client", status=401):
    text = f"AADSTS{codes[0]}: {SECRET} Trace ID: …"
    return answer(
        status, {"error": error, "error_codes": list(codes), "error_description": text, "trace_id": "trace-1"}
    )


@pytest.fixture
def store(service):
    service.server.then(discovery(service))
    return TokenStore(service.cloud, service.clock, service.transport)


def refused(store, *, fresh=True):
    with pytest.raises(TokenError) as caught:
        store.token(SIGN_IN, AUDIENCE, fresh=fresh)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.__dict__)
    assert caught.value.__cause__ is None
    return caught.value


def test_one_resource_is_asked_for_of_the_tenants_own_authority(service, store):
    service.server.then(answer(200, TOKEN))

    assert store.token(SIGN_IN, AUDIENCE).value == "opaque"

    looked, asked = service.server.received
    assert looked.target == f"/{CONTOSO}/v2.0/.well-known/openid-configuration"
    assert asked.target == f"/{CONTOSO}/oauth2/v2.0/token"
    form = dict(field.split("=") for field in asked.body.decode().split("&"))
    assert form["scope"] == "https%3A%2F%2Fgraph.microsoft.com%2F.default"
    assert form["grant_type"] == "client_credentials"
    assert [exchange["asked"] for exchange in service.observed] == [
        f"a token for {AUDIENCE} as client {SIGN_IN.client_id}"
    ] * 2
    assert [exchange["reply_sha256"] for exchange in service.observed] == ["", ""]


@pytest.mark.parametrize(("code", "remedy"), REMEDIES.items())
def test_each_known_refusal_says_what_to_do(service, store, code, remedy):
    service.server.then(refusal(code))

    error = refused(store)

    assert str(error) == (
        f"Entra answered 401 AADSTS{code} to a token for {AUDIENCE} as client {SIGN_IN.client_id} in tenant {CONTOSO}. "
        f"To do: {remedy}. Request id trace-1."
    )
    assert (error.status, error.error, error.codes) == (401, "invalid_client", (code,))


def test_a_refusal_that_nobody_knows_is_still_told_without_its_text(service, store):
    service.server.then(refusal(999, error="strange\nerror"))

    assert "AADSTS999" in str(refused(store))


@pytest.mark.parametrize("code", [90006, 90024, 90033, 90090, 50000])
def test_a_refusal_that_passes_is_asked_again(service, store, code):
    service.server.then(refusal(code, status=400), answer(200, TOKEN))

    assert store.token(SIGN_IN, AUDIENCE).value == "opaque"


@pytest.mark.parametrize("step", [reset, closed, silent, broken_tls, answer(503), answer(429, Retry_After="3")])
def test_an_endpoint_that_fails_in_passing_is_asked_again(service, store, step):
    service.server.then(step, answer(200, TOKEN))

    assert store.token(SIGN_IN, AUDIENCE).value == "opaque"


def test_an_outage_of_the_endpoint_is_no_matter_of_the_secret(service, store):
    service.server.otherwise = answer(503, {"error": "server_error"})

    error = refused(store)

    assert "still so after" in str(error)
    assert "To do: run the same playbook again" in str(error)
    assert "secret" not in error.remedy


def test_an_endpoint_that_hangs_is_named(service, store):
    service.server.otherwise = silent

    with pytest.raises(Unreachable, match=r"got no answer from 127\.0\.0\.1:\d+\. Found: no answer within"):
        store.token(SIGN_IN, AUDIENCE)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        b"null",
        {"error": {"code": SECRET * 9}},
        {"error_codes": "x"},
        {"error_codes": [None, {}]},
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_an_answer_that_makes_no_sense_is_a_refusal_too(service, store, status, body):
    service.server.then(answer(status, body))

    with pytest.raises(TokenError) as caught:
        store.token(SIGN_IN, AUDIENCE)

    assert len(str(caught.value)) < 600


def test_a_discovery_that_makes_no_sense_is_a_refusal_too(service):
    service.server.otherwise = answer(200, b"<html>accept our terms</html>")

    error = refused(TokenStore(service.cloud, service.clock, service.transport))

    assert "To do: see whether a proxy answers in Entra's place" in str(error)
    assert "terms" not in str(error)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/token",
        "http://127.0.0.1/token",
        "https://127.0.0.1.evil.example/",
        "https://evil.example@x/",
    ],
)
def test_the_secret_goes_to_the_clouds_own_login_host_alone(service, endpoint):
    service.server.then(discovery(service, token_endpoint=endpoint))

    with pytest.raises(TenantError):
        TokenStore(service.cloud, service.clock, service.transport).token(SIGN_IN, AUDIENCE)

    assert [request.method for request in service.server.received] == ["GET"]


def test_an_endpoint_in_another_cloud_is_told(service):
    service.server.then(discovery(service, token_endpoint="https://login.chinacloudapi.cn/token"))

    with pytest.raises(TenantError, match="names an endpoint outside the chosen cloud"):
        TokenStore(service.cloud, service.clock, service.transport).token(SIGN_IN, AUDIENCE)


def test_a_redirect_of_the_token_endpoint_is_not_followed(service, store):
    service.server.then(answer(307, None, Location="https://evil.example/token"))

    refused(store)

    assert len(service.server.received) == 2


def test_a_token_without_an_end_is_used_once(service, store):
    service.server.then(answer(200, {"token_type": "Bearer", "access_token": "a"}), answer(200, {"access_token": "b"}))

    assert [store.token(SIGN_IN, AUDIENCE).value, store.token(SIGN_IN, AUDIENCE).value] == ["a", "b"]


def test_a_token_near_its_end_is_not_used(service, store):
    service.server.then(*(answer(200, TOKEN | {"access_token": name}) for name in "abc"))

    assert store.token(SIGN_IN, AUDIENCE).value == "a"
    service.clock.sleep(3599 - 301)
    assert store.token(SIGN_IN, AUDIENCE).value == "a"
    service.clock.sleep(2)
    assert store.token(SIGN_IN, AUDIENCE).value == "b"


def test_a_proof_mints_a_token_though_one_is_there(service, store):
    service.server.then(*(answer(200, TOKEN | {"access_token": name}) for name in "ab"))

    assert store.token(SIGN_IN, AUDIENCE).value == "a"
    assert store.token(SIGN_IN, AUDIENCE, fresh=True).value == "b"
    assert store.token(SIGN_IN, AUDIENCE).value == "b"
    assert len([request for request in service.server.received if request.method == "GET"]) == 1


IDS = st.text(st.characters(categories=["L", "N"], max_codepoint=127), min_size=1, max_size=8)


@given(one=st.tuples(IDS, IDS, IDS, IDS, IDS), other=st.tuples(IDS, IDS, IDS, IDS, IDS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_no_two_credentials_share_a_token(service, one, other):
    asked = []

    class Counting(ClientSecret):
        def fetch(self, cloud, audience, http):
            asked.append((self, audience))
            return TOKEN | {"access_token": str(len(asked))}

    store = TokenStore(service.cloud, service.clock, service.transport)
    (*first, audience), (*second, another) = one, other
    tokens = {store.token(Counting(*first), audience).value, store.token(Counting(*second), another).value}

    assert len(tokens) == (1 if one == other else 2)
