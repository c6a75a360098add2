"""One customer and one kind of proof: the newest that can be believed, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from graphmail.evidence import Record
from graphmail.fleet.seen_run import SeenRun

Standing = Literal["passed", "failed", "unknown", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The newest proof of a kind. `since` is when it came to stand like this; None where there is no run at all.

    That is the first of the newest records that agree, or the first run that left none. `why` says what made a proof
    that passed count no more.
    """

    kind: str
    standing: Standing
    since: datetime | None = None
    run: SeenRun | None = None
    record: Record | None = None
    why: str = ""

    @property
    def age_from(self) -> datetime | None:
        """When the proof was made, by the operator's machine: the tenant's own clock may be virtual."""
        return self.run.began if self.run and self.record else None

    @classmethod
    def of(cls, kind: str, runs: Sequence[SeenRun]) -> Cell:
        """From a customer's runs, oldest first."""
        kept = [(n, record) for n, run in enumerate(runs) for record in run.records if record.notebook == kind]
        found, newest = [(runs[n], record) for n, record in kept], kept[-1][0] if kept else 0
        # Nobody can tell what such a run held. To fall back on an older proof would let whoever damages one choose.
        broken = [run for run in runs[newest:] if run.seal == "broken"]
        if broken:
            return cls(kind, "broken", broken[0].began, broken[-1])
        if not found:
            return cls(kind, "missing", runs[0].began if runs else None)
        run, record = found[-1]
        since = run.began
        for earlier, before in reversed(found):
            if before.verdict != record.verdict:
                break
            since = earlier.began
        return cls(kind, record.verdict, since, run, record)

    def doubted(self, why: str, since: datetime | None = None) -> Cell:
        """The same where nothing is said; else unknown, unless it was not green anyway."""
        if not why or self.standing != "passed":
            return self
        return replace(self, standing="unknown", why=why, since=since or self.since)
