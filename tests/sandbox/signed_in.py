"""What the tests of sign-in share: certificates of a client, and assertions signed with them."""

from __future__ import annotations

import base64
import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.sandbox_process import GRAPH_SCOPE, Sandbox

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class KeyPair:
    """A self-signed certificate with its private key, valid from yesterday for `days`."""

    def __init__(self, days: float = 365, name: str = "test client") -> None:
        self.private = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .sign(self.private, hashes.SHA256())
        )
        self.der = self.certificate.public_bytes(Encoding.DER)
        self.base64 = base64.b64encode(self.der).decode()
        self.thumbprint = hashlib.sha1(self.der).hexdigest().upper()

    @property
    def credential(self) -> dict[str, Any]:
        """As a keyCredential of a request."""
        return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": self.base64}

    @property
    def private_pem(self) -> str:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def public_pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def sign(self, claims: dict[str, Any], algorithm: str = "PS256", **headers: Any) -> str:
        if not headers:
            name, kind = ("x5t#S256", hashlib.sha256) if algorithm == "PS256" else ("x5t", hashlib.sha1)
            headers = {name: base64.urlsafe_b64encode(kind(self.der).digest()).decode().rstrip("=")}
        return jwt.encode({k: v for k, v in claims.items() if v is not None}, self.private, algorithm, headers=headers)

    def jwks(self, kid: str) -> dict[str, Any]:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": kid, "alg": "RS256", "use": "sig"}]}


def assertion_claims(sandbox: Sandbox, tenant: str, client_id: str, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "aud": f"{sandbox.json['login']}/{tenant}/oauth2/v2.0/token",
        "iss": client_id,
        "sub": client_id,
        "jti": str(uuid4()),
        "nbf": now,
        "iat": now,
        "exp": now + 600,
    }
    return claims | changes


def asserted(sandbox: Sandbox, tenant: str, client_id: str, assertion: str, scope: str = GRAPH_SCOPE) -> Any:
    """Ask for an app's token with an assertion."""
    form = {
        "client_id": client_id,
        "client_secret": None,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion,
    }
    return sandbox.token_answer(tenant, scope, **form)


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def refusal(answer: Any, status: int, error: str, code: int) -> dict[str, Any]:
    found = (answer.status_code, answer.json().get("error"), answer.json().get("error_codes"))
    assert found == (status, error, [code]), answer.text
    return dict(answer.json())


GRAPH_TOOLS = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
EXCHANGE_TOOLS = "fb78d390-0c51-40cd-8e17-fdbfab77341b"
ADMIN, NOBODY = "admin@contoso.example", "sales@contoso.example"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def post(sandbox: Sandbox, path: str, form: dict[str, Any], **options: Any) -> Any:
    """Post a form to Entra; None leaves a field out."""
    wanted = {k: v for k, v in form.items() if v is not None}
    url = f"{sandbox.json['login']}/{path}"
    return sandbox.http.post(url, data=wanted, timeout=30, allow_redirects=False, **options)


def appoint(sandbox: Sandbox, tenant: str, user: str, role: str) -> None:
    """Give a user a directory role by its template id, if they do not have it."""
    user_id = sandbox.by_hand(tenant, "GET", f"/users/{user}")["id"]
    body = {"principalId": user_id, "roleDefinitionId": role, "directoryScopeId": "/"}
    sandbox.by_hand(tenant, "POST", "/roleManagement/directory/roleAssignments", body, ok=False)


class Device:
    """A device code flow of one client."""

    def __init__(self, sandbox: Sandbox, authority: str, scope: str, client_id: str = GRAPH_TOOLS) -> None:
        self.sandbox, self.authority, self.client_id = sandbox, authority, client_id
        self.begun = post(sandbox, f"{authority}/oauth2/v2.0/devicecode", {"client_id": client_id, "scope": scope})
        self.codes: dict[str, Any] = self.begun.json()

    def decide(self, username: str, consent: str = "", decision: str = "approve") -> Any:
        form = {"user_code": self.codes["user_code"], "username": username, "consent": consent, "decision": decision}
        return post(self.sandbox, "common/oauth2/deviceauth", form)

    def poll(self, **form: Any) -> Any:
        fields = {"grant_type": DEVICE_GRANT, "client_id": self.client_id, "device_code": self.codes.get("device_code")}
        return post(self.sandbox, f"{self.authority}/oauth2/v2.0/token", fields | form)


def signed_in(sandbox: Sandbox, tenant: str, username: str, scope: str, client_id: str = GRAPH_TOOLS) -> dict[str, Any]:
    """Sign in by device code, with consent for the tenant where it is needed; answers the token response."""
    device = Device(sandbox, tenant, scope, client_id)
    page = device.decide(username, "tenant" if client_id == GRAPH_TOOLS else "")
    assert page.status_code == 200, page.text
    answer = device.poll()
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
