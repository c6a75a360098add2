"""What makes a proof that passed count no more: what came after it, or that the inventory means something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from graphmail.customers import Customer
from graphmail.evidence import Record, Run
from graphmail.evidence.against import contradictions, lacking, retired
from graphmail.evidence.archive import readable
from graphmail.evidence.personal.placeholders import PLACEHOLDER
from graphmail.fleet.cell import Cell
from graphmail.fleet.seen_run import SeenRun

ACCESS = "verify_access"


@dataclass(frozen=True, slots=True)
class Meant:
    """What the inventory says that a proof must be about. `client_id` is empty where it names none."""

    root: Path
    tenant_id: str
    client_id: str
    mailboxes: frozenset[str]
    outside_mailbox: str

    @classmethod
    def of(cls, root: Path, entry: Customer) -> Self:
        mailboxes = frozenset(one.lower() for one in entry.mailboxes)
        client_id = (entry.app.client_id or "").lower()
        return cls(root, entry.tenant_id.lower(), client_id, mailboxes, entry.outside_mailbox.lower())

    def differs(self, record: Record) -> str:
        """How the record is about something else. Mailboxes are compared where the customer's data key is here."""
        if elsewhere := self.of_another_tenant(record):
            return elsewhere
        if self.client_id and record.subject.client_id.lower() != self.client_id:
            return f"it is about another app than the inventory's, {record.subject.client_id}"
        shown = readable(Run(self.root, record.customer, record.run_id), record).subject
        if any(PLACEHOLDER.search(one) for one in (*shown.mailboxes, shown.outside_mailbox)):
            return ""
        if {one.lower() for one in shown.mailboxes} != self.mailboxes:
            return "it is about other mailboxes than the inventory's"
        same = shown.outside_mailbox.lower() == self.outside_mailbox
        return "" if same else "it is about another mailbox outside the group than the inventory's"

    def of_another_tenant(self, record: Record) -> str:
        """How it is about another tenant: a customer that moved is set up anew, and nothing of before counts."""
        same = record.tenant_id.lower() == self.tenant_id
        return "" if same else f"it is about another tenant than the inventory's, {record.tenant_id}"


def doubt(cell: Cell, runs: Sequence[SeenRun], meant: Meant | None) -> Cell:
    """The cell, unknown where something speaks against the proof in it. `runs` are oldest first."""
    if cell.standing != "passed" or cell.run is None or cell.record is None:
        return cell
    at = next(number for number, run in enumerate(runs) if run is cell.run)
    wrote = next((run for run in runs[at + 1 :] if run.wrote), None)
    if wrote:
        return cell.doubted(f"run {wrote.run_id} wrote to the tenant after it", wrote.began)
    if meant and (differs := meant.differs(cell.record)):
        return cell.doubted(differs)
    return cell.doubted("; ".join(_of_access(cell.record, runs))) if cell.kind == ACCESS else cell


def _of_access(record: Record, runs: Sequence[SeenRun]) -> Iterator[str]:
    yield from lacking(record)
    newest = next((run.state for run in reversed(runs) if "application" in run.state), {})
    if newest.get("application"):
        yield from contradictions(record.subject, newest, retired(one for run in runs for one in run.records))
    elif newest:
        yield "the app was not found when the tenant was looked at"
