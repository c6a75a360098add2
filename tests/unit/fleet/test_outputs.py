"""Page, JSON and JUnit say the same, and what the archive says; each is whole or not there."""

from __future__ import annotations

import json
import os
import re
import statistics
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from junitparser import JUnitXml

from graphmail.errors import TenantError
from graphmail.evidence.export import export
from graphmail.evidence.titles import VERIFICATIONS
from graphmail.fleet import Fleet, write_all
from graphmail.fleet.junit import to_junit
from tests.sandbox_process import ROOT
from tests.unit.evidence_samples import check
from tests.unit.fleet.archive import DAY

NOW = DAY + timedelta(days=30)
HOSTILE = "</script><script>alert(1)</script>\x1b\x07 ]]> & \ud800"


class _Table(HTMLParser):
    """The words of each row of the table of customers."""

    def __init__(self, page):
        super().__init__()
        self.rows, self._in = [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self._in = dict(attributes).get("id") == "customers"
        elif self._in and tag == "tr":
            self.rows.append([])
        elif self._in and tag == "td":
            self.rows[-1].append("")

    def handle_data(self, text):
        if self._in and self.rows and self.rows[-1]:
            self.rows[-1][-1] += text.strip()


def written(root, folder):
    fleet = Fleet.read(root, now=NOW)
    page, data, junit = write_all(fleet, folder)
    return page.read_text(), json.loads(data.read_text()), ElementTree.parse(junit).getroot()


def expected(truth):
    if "failed" in truth.values():
        return "red"
    return "green" if {truth.get(kind) for kind in VERIFICATIONS} == {"passed"} else "unknown"


def test_all_three_say_what_the_archive_says(big, tmp_path):
    root, truth = big
    page, data, junit = written(root, tmp_path)
    told = {customer["name"]: customer for customer in data["customers"]}
    suites = {suite.get("name"): suite for suite in junit}
    rows = {row[0]: row for row in _Table(page).rows if row}
    assert set(told) == set(suites) == set(rows) == set(truth)
    counts = dict.fromkeys(("green", "red", "unknown", "offboarded"), 0)
    for name, newest in truth.items():
        state = expected(newest)
        counts[state] += 1
        assert told[name]["state"] == state
        assert state in rows[name][1]
        for number, kind in enumerate(VERIFICATIONS):
            verdict = newest.get(kind, "missing")
            assert told[name]["checks"][kind]["standing"] == verdict
            assert verdict.replace("missing", "no proof") in rows[name][2 + number]
            cases = [case for case in suites[name].iter("testcase") if case.get("classname") == kind]
            found = {child.tag for case in cases for child in case}
            assert found == {"passed": set(), "failed": {"failure"}}.get(verdict, {"error"})
        wrong = {child.tag for case in suites[name].iter("testcase") for child in case} & {"failure", "error"}
        assert bool(wrong) == (state != "green")
    assert data["counts"] == counts
    line = f"{len(truth)} customers: {counts['green']} green, {counts['red']} red, {counts['unknown']} unknown"
    assert data["summary"] == line
    assert f">{line}</h1>" in page
    assert data["schema"] == 1


def test_the_measured_numbers_are_those_of_all_runs(big, tmp_path):
    root, _truth = big
    page, data, _junit = written(root, tmp_path)
    latencies = [
        check["measured"]["latency_seconds"]
        for path in root.glob("*/*/bag/data/records/verify_send*.json")
        for check in json.loads(path.read_text())["checks"]
        if check["measured"]
    ]
    (told,) = [one for one in data["measured"] if one["name"] == "verify_send"]
    assert told["count"] == len(latencies) > 10
    assert (told["min"], told["max"]) == (min(latencies), max(latencies))
    assert told["median"] == statistics.median(latencies)
    assert sum(value <= told["p90"] for value in latencies) >= 0.9 * len(latencies)
    row = re.search(r"sent by the app</th>(.*?)</tr>", page, re.DOTALL)[1]
    words = re.findall(r"<td>(.*?)</td>", row)
    assert words[0] == str(len(latencies))
    assert words[1] == f"{told['median']:,.1f} s"


def test_the_same_archive_makes_the_same_bytes(big, tmp_path):
    root, _truth = big
    first, second = (
        [path.read_bytes() for path in write_all(Fleet.read(root, now=NOW), tmp_path / "reports")] for _ in range(2)
    )
    assert first == second


def test_a_folder_in_the_archive_is_refused_and_what_was_there_is_kept(archive, tmp_path):
    archive.left("contoso", all="passed")
    fleet = Fleet.read(archive.root, now=NOW)
    for inside in (archive.root, archive.root / "reports", archive.root / "contoso"):
        with pytest.raises(TenantError, match="do not belong into the archive"):
            write_all(fleet, inside)
    assert Fleet.read(archive.root, now=NOW).state == "green"


def test_files_are_replaced_in_one_step(archive, tmp_path, monkeypatch):
    archive.left("contoso", all="passed")
    fleet = Fleet.read(archive.root, now=NOW)
    before = {path: path.read_bytes() for path in write_all(fleet, tmp_path / "reports")}
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("the power went")))
    with pytest.raises(OSError, match="power"):
        write_all(Fleet.read(archive.root), tmp_path / "reports")
    assert {path: path.read_bytes() for path in before} == before


