"""Moments as parameters: ISO 8601, or the American dates that PowerShell's culture-invariant form takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from graphmail.sandbox.exchange.parameter import Parameter

_AMERICAN = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p")


def moment(value: Any) -> datetime:
    """Aware UTC; a moment without a zone is UTC. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = _american(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _american(value: str) -> datetime:
    for form in _AMERICAN:
        try:
            return datetime.strptime(value, form)  # noqa: DTZ007 - the caller adds the zone
        except ValueError:
            continue
    raise TypeError


MOMENT = Parameter(moment, "System.DateTime")
REQUIRED_MOMENT = Parameter(moment, "System.DateTime", required=True)
