"""What the tenant holds, by the newest sealed reading, and what was there before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from graphmail.customer_report.reading import APPLICATION, Facts, Reading, is_reading
from graphmail.customer_report.told import Told, ToldRun
from graphmail.evidence import EvidenceError


@dataclass(frozen=True, slots=True)
class Standing(Reading):
    """`run` is whose reading it is. `was_there` says whether app and group were there before all sealed runs.

    `later` are runs that looked for the app after it and got no answer: what is told here may be no more.
    """

    run: ToldRun
    was_there: Facts
    later: list[ToldRun] = field(default_factory=list)

    @classmethod
    def of(cls, told: Told) -> Self:
        """Raises EvidenceError where no sealed run has read the tenant, or the newest found no app."""
        looked = [run for run in told.runs if is_reading(run.state)]
        read = [run for run in looked if APPLICATION in run.state]
        if not read:
            raise EvidenceError(
                f"No sealed run of customer {told.customer} says what its tenant holds",
                remedy="run onboard.yml once more: it changes nothing that is as it should be, and reads the rest",
            )
        newest = read[-1]
        if newest.state[APPLICATION] is None:
            raise EvidenceError(
                f"Customer {told.customer} has no app any more, so there is nothing to report",
                found=f"run {newest.run_id} looked for it and found none",
                remedy="its last records show what was taken away and proved absent",
            )
        first = next((run.before for run in told.runs if run.before.get("read")), {})
        was: Facts = {name: first[name] is not None for name in (APPLICATION, "group") if name in first}
        return cls(newest.state, newest, was, [run for run in looked if run.place > newest.place])

    @property
    def read_at(self) -> datetime:
        return datetime.fromisoformat(self.state["read"]["to"])

    @property
    def app(self) -> Facts:
        return dict(self.state[APPLICATION])
