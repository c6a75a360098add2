"""One customer in the fleet: its cells, how its last run ended, and whether it is green."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from graphmail.evidence.titles import VERIFICATIONS
from graphmail.fleet.cell import Cell
from graphmail.fleet.doubts import Meant, doubt
from graphmail.fleet.seen_run import SeenRun

State = Literal["red", "unknown", "green", "offboarded"]

# Looked at where there is one; a customer without it is none the worse.
BESIDE = ("drift",)
# Those of a migration count until everything was verified anew; the others until they pass themselves.
ENDS = ("handover", "rotation", "proof_retired", "proof_of_absence")
MIGRATION = "migration_"

# How a customer's last run ended where somebody knows what is so now.
SURE = ("succeeded", "failed")


@dataclass(frozen=True, slots=True)
class Here:
    """What this machine's state says that decides too: when the mail app's credential ended, what could not be read."""

    ended: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FleetCustomer:
    """`runs` are oldest first; `listed` says whether the inventory has it, which is so where none was given."""

    name: str
    environment: str
    runs: Sequence[SeenRun]
    cells: dict[str, Cell]
    beside: dict[str, Cell]
    others: dict[str, Cell]
    listed: bool = True
    here: Here = Here()

    @classmethod
    def of(
        cls,
        name: str,
        environment: str,
        runs: Sequence[SeenRun],
        *,
        listed: bool = True,
        here: Here | None = None,
        meant: Meant | None = None,
        at: datetime | None = None,
    ) -> FleetCustomer:
        """`runs` are oldest first; `meant` is what the inventory says; `at` is now, by the clock of the tenants."""
        kinds = {record.notebook for run in runs for record in run.records}
        cells = {kind: doubt(Cell.of(kind, runs), runs, meant, at) for kind in VERIFICATIONS}
        others = {kind: _meant(Cell.of(kind, runs), meant) for kind in kinds if kind in ENDS}
        order = {run.run_id: number for number, run in enumerate(runs)}
        verified = [order[cell.run.run_id] for cell in cells.values() if cell.run and cell.record]
        oldest = min(verified) if len(verified) == len(cells) else 0
        for kind in (kind for kind in kinds if kind.startswith(MIGRATION)):
            cell = Cell.of(kind, runs)
            if cell.run and order[cell.run.run_id] >= oldest:
                others[kind] = cell
        beside = {kind: Cell.of(kind, runs) for kind in BESIDE}
        return cls(name, environment, runs, cells, beside, dict(sorted(others.items())), listed, here or Here())

    @property
    def last(self) -> SeenRun | None:
        return self.runs[-1] if self.runs else None

    @property
    def broken(self) -> list[SeenRun]:
        return [run for run in self.runs if run.seal == "broken"]

    @property
    def open(self) -> list[SeenRun]:
        return [run for run in self.runs if run.seal == "open"]

    @property
    def state(self) -> State:
        """Green only where everything is proved and nothing is in doubt."""
        last, standings = self.last, {cell.standing for cell in self.counted()}
        if self.broken or "broken" in standings:
            return "red"
        if self._offboarded:
            return "offboarded"
        if "failed" in standings or (last and last.ended == "failed") or self.here.ended:
            return "red"
        unsure = last is None or last.ended not in SURE or bool(self.open) or bool(self.here.problem)
        return "unknown" if unsure or standings & {"unknown", "missing"} else "green"

    @property
    def proved(self) -> datetime | None:
        """When everything was last proved: the oldest of the newest proofs; None where one is not green."""
        if any(cell.standing != "passed" for cell in self.cells.values()):
            return None
        return min(cell.age_from for cell in self.cells.values() if cell.age_from)

    @property
    def last_proof(self) -> datetime | None:
        """When anything of it was last proved, green or not."""
        return max((cell.age_from for cell in self.cells.values() if cell.age_from), default=None)

    @property
    def since(self) -> datetime | None:
        """Since when it is not green: the first of what is in the way. None where it is green, or was never run."""
        if self.state in ("green", "offboarded"):
            return None
        wrong = [cell.since for cell in self.counted() if cell.standing != "passed" and cell.since]
        last = [self.last.began] if self.last and self.last.ended != "succeeded" else []
        ended = [self.here.ended] if self.here.ended else []
        return min([*wrong, *last, *ended, *(run.began for run in (*self.broken, *self.open))], default=None)

    def counted(self) -> Iterator[Cell]:
        """Every cell that decides; what was only looked at beside counts where it is there."""
        yield from self.cells.values()
        yield from (cell for cell in (*self.beside.values(), *self.others.values()) if cell.standing != "missing")

    @property
    def _offboarded(self) -> bool:
        gone = self.others.get("proof_of_absence")
        if not gone or gone.standing != "passed" or not gone.run or self.open:
            return False
        # The proof may have passed before the run failed: then something of it was not done, or nobody knows what.
        if gone.run.ended != "succeeded":
            return False
        # What was proved in the same run or later speaks against it.
        again = any(cell.run is gone.run for cell in self.cells.values() if cell.record)
        return self.last is gone.run and not again


def _meant(cell: Cell, meant: Meant | None) -> Cell:
    """The cell, unknown where it is about another tenant than the inventory's: nothing is gone from that one."""
    return cell.doubted(meant.of_another_tenant(cell.record)) if meant and cell.record else cell
