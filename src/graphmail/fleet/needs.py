"""What needs a person, most urgent first: a line for each customer and cause, with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from graphmail.evidence.titles import title
from graphmail.expiry import ADMIN
from graphmail.fleet.cell import Cell, Standing
from graphmail.fleet.customer import FleetCustomer
from graphmail.fleet.local import Local
from graphmail.fleet.seen_run import SeenRun

Urgency = Literal["red", "unknown", "soon"]
_ORDER: tuple[Urgency, ...] = ("red", "unknown", "soon")

_ENDED = {
    "failed": "its last run failed",
    "waiting": "its last run waits for something outside it",
    "aborted": "its last run was ended from outside",
    "not recorded": "nobody knows how its last run ended",
}
_ENDED_DO = {
    "failed": "read the run's report, and run the playbook again",
    "waiting": "run the same playbook again: it goes on where it was",
    "aborted": "run the playbook again: it goes on where that one was",
    "not recorded": "run the playbook again",
}
_BESIDE_DO = {
    "drift": "onboard.yml puts it right (--check --diff shows how), but for a member that nobody listed: list it, take "
    "it out of the group, or say group.extra_members: remove. Then drift.yml again"
}
# The app may reach somebody's mailbox at this moment.
_OPEN_DO = "tell operations at once: the run's report says which mailbox, drift.yml what lets it in; then verify.yml"


@dataclass(frozen=True, slots=True)
class Need:
    """`customer` is empty for the archive itself. `run` is where to read more."""

    urgency: Urgency
    customer: str
    what: str
    todo: str
    since: datetime | None = None
    run: SeenRun | None = None


def needs(
    faults: Iterable[str], excerpt: int, customers: Iterable[FleetCustomer], local: Local, now: datetime
) -> list[Need]:
    """All of them; within an urgency those that last longest stand first.

    `excerpt` is how many entries of its log the archive hides, where it should be the whole one.
    """
    found = [Need("red", "", f"The archive does not verify: {fault}", _VERIFY) for fault in faults]
    if excerpt:
        found.append(Need("unknown", "", hides(excerpt), "name the archive itself"))
    gone = set()
    for customer in customers:
        found += _of_customer(customer, local)
        gone |= {customer.name} if customer.state == "offboarded" else set()
    found += (need for need in _of_local(local, now) if need.customer not in gone)
    return sorted(found, key=lambda n: (_ORDER.index(n.urgency), n.customer != "", n.since or now, n.customer))


def hides(entries: int) -> str:
    """What is said of an excerpt where the whole archive was meant."""
    return f"this is an excerpt, which hides {entries} entries of the log and all that belongs to them"


_VERIFY = "`python -m graphmail.evidence verify` says more; restore the archive from a copy, and ask who changed it"
_OPEN = "let it finish; if it was killed, the customer's next run or `python -m graphmail.evidence close` seals it"


def _of_customer(customer: FleetCustomer, local: Local) -> Iterator[Need]:
    name = customer.name
    for run in customer.broken:
        yield Need("red", name, f"a run does not verify, so nothing of it is used: {run.why}", _VERIFY, run.began, run)
    for run in customer.open:
        yield Need("unknown", name, f"a run is open: {run.why}", _OPEN, run.began, run)
    if customer.state == "offboarded":
        return
    for standing, urgency, words in _STANDINGS:
        yield from _cells(customer, standing, urgency, words)
    last = customer.last
    if last is None:
        yield Need("unknown", name, "no run has touched it yet", "run site.yml")
    elif last.ended in _ENDED and not _said_by_cells(customer, last):
        urgent: Urgency = "red" if last.ended == "failed" else "unknown"
        waits = f": {local.waits[name]}" if name in local.waits else ""
        what = f"{_ENDED[last.ended]} ({last.playbook}){waits}"
        yield Need(urgent, name, what, _ENDED_DO[last.ended], last.began, last)


def _said_by_cells(customer: FleetCustomer, last: SeenRun) -> bool:
    """Whether a proof that failed in that run says why it failed."""
    return last.ended == "failed" and any(c.standing == "failed" and c.run is last for c in customer.counted())


def by_customer(found: Iterable[Need]) -> list[list[Need]]:
    """Those of one customer together, in the place of its most urgent one; the archive's stay apart."""
    groups: dict[str, list[Need]] = {}
    for number, need in enumerate(found):
        groups.setdefault(need.customer or f" {number}", []).append(need)
    return list(groups.values())


_STANDINGS: tuple[tuple[Standing, Urgency, str], ...] = (
    ("failed", "red", "shown to be untrue"),
    ("unknown", "unknown", "could not be decided"),
    ("missing", "unknown", "never proved"),
)


def _cells(customer: FleetCustomer, standing: Standing, urgency: Urgency, words: str) -> Iterator[Need]:
    """One line for all the proofs that stand alike; each of what was looked at beside has its own."""
    alike = [cell for cell in customer.cells.values() if cell.standing == standing]
    for why in dict.fromkeys(cell.why for cell in alike if customer.runs):
        same = [cell for cell in alike if cell.why == why]
        what = f"{f'not known any more, {why}' if why else words}: {', '.join(_short(cell) for cell in same)}"
        todo = "run verify.yml" if standing != "failed" else "diagnose.ipynb tells the cause; then verify.yml"
        if standing == "failed" and any(cell.kind == "verify_access" for cell in same):
            todo = _OPEN_DO
        since = min((cell.since for cell in same if cell.since), default=None)
        yield Need(urgency, customer.name, what, todo, since, same[0].run)
    for cell in (*customer.beside.values(), *customer.others.values()):
        if cell.standing == standing and standing != "missing":
            todo = _BESIDE_DO.get(cell.kind, "read the run's report, and run its playbook again")
            what = f"{words}: {_claim(cell)} ({cell.why or _wrong(cell, standing)})"
            yield Need(urgency, customer.name, what, todo, cell.since, cell.run)


def _short(cell: Cell) -> str:
    return cell.kind.removeprefix("verify_").replace("_", " ")


def _wrong(cell: Cell, standing: Standing) -> str:
    """Names of its checks that stand so; for drift these are the areas that differ."""
    checks = cell.record.checks if cell.record else []
    names = [check.name.replace("_", " ") for check in checks if check.verdict == standing]
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _claim(cell: Cell) -> str:
    claim = title(cell.kind)
    return claim[0].lower() + claim[1:]


def _of_local(local: Local, now: datetime) -> Iterator[Need]:
    for name, problem in local.problems.items():
        yield Need("unknown", name, f"what this machine knows of it could not be read: {problem}", "mend that first")
    for expiry in local.expiries:
        status, days = expiry.status(now), expiry.days(now)
        if status in ("due", "critical", "expired") and days is not None:
            ends = "has ended" if status == "expired" else f"ends in {days} days"
            what = f"the {expiry.kind} of the {expiry.whose} {ends}"
            red = status == "expired" and local.ended(expiry.customer, now) is not None and expiry.whose != ADMIN
            todo = "run rotate.yml" if expiry.whose != ADMIN else "make and seal another"
            yield Need("red" if red else "soon", expiry.customer, what, todo, expiry.due)
    for intent in local.intents:
        what = f"a run set out to {intent.action}, and the outcome is not known"
        yield Need("soon", intent.customer, what, f"the next run settles it: {intent.then}", intent.since)
