"""A bounded wait that says how it ended instead of raising."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphmail.clock import STEPS, Clock


@dataclass(frozen=True, slots=True)
class Watch:
    """`settled` tells whether what was waited for came; `seconds` how long it took, or was waited in vain."""

    settled: bool
    seconds: float
    attempts: int


def watch(clock: Clock, seconds: float, look: Callable[[], bool]) -> Watch:
    """Call `look` until it says True or the time is over; at least once, and a last time at the end."""
    started = clock.now()
    deadline = clock.deadline(seconds)
    attempts = 0
    while True:
        over = deadline.expired
        settled = look()
        attempts += 1
        if settled or over:
            return Watch(settled, (clock.now() - started).total_seconds(), attempts)
        clock.sleep(min(STEPS[min(attempts - 1, len(STEPS) - 1)], deadline.remaining))
