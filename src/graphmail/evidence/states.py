"""What before.json and after.json say of a state that nobody read; nothing is made up for it."""

from __future__ import annotations

from typing import Any

NO_WRITE = "this run began no write to the customer's configuration, so it read none ahead of one"
UNCHANGED = "this run began no write to the customer's configuration"
NOT_YET = "this run wrote to the tenant, or was about to, and ended before it read what was there afterwards"


def unread(why: str) -> dict[str, Any]:
    return {"schema": 1, "read": None, "why": why}
