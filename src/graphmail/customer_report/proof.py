"""What the newest records prove of that standing, and what keeps them from proving it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from graphmail.customer_report.reading import Reading
from graphmail.customer_report.standing import Standing
from graphmail.customer_report.told import Told, ToldRun
from graphmail.evidence import Check, Record
from graphmail.evidence.against import lacking, retired
from graphmail.evidence.sequence import Place
from graphmail.evidence.titles import VERIFICATIONS

ACCESS, DRIFT = "verify_access", "drift"
_SIGHT = re.compile(r"Exchange's test: (?P<test>[^;]+); read: (?P<read>\d+)[^;]*; send: (?P<send>\d+)")
_READ = {"200": "could read", "403": "was refused"}
_SEND = {"400": "could send", "403": "was refused"}


@dataclass(frozen=True, slots=True)
class Row:
    """One mailbox: what was expected, and what Exchange's test and Graph itself said. Empty where it is not told."""

    mailbox: str
    member: bool
    test: str
    read: str
    send: str
    check: Check


@dataclass(frozen=True, slots=True)
class Shown:
    """A record with the run that made it."""

    run: ToldRun
    record: Record

    @property
    def place(self) -> tuple[Place, datetime]:
        """By the log, and within a run by when it was finished."""
        return self.run.place, self.record.finished


@dataclass(frozen=True, slots=True)
class Proof:
    """`doubts` are why it proves nothing of the tenant as it is now; without any, and green, it does."""

    access: Shown | None
    others: list[Shown]
    doubts: list[str]

    @classmethod
    def of(cls, told: Told, standing: Standing, at: datetime | None = None) -> Self:
        newest = {name: _newest(told, name) for name in VERIFICATIONS}
        access = newest[ACCESS]
        others = [shown for name, shown in newest.items() if shown and name != ACCESS]
        doubts = [*_of_reading(told, access, standing, at), *_doubts(told, access)]
        return cls(access, others, doubts)

    @property
    def green(self) -> bool:
        return not self.doubts

    def rows(self) -> list[Row]:
        """Members first, as the record has them."""
        return list(_rows(self.access.record)) if self.access else []

    def check(self, name: str) -> Check | None:
        """A check of the access proof by its name."""
        found = self.access.record.checks if self.access else []
        return next((check for check in found if check.name == name), None)


def _newest(told: Told, notebook: str) -> Shown | None:
    """Whatever its verdict: an older green one must not hide a newer red one."""
    found = [Shown(run, record) for run in told.runs for record in run.records if record.notebook == notebook]
    return max(found, key=lambda shown: shown.place, default=None)


def _doubts(told: Told, access: Shown | None) -> Iterator[str]:
    if told.unsealed:
        yield f"a run is not sealed, so nothing of it is known here: {', '.join(told.unsealed)}"
    if access is None:
        yield "no sealed run has proved what the app reaches"
        return
    yield from _of_record(access.record)
    since = [run.run_id for run in told.runs if run.place > access.run.place and run.wrote]
    if since:
        yield f"the tenant was written to after the newest access proof, by run {', '.join(since)}"
    drift = _newest(told, DRIFT)
    if drift and drift.place > access.place and drift.record.verdict != "passed":
        wrong = [check.claim for check in drift.record.checks if check.verdict != "passed"]
        yield f"a later look for drift is {drift.record.verdict}: {'; '.join(wrong) or 'no check was made'}"


def _of_record(record: Record) -> Iterator[str]:
    """What keeps the record from proving anything by itself."""
    if record.verdict != "passed":
        wrong = [check.claim for check in record.checks if check.verdict != "passed"]
        yield f"the newest access proof is {record.verdict}: {'; '.join(wrong) or 'no check was made'}"
    yield from lacking(record)


def _of_reading(told: Told, access: Shown | None, standing: Standing, at: datetime | None) -> Iterator[str]:
    """What the newest reading of the tenant holds against it; all of it is on the page, so it counts as it is."""
    for run in standing.later:
        # The page tells what was read before. A proof that came after that look is as good as one after the reading.
        if access is None or run.place >= access.run.place:
            yield from Reading(run.state).doubts()
    if access is None:
        yield from standing.doubts()
        return
    records = (record for run in told.runs for record in run.records)
    yield from standing.against(access.record.subject, retired(records), at)
    if standing.has_other_members(access.record.subject):
        yield "the group's members are not the mailboxes that were tested"


def _rows(record: Record) -> Iterator[Row]:
    outside = record.subject.outside_mailbox
    for mailbox in (*record.subject.mailboxes, outside):
        check = next((check for check in record.checks if check.name == f"access {mailbox}"), None)
        if check is None:
            continue
        seen = _SIGHT.search(check.observed)
        test = seen["test"] if seen else ""
        read = _READ.get(seen["read"], f"answer {seen['read']}") if seen else ""
        send = _SEND.get(seen["send"], f"answer {seen['send']}") if seen else ""
        yield Row(mailbox, mailbox != outside, test, read, send, check)
