"""The key that access tokens are signed with, and its published half."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

_ONLY_THE_SIGNATURE: Any = {"verify_exp": False, "verify_aud": False, "verify_nbf": False, "verify_iat": False}


class SigningKey:
    """An RSA key made at start; a token signed by another sandbox is foreign here."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(65537, 2048)
        numbers = self._private.public_key().public_numbers()
        self._modulus = _base64url(numbers.n)
        self._exponent = _base64url(numbers.e)
        self.key_id = (
            base64.urlsafe_b64encode(hashlib.sha256(self._modulus.encode()).digest()[:20]).decode().rstrip("=")
        )

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._private, "RS256", headers={"x5t": self.key_id, "kid": self.key_id})

    def signed(self, token: str) -> bool:
        """Whether the token bears this key's signature, however old it is."""
        try:
            jwt.decode(token, self._private.public_key(), ["RS256"], options=_ONLY_THE_SIGNATURE)
        except jwt.InvalidTokenError:
            return False
        return True

    def published(self, issuer: str) -> dict[str, Any]:
        """Return the key as the keys document lists it."""
        return {
            "kty": "RSA", "use": "sig", "kid": self.key_id, "x5t": self.key_id, "n": self._modulus,
            "e": self._exponent, "issuer": issuer,
        }  # fmt: skip


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
