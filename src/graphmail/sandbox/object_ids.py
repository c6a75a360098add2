"""Ids as the services make them, always the same for the same seed."""

from __future__ import annotations

import base64
import hashlib
from uuid import UUID


def opaque_id(seed: str) -> str:
    """Return an id as Exchange and Entra make them for items: long, case-sensitive, without meaning."""
    return base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest()).decode().rstrip("=")


def security_identifier(seed: str) -> str:
    number = UUID(seed).int
    parts = [str((number >> shift) % 2**32) for shift in (96, 64, 32, 0)]
    return f"S-1-5-21-{parts[0]}-{parts[1]}-{parts[2]}-{int(parts[3]) % 9_000_000 + 1_000_000}"
