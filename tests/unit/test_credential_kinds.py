"""Each kind of credential: sealed, opened again, and a token got with it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from graphmail.credentials import (
    KINDS,
    ClientCertificate,
    ClientSecret,
    FederatedAssertion,
    RefreshToken,
    SealedCredential,
    from_json,
    read,
)
from graphmail.errors import TenantError, TokenError
from tests.sandbox.signed_in import ADMIN, GRAPH_TOOLS, Device, KeyPair, appoint
from tests.sandbox_process import CONTOSO

PAIR, OTHER = KeyPair(), KeyPair()
ISSUER, SUBJECT, FOR_ENTRA = "https://tokens.vendor.example", "helpdesk", "api://AzureADTokenExchange"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
SAMPLES: list[SealedCredential] = [
    ClientSecret("t", "c", "k", "canary-secret"),
    ClientCertificate("t", "c", "k", PAIR.public_pem, PAIR.private_pem),
    FederatedAssertion("t", "c", "k", "/var/run/secrets/token"),
    RefreshToken("t", "c", "k", "admin@contoso.example", "canary-refresh"),
]


@pytest.fixture
def app(sandbox):
    made = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "mail"})
    sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": made["appId"]})
    return made


@pytest.fixture
def certified(sandbox, app):
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{app['id']}", {"keyCredentials": [PAIR.credential]})
    sandbox.settle(CONTOSO)
    return ClientCertificate(CONTOSO, app["appId"], "k", PAIR.public_pem, PAIR.private_pem)


@pytest.fixture
def federated(sandbox, app, tmp_path):
    trusted = {"name": "vendor", "issuer": ISSUER, "subject": SUBJECT, "audiences": [FOR_ENTRA]}
    sandbox.control("POST", "/issuers", {"issuer": ISSUER, "jwks": PAIR.jwks("k1")})
    sandbox.by_hand(CONTOSO, "POST", f"/applications/{app['id']}/federatedIdentityCredentials", trusted)
    sandbox.settle(CONTOSO)
    return FederatedAssertion(CONTOSO, app["appId"], "vendor", str(tmp_path / "assertion"))


def assertion(subject=SUBJECT):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": subject, "aud": FOR_ENTRA, "nbf": now, "exp": now + 300}
    return PAIR.sign(claims, "RS256", kid="k1")


@pytest.mark.parametrize("credential", SAMPLES, ids=lambda c: c.kind)
def test_what_was_sealed_opens_as_the_same_kind(operator, tmp_path, credential):
    credential.write(tmp_path / "k.age", [])

    assert read(tmp_path / "k.age") == credential
    assert type(credential) is KINDS[credential.kind]


@pytest.mark.parametrize("credential", SAMPLES, ids=lambda c: c.kind)
def test_no_text_of_a_credential_holds_what_is_secret(credential):
    for secret in credential.secrets():
        assert secret not in f"{credential!r} {credential}"


def test_a_file_from_before_there_were_kinds_is_a_client_secret():
    text = b'{"tenant_id": "t", "client_id": "c", "key_id": "k", "client_secret": "s", "expires": null}'

    assert from_json(text) == ClientSecret("t", "c", "k", "s")


@pytest.mark.parametrize("text", [b'{"kind": "password"}', b'{"kind": 5}', b'{"kind": "certificate"}', b'["kind"]'])
def test_an_unknown_kind_or_one_without_its_fields_is_no_credential(text):
    with pytest.raises(TenantError, match="This is no credential"):
        from_json(text)


def test_a_certificate_signs_in(contoso, certified):
    token = contoso.as_mail_app(certified).token(True)

    assert (token.claims["appid"], token.claims["appidacr"]) == (certified.client_id, "2")


def test_a_certificate_that_is_not_on_the_app_is_told(contoso, certified):
    stranger = replace(certified, certificate=OTHER.public_pem, private_key=OTHER.private_pem)

    with pytest.raises(TokenError, match=r"AADSTS700027.*the certificate is not \(yet\) on the app") as caught:
        contoso.as_mail_app(stranger).token(True)

    assert "PRIVATE" not in f"{caught.value!r}"


def test_a_new_certificate_is_waited_for(sandbox, contoso, app):
    sandbox.delays(CONTOSO, secret=90)
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{app['id']}", {"keyCredentials": [PAIR.credential]})
    credential = ClientCertificate(CONTOSO, app["appId"], "k", PAIR.public_pem, PAIR.private_pem)
    began = contoso.clock.now()

    assert contoso.wait_for_sign_in(credential).claims["appid"] == app["appId"]
    assert 80 < (contoso.clock.now() - began).total_seconds() < 180


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"private_key": OTHER.private_pem}, "not that of the certificate"),
        ({"private_key": "canary"}, "no certificate with its private key"),
        ({"certificate": ""}, "certificate is empty"),
    ],
)
def test_what_cannot_be_a_certificate_is_refused_before_it_is_sealed(changed, said):
    with pytest.raises(TenantError, match=said) as caught:
        replace(SAMPLES[1], **changed).check()

    assert "canary" not in str(caught.value)


def test_an_assertion_is_read_anew_at_each_sign_in(tmp_path, contoso, federated):
    graph = contoso.as_mail_app(federated)
    (tmp_path / "assertion").write_text(assertion("another") + "\n")
    with pytest.raises(TokenError, match="AADSTS700213"):
        graph.token(True)

    (tmp_path / "assertion").write_text(assertion())

    assert graph.token(True).claims["appid"] == federated.client_id


@pytest.mark.parametrize("text", [None, "", "no assertion", "ä.b.c"])
def test_a_file_without_an_assertion_is_told(tmp_path, contoso, federated, text):
    if text is not None:
        (tmp_path / "assertion").write_text(text)

    with pytest.raises(TenantError, match=r"a signed JWT in .*assertion"):
        contoso.as_mail_app(federated).token(True)


@pytest.fixture
def person(sandbox, operator):
    """An administrator who has signed in; what that left is sealed as how ops signs in."""
    appoint(sandbox, CONTOSO, ADMIN, GLOBAL_ADMINISTRATOR)
    device = Device(sandbox, CONTOSO, "Organization.Read.All offline_access openid")
    assert device.decide(ADMIN, "tenant").status_code == 200
    token = device.poll().json()["refresh_token"]
    path = operator.folder / "state" / "contoso" / "admin.age"
    RefreshToken(CONTOSO, GRAPH_TOOLS, "oid", ADMIN, token).write(path, [])
    return path


def by_person(operator, path):
    return operator.tenant(admin={"kind": "device_code", "client_id": GRAPH_TOOLS, "sealed": str(path)})


def test_a_persons_sign_in_is_renewed_and_sealed_at_each_use(operator, person):
    contoso, before = by_person(operator, person), read(person)

    assert contoso.graph.get("/organization")["value"][0]["id"] == CONTOSO

    after = read(person)
    assert isinstance(after, RefreshToken)
    assert (after.username, after.fingerprint) == (ADMIN, before.fingerprint)
    assert after.secrets() != before.secrets()


def test_a_persons_sign_in_that_was_not_used_for_long_says_to_sign_in_again(operator, person):
    contoso = by_person(operator, person)
    contoso.clock.sleep(91 * 86400)

    with pytest.raises(TokenError, match=r"AADSTS700082.*sign in again"):
        contoso.graph.get("/organization")
