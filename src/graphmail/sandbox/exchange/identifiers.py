"""Ids that Exchange gives to what it makes."""

from __future__ import annotations

import uuid


def new_sid() -> str:
    parts = uuid.uuid4().fields
    return f"S-1-5-21-{parts[0]}-{parts[5] % 2**32}-{parts[1] * parts[2]}-{parts[3] * 1000 + parts[4]}"