# What both schemas in use allow, that of Jenkins (junit-10.xsd) and the stricter one of Ant's task.
ATTRIBUTES = {
    "testsuites": (set(), set()),
    "testsuite": (
        {"name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id"},
        {"skipped"},
    ),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time"}, set()),
    "failure": ({"type"}, {"message"}),
    "error": ({"type"}, {"message"}),
    "skipped": (set(), {"type", "message"}),
    "system-out": (set(), set()),
    "system-err": (set(), set()),
}


def conforms(junit):
    for element in junit.iter():
        needed, allowed = ATTRIBUTES[element.tag]
        assert needed <= set(element.attrib) <= needed | allowed, element.tag
    for number, suite in enumerate(junit):
        tags = [child.tag for child in suite]
        assert tags == ["properties", *["testcase"] * (len(tags) - 3), "system-out", "system-err"]
        assert suite.get("id") == str(number)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
        assert re.fullmatch(r"\d+(\.\d+)?", suite.get("time"))
        for case in suite.iter("testcase"):
            assert len(case) <= 1
            assert re.fullmatch(r"\d+(\.\d+)?", case.get("time"))
        found = [child.tag for case in suite.iter("testcase") for child in case]
        assert int(suite.get("tests")) == len(tags) - 3
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name)) == found.count(tag)


def test_junit_is_as_both_schemas_want_it(big, tmp_path):
    root, _truth = big
    written(root, tmp_path)
    path = tmp_path / "junit.xml"
    conforms(ElementTree.parse(path).getroot())
    assert sum(suite.tests for suite in JUnitXml.fromfile(str(path))) > 0


def test_what_is_not_passed_is_never_a_passed_case(archive, tmp_path):
    archive.left("contoso", all="passed")
    archive.left("contoso", 1, playbook="onboard", ended="waiting")
    archive.left("fabrikam", all="passed", ended="open")
    archive.tampered(archive.left("litware", all="passed", verify_send="failed"))
    archive.left("wingtip", playbook="offboard", proof_of_absence="passed")
    _page, _data, junit = written(archive.root, tmp_path / "reports")
    conforms(junit)
    results = {
        suite.get("name"): {(case.get("classname"), *[child.tag for child in case]) for case in suite.iter("testcase")}
        for suite in junit
    }
    asked = set(VERIFICATIONS)
    assert results["contoso"] == {*((kind,) for kind in asked), ("drift", "skipped"), ("run", "error")}
    assert results["fabrikam"] == {*((kind, "error") for kind in asked), ("drift", "skipped"), ("run", "error")}
    assert results["litware"] == {*((kind, "error") for kind in (*asked, "drift")), ("run", "error")}
    gone = {(kind, "skipped") for kind in (*asked, "drift")}
    assert results["wingtip"] == {*gone, ("proof_of_absence",), ("run",)}


