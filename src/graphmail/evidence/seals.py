"""Which runs of an archive are as they were sealed. Of any other, nothing is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from graphmail.evidence.archive import runs
from graphmail.evidence.run import RUN_ID
from graphmail.evidence.seal.examined import examined
from graphmail.evidence.seal.log import LOG
from graphmail.evidence.sequence import Place, Sequence
from graphmail.printable import visible

# `open`: it is running, or was killed, or waits for its seal.
Seal = Literal["verified", "open", "broken"]


@dataclass(slots=True)
class Seals:
    """What examining an archive found, by customer and run. `faults` are of the archive as a whole.

    `hidden` counts entries of other customers, which an excerpt of an archive does not show. `whole_customers` are
    faults that name a customer and no run: none of its runs is believed.
    """

    environment: str = ""
    entries: int = 0
    hidden: int = 0
    faults: list[str] = field(default_factory=list)
    whole_customers: dict[str, list[str]] = field(default_factory=dict)
    broken: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    open: set[tuple[str, str]] = field(default_factory=set)
    verified: set[tuple[str, str]] = field(default_factory=set)
    sequence: Sequence = field(default_factory=Sequence)

    @classmethod
    def of(cls, root: Path) -> Seals:
        """Examine the archive; an empty folder, or none, is no fault."""
        there = {(run.customer, run.run_id) for run in runs(root)} if root.is_dir() else set()
        if not there and not (root / LOG).exists():
            return cls()
        found = examined(root)
        seals = cls(found.environment, found.entries, found.hidden)
        # What examining could not read has no entries either, and nothing of it is believed.
        seals.sequence = Sequence.of(root) if found.entries else Sequence()
        for fault in found.faults:
            # A file's name is whatever somebody gave it.
            text = visible(fault.encode("utf-8", "backslashreplace").decode())
            seals._sort_in(text, {customer for customer, _run in there})
        seals.open = {_named(name) for name in found.open}
        closed = {_named(name) for name in (*found.sealed, *found.aborted)}
        seals.verified = {
            run for run in closed if run not in seals.broken and run[0] not in seals.whole_customers and found.entries
        }
        for run in there - seals.open - seals.verified:
            seals.broken.setdefault(run, ["the log knows nothing of it" if found.entries else "nothing here is sealed"])
        return seals

    def _sort_in(self, fault: str, customers: set[str]) -> None:
        name, _, why = fault.partition(": ")
        customer, _, rest = name.partition("/")
        run_id, _, file = rest.partition("/")
        if RUN_ID.match(run_id):
            self.broken.setdefault((customer, run_id), []).append(f"{file}: {why}" if file else why)
        elif customer in customers:
            self.whole_customers.setdefault(customer, []).append(fault)
        else:
            self.faults.append(fault)

    def all_runs(self) -> set[tuple[str, str]]:
        return {*self.broken, *self.open, *self.verified}

    def place(self, customer: str, run_id: str) -> Place:
        """Where it stands among the customer's runs."""
        return self.sequence.place(customer, run_id)

    def of_run(self, customer: str, run_id: str) -> tuple[Seal, str]:
        """And why, where it is not `verified`."""
        key = (customer, run_id)
        if why := [*self.whole_customers.get(customer, ()), *self.broken.get(key, ())]:
            return "broken", "; ".join(why)
        if key in self.open:
            return "open", "it is running, or was killed, or waits for its seal"
        return "verified", ""


def _named(name: str) -> tuple[str, str]:
    customer, _, run_id = name.partition("/")
    return customer, run_id
