"""A customer's data key: an age identity. What is personal in the customer's evidence is sealed to it and nobody else.

Its private half lies in the customer's state folder, sealed to the operators, and in no other place: destroying that
file, and its backups, is what makes the personal data of all runs unreadable.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pyrage

from graphmail import sealed
from graphmail.durable import sync_folder
from graphmail.evidence.files import EvidenceError
from graphmail.state import StateFolder

_OPERATORS = "# operators: "


def key_id(recipient: str) -> str:
    return hashlib.sha256(recipient.encode()).hexdigest()


def key_file(state: StateFolder, log: str, key: str) -> Path:
    """Where the private half is. `log` is the log's origin: another archive of the customer has another key."""
    return state.data_keys / f"{log.rpartition('/')[2]}-{key[:16]}.age"


def unfinished(state: StateFolder, log: str, key: str = "") -> list[Path]:
    """What a process that died while it wrote a key left beside it: each may hold a whole private half."""
    name = key_file(state, log, key).name if key else f"{log.rpartition('/')[2]}-*.age"
    return sorted(state.data_keys.glob(f".{name}.*"))


@dataclass(frozen=True, slots=True)
class DataKey:
    """A private half that is open in this process's memory."""

    recipient: str
    _identity: Any = field(repr=False)
    # What placeholders are made with: whoever has it can tell what a placeholder may stand for, so it is the key's.
    secret: bytes = field(repr=False)
    operators: frozenset[str] = frozenset()  # to whom its file is sealed

    @property
    def id(self) -> str:
        return key_id(self.recipient)

    @classmethod
    def make(cls, state: StateFolder, log: str, operators: Sequence[str]) -> Self:
        """Make one, sealed to the operators in its file before this returns. Raises TenantError; then there is none."""
        made = cls._of(pyrage.x25519.Identity.generate(), operators)
        state.make().data_keys.mkdir(mode=0o700, exist_ok=True)
        made.write(key_file(state, log, made.id), operators)
        sync_folder(state.path)
        return made

    def for_all(self, file: Path, operators: Sequence[str]) -> None:
        """Seal it anew where it is not sealed to just these: whoever joins the operators can open it from then on.

        Nothing where who does it is none of them: that one could not open it again.
        """
        own = sealed.public_key(sealed.identity_file()).split()[:2]
        if set(operators) != self.operators and any(key.split()[:2] == own for key in operators):
            self.write(file, operators)

    def write(self, file: Path, operators: Sequence[str]) -> None:
        """Seal the private half into `file`, so that the old file or the new one is there after a crash."""
        about = f"# public key: {self.recipient}\n{_OPERATORS}{json.dumps(list(operators))}\n"
        sealed.write_sealed(file, f"{about}{self._identity}\n".encode(), operators)

    @classmethod
    def open(cls, file: Path) -> Self:
        """Open the sealed file with the operator's identity. Raises TenantError."""
        lines = sealed.open_sealed(file).decode("ascii", "replace").splitlines()
        try:
            told = next((line.removeprefix(_OPERATORS) for line in lines if line.startswith(_OPERATORS)), "[]")
            return cls._of(pyrage.x25519.Identity.from_str(lines[-1]), json.loads(told))
        except (pyrage.IdentityError, ValueError, IndexError, TypeError):
            raise EvidenceError("A sealed file holds no data key", found=str(file)) from None

    @classmethod
    def _of(cls, identity: Any, operators: Sequence[str]) -> Self:
        secret = hmac.digest(str(identity).encode(), b"graphmail placeholders", "sha256")
        return cls(str(identity.to_public()), identity, secret, frozenset(operators))

    def seal(self, plaintext: bytes) -> bytes:
        """For this key alone, and opened again before it is given."""
        ciphertext = bytes(pyrage.encrypt(plaintext, [pyrage.x25519.Recipient.from_str(self.recipient)]))
        if not hmac.compare_digest(self.open_sealed(ciphertext, "it"), plaintext):
            raise EvidenceError("What was sealed to the data key does not open to the same bytes")
        return ciphertext

    def open_sealed(self, ciphertext: bytes, what: str) -> bytes:
        try:
            return bytes(pyrage.decrypt(ciphertext, [self._identity]))
        except pyrage.DecryptError:
            raise EvidenceError(f"{what} does not open with data key {self.id[:16]}, or it is damaged") from None


def destroy(file: Path) -> None:
    """Overwrite and remove it; again is no error. A disk may keep what was written over, and a backup keeps a copy."""
    with suppress(FileNotFoundError):
        size = file.stat().st_size
        descriptor = os.open(file, os.O_WRONLY)
        try:
            os.pwrite(descriptor, os.urandom(size), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        file.unlink()
    if file.parent.is_dir():
        sync_folder(file.parent)
