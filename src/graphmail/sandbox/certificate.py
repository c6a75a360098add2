"""A certificate as Entra keeps it for an application: public, its thumbprints, and what it has signed."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding


class Certificate:
    """An X.509 certificate with an RSA key; ValueError when the text is none."""

    def __init__(self, text: str) -> None:
        """`text` is base64 of the DER, or of a PEM file."""
        try:
            raw = base64.b64decode(text, validate=True)
            pem = raw.lstrip().startswith(b"-----BEGIN CERTIFICATE")
            self._parsed = x509.load_pem_x509_certificate(raw) if pem else x509.load_der_x509_certificate(raw)
        except (binascii.Error, ValueError):
            raise ValueError("no certificate") from None
        self.der = self._parsed.public_bytes(Encoding.DER)
        public = self._parsed.public_key()
        if not isinstance(public, RSAPublicKey):
            raise ValueError("no RSA key")  # noqa: TRY004 - the text is wrong, not its type
        self.public_key = public

    @property
    def start(self) -> datetime:
        return self._parsed.not_valid_before_utc

    @property
    def end(self) -> datetime:
        return self._parsed.not_valid_after_utc

    @property
    def name(self) -> str:
        return self._parsed.subject.rfc4514_string()

    @property
    def thumbprint(self) -> str:
        """SHA-1 in hex, upper case, as portals show it."""
        return hashlib.sha1(self.der).hexdigest().upper()  # noqa: S324 - a name, not a protection

    def named_by(self, header: dict[str, Any]) -> bool:
        """Whether a JWT's header names this certificate: `x5t#S256`, `x5t`, or the thumbprint as `kid`."""
        if sha256 := header.get("x5t#S256"):
            return _unpadded(sha256) == _base64url(hashlib.sha256(self.der).digest())
        if sha1 := header.get("x5t"):
            return _unpadded(sha1) == _base64url(bytes.fromhex(self.thumbprint))
        return str(header.get("kid", "")).upper() == self.thumbprint

    def signed(self, token: str) -> bool:
        """Whether this certificate's key signed the JWT, with PS256 or RS256."""
        try:
            jwt.decode(token, self.public_key, ["PS256", "RS256"], options=SIGNATURE_ALONE)
        except jwt.PyJWTError:
            return False
        return True


# Claims are judged one by one, each with Entra's own error.
SIGNATURE_ALONE: Any = {
    "verify_signature": True, "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False,
    "verify_iss": False, "verify_sub": False, "verify_jti": False,
}  # fmt: skip


def _unpadded(value: object) -> str:
    """Clients send the thumbprint with padding and without."""
    return str(value).rstrip("=")


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