def results(fleet):
    junit = ElementTree.fromstring(to_junit(fleet))
    conforms(junit)
    return [child.tag for case in junit.iter("testcase") for child in case if child.tag != "skipped"]


def test_an_excerpt_that_should_be_the_whole_archive_has_an_error_as_its_state_says(archive, tmp_path):
    archive.left("contoso", all="passed")
    archive.left("fabrikam", all="passed")
    export(archive.sealer, "contoso", tmp_path / "out", DAY, lambda text: None)
    excerpt = tmp_path / "out" / "evidence"
    assert (Fleet.read(excerpt, now=NOW).state, results(Fleet.read(excerpt, now=NOW))) == ("green", [])
    fleet = Fleet.read(excerpt, ROOT / "inventory.example.yml", ["contoso"], now=NOW)
    assert (fleet.customers[0].state, fleet.state, results(fleet)) == ("green", "unknown", ["error"])
    _page, _data, junit = write_all(fleet, tmp_path / "reports")
    assert "this is an excerpt, which hides" in junit.read_text()


def test_a_fleet_in_which_nobody_is_green_any_more_has_an_error_as_its_state_says(archive):
    archive.left("contoso", playbook="offboard", proof_of_absence="passed")
    fleet = Fleet.read(archive.root, now=NOW)
    assert (fleet.customers[0].state, fleet.state, results(fleet)) == ("offboarded", "unknown", ["error"])


@pytest.mark.parametrize("ended", ["failed", "waiting", "aborted"])
def test_an_offboarding_that_did_not_succeed_says_the_same_in_all_of_them(archive, tmp_path, ended):
    archive.left("contoso", all="passed")
    archive.left("contoso", 1, playbook="offboard", proof_of_absence="passed", ended=ended)
    _page, data, junit = written(archive.root, tmp_path / "reports")
    assert data["customers"][0]["state"] == {"failed": "red"}.get(ended, "unknown")
    assert {child.tag for child in junit.find("testsuite").iter() if child.tag in ("failure", "error")}


def test_junit_of_nothing_is_an_error_and_no_empty_success(tmp_path):
    junit = ElementTree.fromstring(to_junit(Fleet.read(tmp_path, now=NOW)))
    conforms(junit)
    assert [child.tag for case in junit.iter("testcase") for child in case] == ["error"]


def test_a_files_name_in_the_archive_may_be_any_bytes(archive, tmp_path):
    run = archive.left("contoso", all="passed")
    for name in (b"\xff\xfe\x1b[2J", b"<script>", "☃".encode()):
        Path(os.fsdecode(os.path.join(os.fsencode(run.data), name))).write_text("x")
        Path(os.fsdecode(os.path.join(os.fsencode(archive.root), name))).write_text("x")
    page, data, junit = written(archive.root, tmp_path / "reports")
    conforms(junit)
    assert "\x1b" not in page + json.dumps(data, ensure_ascii=False)
    assert (data["state"], data["counts"]["red"], len(data["archive_faults"])) == ("red", 1, 3)


def test_hostile_text_is_text_in_all_of_them(archive, tmp_path):
    shown = HOSTILE.encode("utf-8", "replace").decode()
    bad = check("failed", name=f"access {shown}", claim=shown, observed=shown, expected=shown)
    archive.left("contoso", all="passed", ended="failed", why=shown, checks={"verify_access": [bad]})
    page, data, junit = written(archive.root, tmp_path / "reports")
    assert "alert(1)" not in page.replace("&lt;script&gt;alert(1)&lt;/script&gt;", "")
    assert data["customers"][0]["state"] == "red"
    conforms(junit)
    assert any("alert(1)" in case.get("name") for case in junit.iter("testcase"))
