"""What makes a proof that passed count no more: what came after it, or that the inventory means something else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from graphmail.customer_report.reading import APPLICATION, Reading, is_reading
from graphmail.customers import Customer
from graphmail.evidence import Record, Run
from graphmail.evidence.against import lacking, of_another_app, retired
from graphmail.evidence.archive import readable
from graphmail.evidence.personal.placeholders import PLACEHOLDER
from graphmail.evidence.written import held
from graphmail.fleet.cell import Cell
from graphmail.fleet.seen_run import SeenRun

ACCESS = "verify_access"
# What the access proof itself finds of the group and of all that lets the app in.
LOOKED_AT = {"members", "scope"}


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


def doubt(cell: Cell, runs: Sequence[SeenRun], meant: Meant | None, at: datetime | None = None) -> Cell:
    """The cell, unknown where something speaks against the proof in it. `runs` are oldest first.

    `at` is a moment by which a credential may have ended since the tenant was read.
    """
    if cell.standing != "passed" or cell.run is None or cell.record is None:
        return cell
    place = next(number for number, run in enumerate(runs) if run is cell.run)
    wrote = next((run for run in runs[place + 1 :] if run.wrote), None)
    if wrote:
        return cell.doubted(f"run {wrote.run_id} wrote to the tenant after it", wrote.began)
    if meant and (differs := meant.differs(cell.record)):
        return cell.doubted(differs)
    if cell.kind != ACCESS:
        return cell
    if lacks := "; ".join(lacking(cell.record)):
        return cell.doubted(lacks)
    return _read_otherwise(cell, cell.record, place, runs, at)


def _read_otherwise(cell: Cell, record: Record, place: int, runs: Sequence[SeenRun], at: datetime | None) -> Cell:
    """What the newest reading of the tenant holds against an access proof, as the customer's page has it.

    One made after a reading, that looked at the group and at all that lets the app in, counts more than that reading,
    as long as both are about the same app.
    """
    number = max((number for number, run in enumerate(runs) if is_reading(run.state)), default=None)
    if number is None:
        return cell
    newest = runs[number]
    if number < place and {check.name for check in record.checks} >= LOOKED_AT:
        return cell.doubted(of_another_app(record.subject, newest.state) if newest.state.get(APPLICATION) else "")
    reading = Reading(newest.state)
    retired_keys = retired(one for run in runs for one in run.records)
    against = list(reading.against(record.subject, retired_keys, at))
    if reading.has_other_members(record.subject) and _differ_in_clear(record, cell.run, newest):
        against.append("the group's members are not the mailboxes that were tested")
    return cell.doubted("; ".join(against), newest.began)


def _differ_in_clear(record: Record, proved: SeenRun | None, read: SeenRun) -> bool:
    """The same with addresses, where data keys are here: under another key an address has another placeholder."""
    if not proved or not proved.run or not read.run:
        return True
    subject = readable(proved.run, record).subject
    return Reading(held(_in_clear(read.run, "before"), _in_clear(read.run, "after"))).has_other_members(subject)


def _in_clear(run: Run, moment: str) -> dict[str, Any]:
    name = f"{moment}.json"
    return dict(json.loads(run.readable(name))) if (run.data / name).is_file() else {}
