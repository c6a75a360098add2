"""JSON with one encoding for one value, so that a changed byte can never be a matter of taste."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from graphmail.evidence.files import EvidenceError


def encode(value: Any) -> bytes:
    """Sorted keys, no spaces, ASCII only, and no line end inside or after it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def decode(text: bytes, what: str) -> dict[str, Any]:
    """The object that `text` is the one encoding of. Raises EvidenceError that begins with `what`."""
    try:
        value = json.loads(text)
        good = isinstance(value, dict) and encode(value) == text
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise EvidenceError(f"{what} is not in the one form that it can have")
    return dict(value)


def time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def read_time(text: Any) -> datetime:
    """The inverse of `time`; ValueError for anything that `time` does not write."""
    moment = datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if time(moment) != text:
        raise ValueError("is not a time")
    return moment
