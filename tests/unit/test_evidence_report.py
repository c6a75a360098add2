from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from graphmail.evidence.report import FleetReport
from graphmail.evidence.titles import VERIFICATIONS

from .evidence_samples import NOON, RUN_ID, begun, check, record, step

HOSTILE = '<script>alert(1)</script><img src="//192.0.2.1/x" onerror=alert(1)>'


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def _page(run, outcome="succeeded", why=""):
    return _Page(run.close(outcome, NOON, why).read_text())


def test_a_reader_sees_customer_tenant_outcome_and_checks(tmp_path):
    run = begun(tmp_path, environment="production")
    run.append_step(step(before=None, after={"displayName": "Kundo Mail"}))
    run.append_step(step(task="Read the group", outcome="ok"))
    run.write_record(record(check(observed="202 after 2 s"), environment="production"))
    text = _page(run).text
    for expected in ("contoso", "5a4d0000-0000-4000-8000-000000000001", RUN_ID, "202 after 2 s", "Mail goes out"):
        assert expected in text
    assert "Register the app" in text
    assert "Kundo Mail" in text
    assert "Read the group" not in text
    assert "1 changed, 1 ok" in text
    assert "SANDBOX" not in text


def test_every_page_of_the_sandbox_says_so(tmp_path):
    assert "SANDBOX" in _page(begun(tmp_path)).text


def test_one_sandbox_record_is_enough_to_mark_the_page(tmp_path):
    run = begun(tmp_path, environment="production")
    run.write_record(record(check()))
    assert "SANDBOX" in _page(run).text


def test_a_failed_run_says_why(tmp_path):
    text = _page(begun(tmp_path), "failed", "The group's name is taken by a contact.").text
    assert "failed . This run stopped at an error" in text
    assert "The group's name is taken by a contact." in text
    assert "This run made no checks." in text


def test_hostile_text_stays_text(tmp_path):
    run = begun(tmp_path)
    run.write_record(record(check("failed", observed=HOSTILE, claim=HOSTILE)))
    run.append_step(step(task=HOSTILE, message=HOSTILE, after={HOSTILE: HOSTILE}))
    page = _page(run, "failed", HOSTILE)
    assert page.tags.isdisjoint({"script", "img", "link", "iframe"})
    assert HOSTILE in page.text


def test_the_page_loads_nothing(tmp_path):
    page = _page(begun(tmp_path))
    assert not {name for name, _value in page.attributes} & {"src", "href"}


def test_a_half_line_of_a_dead_process_does_not_stop_closing(tmp_path):
    run = begun(tmp_path)
    run.append_step(step())
    with open(run.data / "steps.jsonl", "a") as file:
        file.write('{"at": "2026')
    assert "a line of the log is damaged" in _page(run, "failed").text


def test_a_damaged_record_does_not_stop_closing_and_is_told(tmp_path):
    run = begun(tmp_path)
    run.write_record(record(check())).write_text("{}")
    assert "verify_send.json is not a record" in _page(run, "failed").text


def test_the_fleet_shows_the_newest_proof_and_never_hides_a_missing_one(tmp_path):
    run = begun(tmp_path)
    run.write_record(record(check("failed")))
    run.write_record(record(check("passed"), at=NOON + timedelta(minutes=1)))
    run.close("succeeded", NOON)
    fleet = FleetReport.of(tmp_path, ["contoso", "fabrikam"])
    contoso, fabrikam = fleet.rows
    assert {name: cell.verdict for name, cell in contoso.cells.items()} == {
        "verify_access": "missing",
        "verify_send": "passed",
        "verify_receive": "missing",
        "verify_large_mail": "missing",
    }
    assert not contoso.green
    assert contoso.last_state == "succeeded"
    assert fabrikam.last_state == "missing"


def test_each_cell_of_the_fleet_names_the_run_of_its_proof_and_links_its_report(tmp_path):
    proof = begun(tmp_path / "evidence")
    proof.write_record(record(check("failed")))
    report = proof.close("failed", NOON)
    later = begun(tmp_path / "evidence", run_id="20260302T120000Z-onboard-0a1b2c")
    later.close("succeeded", NOON)

    fleet = FleetReport.of(tmp_path / "evidence")
    page = _Page(fleet.write(tmp_path / "out", NOON).read_text())

    links = [value for name, value in page.attributes if name == "href"]
    assert f"../{report.relative_to(tmp_path)}" in links
    assert all((tmp_path / "out" / link).is_file() for link in links)
    assert proof.run_id in page.text
    # In the terminal: the customer is marked, and below the table stands where to look.
    assert "contoso (sandbox)" in fleet.to_text()
    assert f"contoso, verify_send failed: {report}" in fleet.to_text()


def test_a_damaged_bag_is_damaged_in_the_fleet(tmp_path):
    run = begun(tmp_path)
    path = run.write_record(record(check()))
    run.close("succeeded", NOON)
    path.write_text(path.read_text() + "\n")
    assert FleetReport.of(tmp_path).rows[0].cells["verify_send"].verdict == "damaged"


@pytest.fixture
def archive(tmp_path):
    """Contoso, of which everything is proved, and fabrikam, of which nothing is."""
    run = begun(tmp_path / "evidence")
    for notebook in VERIFICATIONS:
        run.write_record(record(check(), notebook=notebook))
    run.close("succeeded", NOON)
    begun(tmp_path / "evidence", customer="fabrikam").close("failed", NOON)
    return tmp_path / "evidence"


def _report(archive, *arguments):
    command = [sys.executable, "-m", "graphmail.evidence", "report", "--evidence", str(archive), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=archive.parent)


def test_report_prints_a_table_and_names_its_page(archive, tmp_path):
    result = _report(archive, "--into", str(tmp_path / "out"))
    assert "contoso" in result.stdout
    assert str(tmp_path / "out" / "fleet.html") in result.stdout
    page = _Page((tmp_path / "out" / "fleet.html").read_text())
    assert "SANDBOX" in page.text
    assert "script" not in page.tags


def test_report_is_of_the_customers_that_are_named_and_ends_with_1_unless_all_is_green(archive):
    assert _report(archive).returncode == 1
    one = _report(archive, "--customer", "contoso")
    assert one.returncode == 0
    assert "fabrikam" not in one.stdout
    unknown = _report(archive, "--customer", "contoso", "--customer", "litware")
    assert unknown.returncode == 1
    assert "litware" in unknown.stdout
