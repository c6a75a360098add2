"""The one source of now and sleep.

In the sandbox the clock is the tenant's own virtual one: a sleep advances it, so hours pass in milliseconds, in
workers and notebook kernels alike.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from graphmail.errors import DeadlineExceeded

T = TypeVar("T")


class Clock(ABC):
    """Tells the time and waits."""

    @abstractmethod
    def now(self) -> datetime:
        """The time, aware, in UTC."""

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`; less than nothing is nothing."""

    def wait_for_person(self, seconds: float) -> None:
        """As `sleep`, where somebody has to do something meanwhile: hands take real time in the sandbox too."""
        self.sleep(seconds)

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(self, self.now() + timedelta(seconds=seconds), seconds)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a bounded wait; `seconds` is how long it was when it began."""

    clock: Clock
    end: datetime
    seconds: float

    @property
    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, (self.end - self.clock.now()).total_seconds())

    @property
    def expired(self) -> bool:
        return self.remaining <= 0


class SystemClock(Clock):
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class SandboxClock(Clock):
    """The virtual clock of one sandbox tenant: real time plus an offset that sleeping adds to.

    `advance(seconds)` asks the sandbox to move the tenant's clock (0: only to tell it) and returns the offset in
    seconds. The offset is asked for once and again after each sleep: whoever else sleeps holds the same customer's
    lock, or is a kernel that this process waits for.
    """

    def __init__(self, advance: Callable[[float], float]) -> None:
        self._advance = advance
        self._offset: float | None = None

    def now(self) -> datetime:
        if self._offset is None:
            self._offset = self._advance(0)
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._offset = self._advance(seconds)

    def wait_for_person(self, seconds: float) -> None:
        # Of fifteen virtual minutes in steps of five seconds, three minutes are left to a rehearsing person.
        time.sleep(min(1.0, seconds))
        self.sleep(seconds)


# Seconds between looks at something that becomes true with time: quick at first, since most things take seconds.
STEPS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)


def poll(clock: Clock, probe: Callable[[], T | None], seconds: float, what: str, *, remedy: str = "") -> T:
    """Call `probe` until it returns something else than None, for at most `seconds`.

    Raises DeadlineExceeded, which names `what` was waited for and for how long.
    """
    deadline = clock.deadline(seconds)
    attempt = 0
    while (found := probe()) is None:
        if deadline.expired:
            raise DeadlineExceeded(
                f"Waited {seconds:.0f} s for {what}",
                found="not there yet",
                remedy=remedy or "run the same playbook again; it goes on from here",
            )
        clock.sleep(min(STEPS[min(attempt, len(STEPS) - 1)], deadline.remaining))
        attempt += 1
    return found
