"""What one world is made from beside its tenants file: the same origin makes the same tenants again."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from graphmail.sandbox.entra.signing import SigningKey

_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Origin:
    """Random for each fresh start. `started`: what the tenants file says is dated back from here."""

    seed: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    started: datetime = field(default_factory=_now)
    signing_key: SigningKey = field(default_factory=SigningKey, repr=False)

    def secret(self, what: str) -> str:
        """Return the secret of `what`: the shape Entra makes, 40 characters with a tilde, and always the same."""
        drawn = hmac.digest(self.seed, what.encode(), hashlib.sha512)
        text = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in drawn[:37])
        return f"{text[:3]}8Q~{text[3:]}"
