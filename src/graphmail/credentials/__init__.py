"""Credentials in sealed files: how ops signs in to a tenant, and what the mail app signs in with.

`python -m graphmail.credentials seal CUSTOMER --inventory FILE` makes an admin's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from graphmail import sealed
from graphmail.errors import TenantError


@dataclass(frozen=True, slots=True)
class SealedCredential:
    """The plaintext of a sealed file. `key_id` may be empty for an admin's; `expires` is aware, None if unknown."""

    tenant_id: str
    client_id: str
    key_id: str
    client_secret: str = field(repr=False)
    expires: datetime | None = None

    def to_json(self) -> bytes:
        return json.dumps(
            {
                "tenant_id": self.tenant_id,
                "client_id": self.client_id,
                "key_id": self.key_id,
                "client_secret": self.client_secret,
                "expires": self.expires.isoformat() if self.expires else None,
            }
        ).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Raises TenantError, without the text, when it is not what `to_json` makes."""
        try:
            read = json.loads(text)
            expires = datetime.fromisoformat(read["expires"]) if read.get("expires") else None
            credential = cls(
                read["tenant_id"], read["client_id"], read.get("key_id") or "", read["client_secret"], expires
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise no_credential() from None
        texts = (credential.tenant_id, credential.client_id, credential.key_id, credential.client_secret)
        if not all(isinstance(text, str) for text in texts) or (expires is not None and expires.tzinfo is None):
            raise no_credential()
        return credential

    def write(self, path: Path, recipients: Sequence[str]) -> str:
        """Seal into `path` as `sealed.write_sealed` does; the ciphertext's SHA-256."""
        return sealed.write_sealed(path, self.to_json(), recipients)


def read(path: Path, identity: Path | None = None) -> SealedCredential:
    """The credential in a sealed file. TenantError when it is not there, does not open, or holds something else."""
    return SealedCredential.from_json(sealed.open_sealed(path, identity))


def no_credential() -> TenantError:
    """Says what a credential looks like, and nothing of what was found."""
    return TenantError(
        "This is no credential",
        expected="a JSON object with tenant_id, client_id, key_id, client_secret, expires (ISO 8601 or null)",
    )
