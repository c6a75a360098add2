"""One run as the fleet report sees it: how it ended, and its records where its seal verifies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphmail.evidence import EvidenceError, Record, Run
from graphmail.evidence.seals import Seal, Seals
from graphmail.evidence.written import elsewhere, held, wrote
from graphmail.printable import visible


@dataclass(frozen=True, slots=True)
class SeenRun:
    """`ended` is the outcome that the bag tells, or `open`, or `broken`; `why` belongs to it.

    `wrote` says whether it wrote to the customer's tenant or may have, `state` what that held when it was last read.
    `run` is there where its seal verifies.

    Nothing inside a run is read unless its seal verifies: what is hostile does not reach a parser.
    """

    customer: str
    run_id: str
    seal: Seal
    ended: str
    why: str = ""
    report: Path | None = None
    records: list[Record] = field(default_factory=list)
    wrote: bool = False
    state: dict[str, Any] = field(default_factory=dict)
    run: Run | None = None

    @classmethod
    def of(cls, root: Path, customer: str, run_id: str, seals: Seals) -> SeenRun:
        seal, why = seals.of_run(customer, run_id)
        if seal != "verified":
            return cls(customer, run_id, seal, seal, why)
        run = Run(root, customer, run_id)
        try:
            records, written = run.records(), wrote(run)
            state = {} if elsewhere(run_id) else held(run.state("before"), run.state("after"))
        except (EvidenceError, ValueError, TypeError, AttributeError) as error:
            # It was sealed like this, perhaps by a later version. What it proved is not known here, and must not be
            # passed over for something older.
            return cls(customer, run_id, "broken", "broken", f"its seal verifies, but not all can be read: {error}")
        report = run.data / "report.html"
        shown = report if report.is_file() else None
        return cls(customer, run_id, seal, _outcome(run), "", shown, records, written, state, run)

    @property
    def began(self) -> datetime:
        """By the operator's machine; the run's id has it."""
        return datetime.strptime(self.run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    @property
    def playbook(self) -> str:
        return self.run_id.split("-")[1]


def _outcome(run: Run) -> str:
    """As bag-info.txt has it, on a line of its own; that the bag is whole was checked with its seal."""
    for line in (run.bag / "bag-info.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("Run-Outcome: "):
            return visible(line.partition(": ")[2])
    return "not recorded"
