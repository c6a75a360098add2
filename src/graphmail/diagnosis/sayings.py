"""What was answered, in one line for a person."""

from __future__ import annotations

from typing import Any

from graphmail.diagnosis.facts import Object
from graphmail.exchange import Row


def values(body: Any) -> list[Object]:
    return list((body or {}).get("value", ()))


def names(rows: list[Object], name: str) -> str:
    return ", ".join(str(row.get(name)) for row in rows) or "none"


def count(rows: list[Row]) -> str:
    return ", ".join(str(row.get("Name") or row.get("DisplayName") or "one") for row in rows) or "none"


def policies(rows: list[Row]) -> str:
    return ", ".join(f"{row.get('AccessRight')} for {row.get('ScopeName')}" for row in rows) or "none of this app"


def sizes(rows: list[Row]) -> str:
    row = rows[0] if rows else {}
    return f"MaxSendSize {row.get('MaxSendSize')}, MaxReceiveSize {row.get('MaxReceiveSize')}" if row else "none"


def application(body: Object) -> str:
    keys = [str(secret["keyId"]) for secret in body.get("passwordCredentials") or ()]
    certificates = [str(key["keyId"]) for key in body.get("keyCredentials") or ()]
    more = f", certificates: {', '.join(certificates)}" if certificates else ""
    disabled = ", disabled" if body.get("isDisabled") else ""
    return f"client id {body.get('appId')}, secrets: {', '.join(keys) or 'none'}{more}{disabled}"


def enabled(body: Object) -> str:
    return f"accountEnabled {body.get('accountEnabled')}"


def first(rows: list[Row], name: str, value: str) -> Row | None:
    """The row of that name, whatever its case."""
    return next((row for row in rows if str(row.get(name, "")).lower() == value.lower()), None)
