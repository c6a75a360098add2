"""The fleet as JUnit XML, which CI systems show: a test suite for each customer, a test case for each check.

Valid for Jenkins' own schema (junit-10.xsd) and for the stricter one of Ant's JUnit task. JUnit knows three ways not to
pass: `failure` is a claim that was shown to be untrue, `error` what could not be decided, `skipped` what was not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC

from junitparser import Attr, Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult, SystemErr, SystemOut

from graphmail.evidence import Check
from graphmail.evidence.titles import title
from graphmail.fleet.cell import Cell
from graphmail.fleet.customer import SURE, FleetCustomer
from graphmail.fleet.fleet import Fleet
from graphmail.fleet.needs import hides

# XML 1.0 has no way to write these.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Suite(TestSuite):
    """With what the stricter schema wants beside."""

    id = Attr()
    package = Attr()


def to_junit(fleet: Fleet) -> bytes:
    xml = JUnitXml()
    suites = [_suite(fleet, customer) for customer in fleet.customers]
    if whole := list(_whole(fleet)):
        suites.insert(0, _archive(fleet, whole))
    for number, suite in enumerate(suites):
        suite.update_statistics()  # type: ignore[no-untyped-call]
        suite.id, suite.package, suite.hostname = str(number), "graphmail", "localhost"
        xml.add_testsuite(suite)
    return bytes(xml.tostring())  # type: ignore[no-untyped-call]


def _new_suite(fleet: Fleet, name: str) -> _Suite:
    suite = _Suite(name)
    suite.timestamp = f"{fleet.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    suite.add_property("environment", fleet.environment)
    return suite


def _whole(fleet: Fleet) -> Iterator[TestCase]:
    """What makes the whole red or unknown and is no customer's: else its cases could all pass."""
    for fault in fleet.faults:
        yield _case("archive", "the archive verifies", 0.0, Error(_text(fault), "archive"), fault)
    if fleet.hidden and fleet.with_inventory:
        yield _case("archive", "the archive is the whole one", 0.0, Error(hides(fleet.hidden), "unknown"))
    if fleet.counts.keys() <= {"offboarded"}:
        yield _case("archive", "a customer is green", 0.0, Error(_text(fleet.summary), "unknown"), fleet.summary)


def _archive(fleet: Fleet, cases: Iterable[TestCase]) -> _Suite:
    """The archive as a whole, where something is wrong with it, or nothing is in it."""
    suite = _new_suite(fleet, "(archive)")
    for case in cases:
        suite.add_testcase(case)
    _close(suite)
    return suite


def _suite(fleet: Fleet, customer: FleetCustomer) -> _Suite:
    suite = _new_suite(fleet, customer.name)
    suite.add_property("state", customer.state)
    gone = customer.state == "offboarded"
    for cell in (*customer.cells.values(), *customer.beside.values(), *customer.others.values()):
        for case in _cases(cell, gone=gone, asked=cell.kind not in customer.beside):
            suite.add_testcase(case)
    suite.add_testcase(_last_run(customer))
    for case in () if gone else _here(fleet, customer):
        suite.add_testcase(case)
    _close(suite)
    return suite


def _close(suite: _Suite) -> None:
    """The stricter schema wants them, last and in this order."""
    suite.append(SystemOut(""))  # type: ignore[no-untyped-call]
    suite.append(SystemErr(""))  # type: ignore[no-untyped-call]


def _cases(cell: Cell, *, gone: bool, asked: bool) -> Iterator[TestCase]:
    """A case for each check of the newest record, or one that says why there is none."""
    if gone and cell.kind != "proof_of_absence":
        yield _case(cell.kind, title(cell.kind), 0.0, Skipped("the customer was offboarded"))
    elif cell.standing == "broken":
        why = cell.run.why if cell.run else ""
        yield _case(cell.kind, title(cell.kind), 0.0, Error("the run does not verify", "seal"), why)
    elif cell.record is None or not cell.record.checks:
        told = Error("never proved", "unknown") if asked else Skipped("not looked at")
        yield _case(cell.kind, title(cell.kind), 0.0, told)
    else:
        if cell.why:
            yield _case(cell.kind, "the proof still counts", 0.0, Error(_text(cell.why), "unknown"))
        for check in cell.record.checks:
            yield _of_check(cell.kind, check)


def _of_check(kind: str, check: Check) -> TestCase:
    text = f"expected: {check.expected}\nobserved: {check.observed}"
    result: FinalResult | None = None
    if check.verdict == "failed":
        result = Failure(_text(check.observed), "failed")
    elif check.verdict != "passed":
        result = Error(_text(check.observed), "unknown")
    return _case(kind, f"{check.name}: {check.claim}", check.seconds, result, text)


def _here(fleet: Fleet, customer: FleetCustomer) -> Iterator[TestCase]:
    """What this machine's state says: a case for each credential, and one for what could not be read."""
    if customer.here.problem:
        yield _case("state", "this machine's state can be read", 0.0, Error(_text(customer.here.problem), "unknown"))
    for expiry in fleet.local.of_customer(customer.name):
        name = f"the {expiry.kind} of the {expiry.whose} has not ended {expiry.key_id}".strip()
        status = expiry.status(fleet.at)
        result: FinalResult | None = None
        if status == "expired" and customer.here.ended:
            result = Failure(f"it ended on {expiry.expires:%Y-%m-%d}", "failed")
        elif status in ("expired", "unknown"):
            result = Skipped("it has; the mail app has one that lives" if status == "expired" else "no end is known")
        yield _case("credential", name, 0.0, result)


def _last_run(customer: FleetCustomer) -> TestCase:
    last, name = customer.last, "the last run is done, and every run verifies"
    result: FinalResult | None = None
    why = ""
    if last is None:
        result = Error("no run has touched it yet", "unknown")
    elif customer.broken:
        result, why = Error("a run does not verify", "seal"), "; ".join(f"{r.run_id}: {r.why}" for r in customer.broken)
    elif last.ended == "failed":
        result, why = Failure(f"{last.run_id} failed", "failed"), last.why
    elif last.ended not in SURE or customer.open:
        result, why = Error(f"{last.run_id} is {last.ended}", "unknown"), last.why
    return _case("run", name, 0.0, result, why)


def _case(kind: str, name: str, seconds: float, result: FinalResult | None, text: str = "") -> TestCase:
    case = TestCase(_text(name), kind, round(seconds, 3))
    if result is not None:
        if not isinstance(result, Skipped):
            result.text = _NOT_XML.sub("\ufffd", text)
        case.result = [result]
    return case


def _text(text: str) -> str:
    """One line, as an attribute has it."""
    return " ".join(_NOT_XML.sub("\ufffd", text).split())
