"""One customer and one kind of proof: the newest that can be believed, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from graphmail.evidence import Record
from graphmail.fleet.seen_run import SeenRun

Standing = Literal["passed", "failed", "unknown", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The newest proof of a kind. `since` is when it came to stand like this; None where there is no run at all.

    That is the first of the newest records that agree, or the first run that left none.
    """

    kind: str
    standing: Standing
    since: datetime | None = None
    run: SeenRun | None = None
    record: Record | None = None

    @property
    def age_from(self) -> datetime | None:
        """When the proof was made, by the operator's machine: the tenant's own clock may be virtual."""
        return self.run.began if self.run and self.record else None

    @classmethod
    def of(cls, kind: str, runs: Sequence[SeenRun]) -> Cell:
        """From a customer's runs, oldest first."""
        found = [(run, record) for run in runs for record in run.records if record.notebook == kind]
        newest = found[-1][0].run_id if found else ""
        # Nobody can tell what such a run held. To fall back on an older proof would let whoever damages one choose.
        broken = [run for run in runs if run.seal == "broken" and run.run_id >= newest]
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
