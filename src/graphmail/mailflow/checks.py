"""The checks of one notebook, in the order in which they were made."""

from __future__ import annotations

from datetime import datetime

from graphmail.clock import Clock
from graphmail.evidence import Check
from graphmail.mailflow.observation import Observation


class Checks(list[Check]):
    """Times what it is told by the tenant's clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def add(self, name: str, claim: str, expected: str, seen: Observation, started: datetime) -> Check:
        """What was seen of a claim, looked at since `started`."""
        took = (self._clock.now() - started).total_seconds() if seen.seconds is None else seen.seconds
        check = Check(
            name=name,
            claim=claim,
            expected=expected,
            observed=seen.observed[:4000],
            verdict=seen.verdict,
            seconds=round(max(took, 0.0), 3),
            attempts=seen.attempts,
            request_ids=[request_id for request_id in seen.request_ids if request_id],
            measured={name: round(number, 3) for name, number in seen.measured.items()},
        )
        self.append(check)
        return check
