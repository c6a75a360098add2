"""Certificates and federated credentials: how they come to an application, and how it signs in with them."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.target import GRAPH, LOGIN, Target
from tests.conformance.tenancy import MailApp

case = Cases("entra")
API = "https://learn.microsoft.com/graph/api/"
ASSERTION = "https://learn.microsoft.com/entra/identity-platform/certificate-credentials"
FEDERATED = API + "application-post-federatedidentitycredentials"
DIRECTORY = "00000002-0000-0000-c000-000000000000"  # the audience of a proof


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key and its self-signed certificate, valid for an hour."""

    key: RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, name: str) -> Pair:
        key, now = generate_private_key(65537, 2048), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        # Virtual time may be ahead: longer than any case advances it.
        valid = builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=60))
        return cls(key, valid.sign(key, SHA256()))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def body(self) -> dict[str, str]:
        """A keyCredential as Graph takes it."""
        return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(self.der).decode()}

    def signed(self, claims: dict[str, Any], algorithm: str = "PS256", **header: str) -> str:
        now = int(time.time())
        whole = {"nbf": now, "iat": now, "exp": now + 300, "jti": str(uuid4()), **claims}
        return jwt.encode(whole, self.key, algorithm, headers={"typ": "JWT", **header})


def thumbprint(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def sign_in(target: Target, app: MailApp, pair: Pair, algorithm: str = "PS256") -> Answer:
    """Ask for a Graph token with an assertion that this pair signs."""
    url = f"{LOGIN}/{target.tenancy.tenant_id}/oauth2/v2.0/token"
    sha1 = hashlib.sha1(pair.der).digest()
    old, new = {"x5t": thumbprint(sha1)}, {"x5t#S256": thumbprint(hashlib.sha256(pair.der).digest())}
    claims = {"aud": url, "iss": app.client_id, "sub": app.client_id}
    assertion = pair.signed(claims, algorithm, **(new if algorithm == "PS256" else old))
    return target.sign_in(asserting(app, assertion))


def asserting(app: MailApp, assertion: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "scope": f"{GRAPH}/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }


def certified(target: Target, *pairs: Pair) -> MailApp:
    """An app with these certificates, which read back."""
    app = target.app()
    path = f"/applications/{app.id}"
    answer = target.graph("PATCH", path, {"keyCredentials": [pair.body for pair in pairs]})
    assert answer.status == 204, answer.body
    target.until(lambda: len(target.graph("GET", path).body["keyCredentials"]) == len(pairs))
    return app


@case({"token": 200, "appidacr": "2"}, source=ASSERTION)
def certificate_signs_in_with_ps256(target: Target) -> Any:
    """An assertion signed PS256, named by x5t#S256, gets a token that says a certificate was used"""
    pair = Pair.new(target.name())
    app = certified(target, pair)
    answer = target.settled(lambda: sign_in(target, app, pair))
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    return {"token": answer.status, "appidacr": claims["appidacr"]}


@case({"token": 200}, source=ASSERTION, standing=Standing.UNVERIFIED)
def certificate_signs_in_with_the_older_form(target: Target) -> Any:
    """RS256 with x5t, the SHA-1 thumbprint, is still accepted"""
    pair = Pair.new(target.name())
    app = certified(target, pair)
    return {"token": target.settled(lambda: sign_in(target, app, pair, "RS256")).status}


@case({"status": 401, "code": "invalid_client 700027"}, source=ASSERTION, standing=Standing.UNVERIFIED)
def certificate_that_the_application_lacks_is_refused(target: Target) -> Any:
    """An assertion by a certificate that the application does not have is 401 invalid_client, AADSTS700027"""
    app = certified(target, Pair.new(target.name()))
    stranger = Pair.new(target.name())
    known = ("invalid_client 700016", "unauthorized_client 700016")  # the app is not everywhere yet
    return target.until(lambda: (a := sign_in(target, app, stranger)).code not in known and a, 120).refusal


@case(
    {"key": None, "selected": True, "name": True, "thumbprint": True, "kept": 2, "replaced": 1},
    source=API + "resources/keycredential", standing=Standing.UNVERIFIED,
)  # fmt: skip
def certificates_are_patched_as_a_whole(target: Target) -> Any:
    """A PATCH of keyCredentials replaces all; one with keyId and no key is kept; `key` only with $select of one app"""
    first, second = Pair.new(target.name()), Pair.new(target.name())
    app = certified(target, first)
    path = f"/applications/{app.id}"
    listed = target.graph("GET", path).body["keyCredentials"][0]
    selected = target.graph("GET", f"{path}?$select=keyCredentials").body["keyCredentials"][0]

    def now() -> list[dict[str, Any]]:
        return list(target.graph("GET", path).body["keyCredentials"])

    def patched(*keys: dict[str, Any]) -> int:
        target.graph("PATCH", path, {"keyCredentials": list(keys)})
        return len(target.until(lambda: len(seen := now()) == len(keys) and seen))

    sha1 = hashlib.sha1(first.der).hexdigest()
    return {
        "key": listed.get("key"),
        "selected": base64.b64decode(selected["key"]) == first.der,
        "name": listed["displayName"] in first.certificate.subject.rfc4514_string(),
        "thumbprint": sha1.upper() in str(listed["customKeyIdentifier"]).upper(),
        "kept": patched(listed, second.body),
        "replaced": patched(second.body),
    }


def proof(pair: Pair, app: MailApp) -> str:
    return pair.signed({"aud": DIRECTORY, "iss": app.id}, "RS256", x5t=thumbprint(hashlib.sha1(pair.der).digest()))


@case(
    {"added": 200, "without": 403, "wrong": {"status": 401, "code": "Authentication_MissingOrMalformed"}, "keys": 2},
    source="https://learn.microsoft.com/graph/application-rollkey-prooftoken", standing=Standing.OBSERVED,
)  # fmt: skip
def added_key_needs_a_proof_by_one_that_is_there(target: Target) -> Any:
    """addKey takes a proof signed by a certificate of the application; without it 403, by a stranger's 401"""
    pair, another = Pair.new(target.name()), Pair.new(target.name())
    app = certified(target, pair)
    path = f"/applications/{app.id}/addKey"

    def add(proved: str) -> Answer:
        return target.graph("POST", path, {"keyCredential": another.body, "passwordCredential": None, "proof": proved})

    without, wrong = add(""), add(proof(another, app))
    added = target.settled(lambda: add(proof(pair, app)))
    read = f"/applications/{app.id}"
    keys = target.until(lambda: len(k := target.graph("GET", read).body["keyCredentials"]) > 1 and k)
    return {"added": added.status, "without": without.status, "wrong": wrong.refusal, "keys": len(keys)}


def federated(target: Target, **changed: Any) -> dict[str, Any]:
    issuer = f"https://{target.name()}.example"
    fixed = {"issuer": issuer, "subject": "job", "audiences": ["api://AzureADTokenExchange"]}
    return {"name": target.name(), **fixed, **changed}


@case({"made": 201, "twice": Like("^(400|409)$"), "audiences": "400", "renamed": "400"}, source=FEDERATED,
      standing=Standing.UNVERIFIED)  # fmt: skip
def federated_credential_is_one_of_its_issuer_and_subject(target: Target) -> Any:
    """Issuer and subject are one credential's on an app, its audience is one, and its name stays"""
    path = f"/applications/{target.app().id}/federatedIdentityCredentials"
    body = federated(target)
    made = target.settled(lambda: target.graph("POST", path, body))
    twice = target.until(lambda: (a := target.graph("POST", path, {**body, "name": "other"})).status >= 400 and a, 60)
    audiences = target.graph("POST", path, federated(target, audiences=["api://one", "api://two"]))
    renamed = target.graph("PATCH", f"{path}/{made.body['id']}", {"name": "renamed"})
    return {
        "made": made.status,
        "twice": str(twice.status),
        "audiences": str(audiences.status),
        "renamed": str(renamed.status),
    }


@case({"made": 20, "more": Like("^(400|403)$")}, source=FEDERATED, standing=Standing.UNVERIFIED)
def federated_credentials_are_twenty_at_most(target: Target) -> Any:
    """An application has at most 20 federated credentials"""
    path = f"/applications/{target.app().id}/federatedIdentityCredentials"
    issuer = f"https://{target.name()}.example"

    def add(number: int) -> Answer:
        return target.graph("POST", path, federated(target, issuer=issuer, subject=f"job-{number}"))

    made = sum(target.settled(lambda n=number: add(n)).status == 201 for number in range(20))
    return {"made": made, "more": str(add(20).status)}


@case({"error": "invalid_client", "code": Like("70021|50166")}, standing=Standing.UNVERIFIED,
      source="https://learn.microsoft.com/entra/workload-id/workload-identity-federation")  # fmt: skip
def federated_assertion_of_an_unknown_issuer_is_refused(target: Target) -> Any:
    """An assertion by an issuer that no credential of the application names gets no token"""
    app, pair = target.app(), Pair.new(target.name())
    target.settled(
        lambda: target.graph("POST", f"/applications/{app.id}/federatedIdentityCredentials", federated(target))
    )
    claims = {"iss": "https://stranger.example", "sub": "job", "aud": "api://AzureADTokenExchange"}
    assertion = pair.signed(claims, "RS256", kid="one")
    refused = target.until(
        lambda: (a := target.sign_in(asserting(app, assertion))).body["error"] == "invalid_client" and a, 120
    )
    return {"error": refused.body["error"], "code": refused.code}
