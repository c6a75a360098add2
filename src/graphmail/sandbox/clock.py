"""The virtual clock of one tenant: real time plus an offset that only grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LAST_YEAR = 9000  # what is dated after `now` has to have a date too


@dataclass(slots=True)
class VirtualClock:
    """Hours pass when somebody advances it, and seconds pass by themselves."""

    offset: timedelta = timedelta()
    tenant_id: str = ""  # whose clock it is, where a record of another tenant names it

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, seconds: float) -> datetime:
        """Move forward by `seconds`; a clock never goes back."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back by {-seconds} s")
        offset = self.offset + timedelta(seconds=seconds)
        if (datetime.now(UTC) + offset).year > LAST_YEAR:
            raise ValueError(f"a clock ends with the year {LAST_YEAR}")
        self.offset = offset
        return self.now()


@dataclass(slots=True)
class Span:
    """Since when and until when something is so, as committed; each reader sees it with a lag of its own."""

    made: datetime
    removed: datetime | None = None

    def holds(self, now: datetime, lag: timedelta = timedelta()) -> bool:
        """Whether a reader that is `lag` behind sees it at `now`."""
        return self.made + lag <= now and (self.removed is None or now < self.removed + lag)
