"""Lengths of time as people write them: `24 months`, `90 days`, `2 hours`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

_SPAN = re.compile(r"([1-9]\d{0,4}) (second|minute|hour|day|week|month|year)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def _parse(text: str, units: tuple[str, ...]) -> tuple[int, str]:
    match = _SPAN.fullmatch(text.strip())
    if match is None or match[2] not in units:
        raise ValueError("is not a length of time")
    return int(match[1]), match[2]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a credential lives, in calendar terms: 24 months from 29 February end on 28 February."""

    count: int
    unit: str  # day, week, month or year

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for anything but `<number> days|weeks|months|years`."""
        return cls(*_parse(text, ("day", "week", "month", "year")))

    def end(self, start: datetime) -> datetime:
        return start + relativedelta(**{f"{self.unit}s": self.count})  # type: ignore[no-any-return]

    def start(self, end: datetime) -> datetime:
        """As long before that moment."""
        return end - relativedelta(**{f"{self.unit}s": self.count})  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'s' * (self.count != 1)}"


def seconds(text: str) -> int:
    """Raises ValueError for anything but `<number> seconds|minutes|hours|days`."""
    count, unit = _parse(text, tuple(_SECONDS))
    return count * _SECONDS[unit]
