"""report.yml: from the evidence alone, for people and programs, with an exit status that CI can use."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from graphmail.evidence import runs, verify
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]
FILES = {"fleet.html", "fleet.json", "junit.xml", "fleet_report.ipynb"}


def told(folder: Path) -> dict:
    return json.loads((folder / "fleet.json").read_text())


def test_a_fleet_that_nobody_has_touched_is_unknown_and_no_tenant_is_touched(ops: Operations) -> None:
    asked = len(ops.sandbox.requests(CONTOSO))
    run = ops.play("report.yml")
    assert run.rc == 2
    assert "3 customers: 0 green, 0 red, 3 unknown" in run.output
    assert {path.name for path in (ops.folder / "reports").iterdir()} == FILES
    assert told(ops.folder / "reports")["counts"]["unknown"] == 3
    assert not ops.evidence.exists()
    assert not (ops.state("contoso") / "lock").exists()
    assert len(ops.sandbox.requests(CONTOSO)) == asked

    elsewhere = ops.folder / "elsewhere"
    run = ops.play("report.yml", "--limit", "contoso", f"-e report_into={elsewhere}", "-e report_accept=unknown")
    assert run.rc == 0, run.output
    assert [customer["name"] for customer in told(elsewhere)["customers"]] == ["contoso"]


def test_a_dry_run_writes_nothing_and_a_folder_in_the_archive_is_refused(ops: Operations) -> None:
    assert ops.play("report.yml", "--check").rc == 0
    assert not (ops.folder / "reports").exists()
    ops.change(lambda entries: None, "contoso")
    assert not ops.play("handover.yml").succeeded  # leaves a run
    run = ops.play("report.yml", f"-e report_into={ops.evidence}/reports")
    assert run.rc == 2
    assert "do not belong into the archive" in run.output
    assert verify(ops.evidence, lambda _text: None)


def test_after_the_whole_job_it_is_green_with_what_was_measured_and_changes_no_evidence(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")
    site = ops.play("site.yml")
    assert site.succeeded, site.output
    run = ops.play("report.yml")
    assert run.rc == 0, run.output
    assert "1 customer: 1 green, 0 red, 0 unknown" in run.output
    assert len(list(runs(ops.evidence))) == 1
    assert verify(ops.evidence, lambda _text: None)
    fleet = told(ops.folder / "reports")
    measured = {one["name"]: one for one in fleet["measured"]}
    assert measured["policy"]["count"] == 1
    assert measured["policy"]["max"] >= 600
    for name in ("verify_send", "verify_receive", "verify_large_mail", "upload"):
        assert measured[name]["count"] == 1, name
        assert measured[name]["max"] > 0
    (ended,) = [one for one in fleet["credentials"] if one["whose"] == "mail app"]
    assert ended["status"] == "ok"
    suites = ElementTree.parse(ops.folder / "reports" / "junit.xml").getroot()
    assert {child.tag for case in suites.iter("testcase") for child in case} == {"skipped"}  # drift was not looked at
    executed = json.loads((ops.folder / "reports" / "fleet_report.ipynb").read_text())
    assert "1 customer: 1 green" in json.dumps(executed)
