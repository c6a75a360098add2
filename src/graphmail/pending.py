"""What a customer waits for, since when and until when: stored, so that no task is blocked and any run can go on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from graphmail.state import StateFolder

# Seconds from one probe round to the next: quick at first, at most every five minutes.
ROUNDS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait. Times are aware; `subject` is what it is about, so that another subject begins another wait.

    `seen` is what the looks noted beside it, as JSON can say it.
    """

    reason: str
    subject: str
    since: datetime
    until: datetime
    rounds: int
    next_probe: datetime
    observed: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls, reason: str, subject: str, now: datetime, seconds: float) -> Wait:
        return cls(reason, subject, now, now + timedelta(seconds=seconds), 0, now)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Wait:
        """What `facts` gave. Raises KeyError, TypeError or ValueError for anything else."""
        times = {name: datetime.fromisoformat(kept[name]) for name in ("since", "until", "next_probe")}
        return cls(**(dict(kept) | times))

    def facts(self) -> dict[str, Any]:
        """As JSON can say it."""
        return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in asdict(self).items()}

    def again(self, now: datetime, observed: str, seen: Mapping[str, Any] | None = None) -> Wait:
        """The same wait after another look that found it not over."""
        pause = timedelta(seconds=ROUNDS[min(self.rounds, len(ROUNDS) - 1)])
        # The last look is at the deadline, not after it.
        following = max(min(now + pause, self.until), now)
        noted = self.seen if seen is None else seen
        return replace(self, rounds=self.rounds + 1, next_probe=following, observed=observed, seen=noted)


class Pending:
    """The wait of one customer in `pending.json`, or none."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state

    def read(self) -> Wait | None:
        """The wait; None also where the file is damaged: then the wait begins anew."""
        try:
            return Wait.of(json.loads(self._state.pending.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, wait: Wait) -> None:
        new = self._state.make().pending.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(wait.facts(), indent=2) + "\n", encoding="utf-8")
        new.replace(self._state.pending)

    def clear(self) -> None:
        self._state.pending.unlink(missing_ok=True)

    def reason(self) -> str:
        """One line for a report, or empty."""
        wait = self.read()
        return f"{wait.reason}, since {wait.since:%Y-%m-%d %H:%M} UTC" if wait else ""
