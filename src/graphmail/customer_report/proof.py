"""What the newest records prove of that standing, and what keeps them from proving it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from graphmail.customer_report.standing import Standing
from graphmail.customer_report.told import Told, ToldRun
from graphmail.evidence import Check, Record, Subject
from graphmail.evidence.sequence import Place
from graphmail.evidence.titles import VERIFICATIONS

ACCESS, DRIFT, RETIRED = "verify_access", "drift", "proof_retired"
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
    def of(cls, told: Told, standing: Standing) -> Self:
        newest = {name: _newest(told, name) for name in VERIFICATIONS}
        access = newest[ACCESS]
        others = [shown for name, shown in newest.items() if shown and name != ACCESS]
        doubts = [*standing.doubts(), *_doubts(told, standing, access)]
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


def _doubts(told: Told, standing: Standing, access: Shown | None) -> Iterator[str]:
    if told.unsealed:
        yield f"a run is not sealed, so nothing of it is known here: {', '.join(told.unsealed)}"
    if access is None:
        yield "no sealed run has proved what the app reaches"
        return
    yield from _of_record(access.record)
    yield from _of_reading(access.record.subject, standing)
    yield from _of_credential(told, access.record.subject, standing)
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
    subject = record.subject
    if not subject.outside_mailbox:
        yield "the access proof names no mailbox outside the group"
    passed = {check.name for check in record.checks if check.verdict == "passed"}
    for mailbox in (*subject.mailboxes, *filter(None, [subject.outside_mailbox])):
        if f"access {mailbox}" not in passed:
            yield f"the access proof has no passed test of {mailbox}"


def _of_reading(subject: Subject, standing: Standing) -> Iterator[str]:
    """What the newest reading of the tenant holds against a proof about that subject."""
    if subject.client_id.lower() != str(standing.app["client_id"]).lower():
        yield f"the newest access proof is about another app, {subject.client_id}"
    if standing.group and {one.lower() for one in subject.mailboxes} != {one.lower() for one in standing.members}:
        yield "the group's members are not the mailboxes that were tested"


def _of_credential(told: Told, subject: Subject, standing: Standing) -> Iterator[str]:
    """Where the vendor keeps a credential of its own, the proof has had one, and took it back afterwards."""
    tested = (subject.key_id or subject.signed_in_with).lower()
    if not tested:
        yield "the access proof names no credential"
    elif not standing.key_ids:
        yield "the app had no credential when the tenant was looked at"
    elif tested not in standing.key_ids and tested not in _retired(told):
        yield f"the credential that was tested, {tested}, is not among those that the app has now"


def _retired(told: Told) -> set[str]:
    """Those that were made for a proof alone, and are proved to be gone."""
    found = (record for run in told.runs for record in run.records if record.notebook == RETIRED)
    passed = (check for record in found for check in record.checks if check.verdict == "passed")
    return {check.name.removeprefix("listed ").lower() for check in passed if check.name.startswith("listed ")}


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
