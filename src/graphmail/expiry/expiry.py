"""One credential's end, and how near it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from graphmail.customers.span import Lifetime

Status = Literal["ok", "due", "critical", "expired", "unknown"]

# As monitoring plugins answer: https://www.monitoring-plugins.org/doc/guidelines.html#AEN78
EXIT: dict[Status, int] = {"ok": 0, "due": 1, "critical": 2, "expired": 2, "unknown": 3}
_WORST_FIRST: tuple[Status, ...] = ("expired", "critical", "due", "unknown", "ok")


@dataclass(frozen=True, slots=True)
class Expiry:
    """`whose` is who signs in with it; `expires` is aware, None where nobody has told.

    `standing` says where it is: sealed here, handed over, received. `due` is from when on it should be replaced.
    """

    customer: str
    environment: str
    whose: str
    kind: str
    key_id: str
    expires: datetime | None
    standing: str
    rotate_before: Lifetime
    critical_before: Lifetime

    @property
    def due(self) -> datetime | None:
        return self.rotate_before.start(self.expires) if self.expires else None

    def status(self, now: datetime) -> Status:
        if self.expires is None:
            return "unknown"
        if self.expires <= now:
            return "expired"
        if self.critical_before.end(now) >= self.expires:
            return "critical"
        return "due" if self.rotate_before.end(now) >= self.expires else "ok"

    def days(self, now: datetime) -> int | None:
        """Whole days that are left, negative after the end; None where nobody knows."""
        return (self.expires - now).days if self.expires else None

    def facts(self, now: datetime) -> dict[str, Any]:
        """As JSON can say it."""
        return {
            "customer": self.customer,
            "environment": self.environment,
            "whose": self.whose,
            "kind": self.kind,
            "key_id": self.key_id,
            "expires": self.expires.isoformat() if self.expires else None,
            "days": self.days(now),
            "status": self.status(now),
            "standing": self.standing,
        }


def worst(statuses: Iterable[Status]) -> Status:
    """Of all of them; nobody's is ok."""
    return min(statuses, key=_WORST_FIRST.index, default="ok")
