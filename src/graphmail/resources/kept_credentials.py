"""Credentials that the vendor has and keeps: the inventory lists their key ids, and nobody here touches them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class KeptCredential:
    """One that is on the app; `end` is None where Graph tells none."""

    key_id: str
    name: str
    kind: str
    end: datetime | None

    def lives(self, now: datetime) -> bool:
        return self.end is None or self.end > now

    def __str__(self) -> str:
        until = f", until {self.end:%Y-%m-%d}" if self.end else ""
        return f"{self.kind} {self.name} ({self.key_id}){until}" if until or self.kind == "federated" else self.key_id


def credentials_on(application: dict[str, Any], federated: Iterable[dict[str, Any]] = ()) -> list[KeptCredential]:
    """All secrets and certificates of an app registration, whoever made them, and these federated credentials of it."""
    without_end = [
        KeptCredential(str(one["id"]).lower(), str(one.get("name") or "unnamed"), "federated", None)
        for one in federated
    ]
    return without_end + [
        KeptCredential(
            str(credential["keyId"]).lower(),
            str(credential.get("displayName") or "unnamed"),
            kind,
            datetime.fromisoformat(credential["endDateTime"]) if credential.get("endDateTime") else None,
        )
        for collection, kind in (("passwordCredentials", "secret"), ("keyCredentials", "certificate"))
        for credential in application.get(collection) or ()
    ]


def kept_credentials(
    application: dict[str, Any], known: list[str], federated: Iterable[dict[str, Any]] = ()
) -> list[KeptCredential]:
    """Those of `known`, key ids, that are on the app."""
    listed = {key_id.lower() for key_id in known}
    return [credential for credential in credentials_on(application, federated) if credential.key_id in listed]
