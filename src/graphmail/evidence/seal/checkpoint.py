"""Checkpoints of the log: C2SP signed notes (https://c2sp.org/tlog-checkpoint), one for each entry.

Beside origin, size and root there is one more line, `sha256 <digest>`: of the log's first `size` lines as they stand
in the file. So anybody with `head` and `sha256sum` can compare the log with what was signed.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.seal.keys import PublicKey, SigningKey

_ED25519 = b"\x01"
OTHER = "says something else than the log"
_DASH = "\u2014"


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint says of the log."""

    origin: str
    size: int
    root: bytes
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.size:08}.note"

    def text(self) -> bytes:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nsha256 {self.sha256}\n".encode()

    def signed(self, key: SigningKey) -> bytes:
        return self._note(key.public, key.sign(self.text()))

    def signer(self, note: bytes, keys: list[PublicKey]) -> PublicKey:
        """Who of `keys` signed this very head in this very form. Raises EvidenceError."""
        text = self.text()
        if not note.startswith(text + b"\n"):
            raise EvidenceError(OTHER)
        try:
            line = note[len(text) + 1 :].decode()
            signature = base64.b64decode(line.split(" ")[2].strip("\n"), validate=True)[4:]
        except (ValueError, IndexError):
            raise EvidenceError("has no signature") from None
        for key in keys:
            if self._note(key, signature) == note and key.verifies(signature, text):
                return key
        raise EvidenceError("is not signed by a key of this log")

    def _note(self, key: PublicKey, signature: bytes) -> bytes:
        name = self.origin.encode()
        number = hashlib.sha256(name + b"\n" + _ED25519 + key.raw).digest()[:4]
        line = f"{_DASH} {self.origin} {base64.b64encode(number + signature).decode()}\n"
        return self.text() + b"\n" + line.encode()
