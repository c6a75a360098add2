"""A credential in a sealed file: whose it is, what it is called at Entra, and what only its holder knows."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from graphmail import sealed
from graphmail.auth import MsalHttp
from graphmail.errors import TenantError

# Of every kind; a kind's own fields are texts beside these.
_COMMON = ("tenant_id", "client_id", "key_id", "expires")


@dataclass(frozen=True, slots=True)
class SealedCredential(ABC):
    """What a client signs in with; one class for each kind. Fields that are secret are in no text of it.

    `key_id` is what Entra calls it by, and may be empty for an admin's; `expires` is aware, None if unknown.
    """

    kind: ClassVar[str]  # the word in sealed files and in the inventory's `admin.kind`
    title: ClassVar[str]  # for people

    tenant_id: str
    client_id: str
    key_id: str
    expires: datetime | None = field(default=None, kw_only=True)

    @abstractmethod
    def fetch(self, authority: str, audience: str, http: MsalHttp) -> dict[str, Any]:
        """Answer of msal: `access_token` and `expires_in`, or `error` and `error_codes`.

        `authority` is `https://host/<tenant GUID>`: msal takes the first path segment for the tenant, whatever it is.
        """

    @property
    def can_sign_in(self) -> bool:
        """Whether who holds this file holds all that a sign-in takes."""
        return True

    def for_vendor(self) -> Self:
        """What is handed over of it."""
        return self

    def renewed(self, answer: Mapping[str, Any]) -> Self | None:
        """What takes this one's place because of that answer; None where it stays as it is."""
        return None

    @property
    def fingerprint(self) -> str:
        """Tells credentials apart. The key id alone does not: an admin's may be empty."""
        return hashlib.sha256("|".join((self.kind, self.key_id, *self.secrets())).encode()).hexdigest()

    def secrets(self) -> tuple[str, ...]:
        """What must be in no output: whoever looks for leaks looks for these."""
        return tuple(str(getattr(self, own.name)) for own in fields(self) if not own.repr)

    def to_json(self) -> bytes:
        """Plaintext of a sealed file, also of the one that a receiver opens."""
        texts = {own.name: getattr(self, own.name) for own in fields(self)}
        texts["expires"] = self.expires.isoformat() if self.expires else None
        return json.dumps({"kind": self.kind, **texts}).encode()

    @classmethod
    def of(cls, read: Mapping[str, Any]) -> Self:
        """From what `to_json` made. Raises KeyError, TypeError or ValueError for anything else."""
        expires = datetime.fromisoformat(read["expires"]) if read.get("expires") else None
        if expires is not None and expires.tzinfo is None:
            raise ValueError("an end without its zone")
        own = {of_kind.name: read[of_kind.name] for of_kind in fields(cls) if of_kind.name not in _COMMON}
        texts = {"tenant_id": read["tenant_id"], "client_id": read["client_id"], "key_id": read.get("key_id") or ""}
        if not all(isinstance(text, str) for text in (*texts.values(), *own.values())):
            raise TypeError("a field that is no text")
        return cls(**texts, **own, expires=expires)

    def check(self) -> None:
        """Raises TenantError, without the secret, where it cannot be one; before it is sealed."""
        if empty := [own.name for own in fields(self) if own.name not in _COMMON and not getattr(self, own.name)]:
            raise TenantError(f"The {' and the '.join(empty)} is empty", remedy="give its value; nothing was sealed")

    def write(self, path: Path, recipients: Sequence[str]) -> str:
        """Seal into `path` as `sealed.write_sealed` does; the ciphertext's SHA-256."""
        return sealed.write_sealed(path, self.to_json(), recipients)
