"""What a tenant's mail has done lately: requests and sent mail, for the limits, and states of delta queries.

Forgotten when the process ends: windows begin anew, and a delta token of before is one that has expired.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Window:
    """How much came since `opened`; it opens anew with the first that comes after its end."""

    length: timedelta
    opened: datetime | None = None
    used: int = 0

    def room(self, now: datetime, limit: int, amount: int = 0) -> float:
        """Return 0 where `amount` more may come now, else seconds until the window ends."""
        if self.opened is None or now >= self.opened + self.length:
            self.opened, self.used = now, 0
        over = self.used + amount > limit if amount else self.used >= limit
        return (self.opened + self.length - now).total_seconds() if over else 0

    def add(self, amount: int) -> None:
        self.used += amount


@dataclass(slots=True)
class AppOnMailbox:
    """One application on one mailbox: learn.microsoft.com/graph/throttling-limits#outlook-service-limits."""

    requests: Window = field(default_factory=lambda: Window(timedelta(minutes=10)))
    upload: Window = field(default_factory=lambda: Window(timedelta(minutes=5)))
    in_flight: int = 0


@dataclass(slots=True)
class SentMail:
    """What one mailbox sent: messages of the minute that fills (now or later), recipients of this day."""

    recipients: Window = field(default_factory=lambda: Window(timedelta(days=1)))
    minute: datetime | None = None
    messages: int = 0

    def turn(self, now: datetime, limit: int) -> datetime:
        """Return when the next message goes out: now, or in the next minute that is not full."""
        if self.minute is None or now >= self.minute + _MINUTE:
            self.minute, self.messages = now, 0
        elif self.messages >= max(1, limit):
            self.minute, self.messages = self.minute + _MINUTE, 0
        self.messages += 1
        return max(now, self.minute)


@dataclass(slots=True)
class SyncRound:
    """One round of a delta query: what is still to be told, and what its caller knows at its end.

    `pending` and `known` are by item id; an item's version is its change key. `options` are those of the first call.
    """

    mailbox: str
    folder_id: str
    options: dict[str, str]
    page: int
    made: datetime
    pending: list[tuple[str, bool]]  # id, removed
    known: dict[str, Any]


@dataclass(slots=True)
class MailTraffic:
    by_app: dict[tuple[str, str], AppOnMailbox] = field(default_factory=dict)  # client id, recipient id
    sent: dict[str, SentMail] = field(default_factory=dict)  # by recipient id
    external: Window = field(default_factory=lambda: Window(timedelta(days=1)))  # recipients outside the tenant
    external_from_initial_domain: Window = field(default_factory=lambda: Window(timedelta(days=1)))
    auto_replied: set[tuple[str, str]] = field(default_factory=set)  # recipient id, address that got its answer
    directory: Window = field(default_factory=lambda: Window(timedelta(seconds=10)))  # resource units
    rounds: dict[str, SyncRound] = field(default_factory=dict)  # by token, oldest first
