"""The key that seals runs and signs the log: Ed25519, its private half in a file sealed with age to the operators.

Its public half lies in the archive, `keys/<first 16 digits of its id>.pem`, with the time in which it counts. Signing
goes through securesystemslib's Signer, so that a signer in hardware can take the place of the sealed file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, Signer  # type: ignore[attr-defined]

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.record import Environment
from graphmail.evidence.seal.canonical import read_time, time
from graphmail.sealed import open_sealed, write_sealed
from graphmail.state import state_root

LIFETIME = timedelta(days=3 * 365)
# A key counts from before it was made: the clock that tells when it signed is the timestamp authority's.
EARLIER = timedelta(days=1)


def default_file(environment: Environment) -> Path:
    """Where the sealed key is unless the inventory names another file. No customer's name begins with a dot."""
    return state_root() / ".signing" / f"{environment}.age"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public half, and the time in which what it signed counts."""

    raw: bytes
    valid_from: datetime
    valid_until: datetime

    @property
    def id(self) -> str:
        """SHA-256 of the SubjectPublicKeyInfo, as openssl writes it with `-outform DER`."""
        return hashlib.sha256(self._public().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    @property
    def file_name(self) -> str:
        return f"{self.id[:16]}.pem"

    def file(self, origin: str) -> bytes:
        """The file in `keys/`: programs that read PEM pass over the lines before it."""
        about = f"Key-Id: {self.id}\nLog: {origin}\nValid-From: {time(self.valid_from)}\n"
        pem = self._public().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return f"{about}Valid-Until: {time(self.valid_until)}\n".encode() + pem

    def entry(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "public": self.raw.hex(),
            "valid_from": time(self.valid_from),
            "valid_until": time(self.valid_until),
        }

    @classmethod
    def of(cls, entry: Any) -> Self:
        """The inverse of `entry`; ValueError, KeyError or TypeError for what is none."""
        found = cls(bytes.fromhex(entry["public"]), read_time(entry["valid_from"]), read_time(entry["valid_until"]))
        if found.entry() != entry:
            raise ValueError("is no key")
        return found

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            self._public().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _public(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private half that is open in this process's memory."""

    public: PublicKey
    signer: Signer

    @classmethod
    def make(cls, file: Path, operators: Sequence[str], now: datetime) -> Self:
        """Make a key and seal it into `file`. Raises TenantError; then there is none."""
        secret = Ed25519PrivateKey.generate()
        pem = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        start, end = now.replace(microsecond=0) - EARLIER, now.replace(microsecond=0) + LIFETIME
        write_sealed(file, f"Valid-From: {time(start)}\nValid-Until: {time(end)}\n".encode() + pem, operators)
        return cls._of(secret, start, end)

    @classmethod
    def open(cls, file: Path) -> Self:
        """Open the sealed key with the operator's identity. Raises TenantError."""
        if not file.is_file():
            raise EvidenceError(
                "There is no key to sign the evidence with",
                found=f"no file {file}",
                remedy="make one with `python -m graphmail.evidence new-key`; nothing was contacted",
            )
        opened = open_sealed(file)
        try:
            lines = opened.decode().splitlines()
            start, end = (read_time(line.partition(": ")[2]) for line in lines[:2])
            secret = load_pem_private_key(opened[opened.index(b"-----BEGIN") :], password=None)
            if not isinstance(secret, Ed25519PrivateKey):
                raise TypeError  # noqa: TRY301
        except (ValueError, TypeError):
            raise EvidenceError("A sealed file holds no key to sign the evidence with", found=str(file)) from None
        return cls._of(secret, start, end)

    @classmethod
    def _of(cls, secret: Ed25519PrivateKey, start: datetime, end: datetime) -> Self:
        raw = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(PublicKey(raw, start, end), CryptoSigner(secret))

    def sign(self, message: bytes) -> bytes:
        return bytes.fromhex(self.signer.sign(message).signature)
