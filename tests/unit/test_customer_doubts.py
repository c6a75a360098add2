"""What keeps the customer's page from saying that anything is proved: what came later, or is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from graphmail.customer_report import CustomerReport
from graphmail.evidence import EvidenceError
from graphmail.evidence.__main__ import main
from graphmail.evidence.export import export
from graphmail.evidence.states import NO_WRITE, UNCHANGED, unread

from .customer_archive import (
    KEY,
    MAILBOXES,
    NOW,
    OBJECT,
    OUTSIDE,
    PLAN,
    CustomerArchive,
    against,
    doubts,
    proved,
    state,
    unanswered,
)
from .evidence_samples import NOON, check, record

AGAINST = against()


@pytest.fixture
def archive(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return CustomerArchive(tmp_path)


def test_a_later_run_that_is_not_sealed_is_marked_also_where_nothing_of_it_is_here(archive, tmp_path, capsys):
    archive.seal(3, "fabrikam")
    archive.run(1)
    run = archive.begun(2)
    export(archive.sealer, "contoso", tmp_path / "out", NOW, lambda text: None)
    excerpt = CustomerReport.of(tmp_path / "out" / "evidence", "contoso")
    assert (excerpt.green, excerpt.told.unsealed) == (False, [run.run_id])
    shutil.rmtree(run.folder)
    assert run.run_id in doubts(archive)
    into = ["--into", str(tmp_path / "page.html")]
    assert main(["customer-report", "contoso", "--evidence", str(archive.root), *into]) == 1


def looked_for_drift(archive, number, verdict):
    run = archive.begun(number)
    about = {"customer": "contoso", "run_id": run.run_id, "notebook": "drift"}
    run.write_record(record(check(verdict, name="group", claim="The group is as declared"), **about))
    run.write_state("before", unread(NO_WRITE))
    run.write_state("after", unread(UNCHANGED))
    run.close("succeeded" if verdict == "passed" else "failed", NOON)


@pytest.mark.parametrize("verdict", ["failed", "unknown"])
def test_drift_that_was_found_after_the_proof_is_marked_until_it_is_gone_or_proved_anew(archive, verdict):
    archive.run(1)
    looked_for_drift(archive, 2, verdict)
    assert f"a later look for drift is {verdict}: The group is as declared" in doubts(archive)
    looked_for_drift(archive, 3, "passed")
    assert doubts(archive) == ""
    looked_for_drift(archive, 4, verdict)
    archive.run(5)
    assert doubts(archive) == ""


def test_what_the_log_has_later_is_later_whatever_a_machines_clock_said(archive):
    archive.run(5)
    archive.broken_off(2)
    assert "written to after the newest access proof" in doubts(archive)
    archive.run(4)
    assert doubts(archive) == ""
    archive.run(3, proof=lambda run: proved(run, "failed"))
    assert "the newest access proof is failed" in doubts(archive)


@pytest.mark.parametrize(
    ("read", "why"),
    [
        ({"enterprise_application": None}, "the enterprise app was not found"),
        ({"credentials": []}, "had no credential"),
        ({"credentials": [{"kind": "secret", "key_id": OBJECT, "name": "by hand", "ends": None}]}, "that was tested"),
    ],
)
def test_a_newer_reading_that_contradicts_the_proof_is_marked(archive, read, why):
    archive.run(1)
    archive.second_run(2, before=state(**read))
    assert why in doubts(archive)


@pytest.mark.parametrize("found", AGAINST)
def test_whatever_the_newest_reading_holds_against_the_proof_is_marked_until_it_is_read_otherwise(archive, found):
    read, why = AGAINST[found]
    archive.run(1)
    archive.second_run(2, before=read)
    assert why in doubts(archive)
    archive.second_run(3)
    assert doubts(archive) == ""


def test_where_graph_never_told_of_the_app_there_is_nothing_to_tell(archive):
    archive.run(1, after=unanswered())
    with pytest.raises(EvidenceError, match="No sealed run of customer contoso says what its tenant holds"):
        CustomerReport.of(archive.root, "contoso")


def test_a_proof_after_a_look_that_graph_left_unanswered_is_as_good_as_one_after_the_reading(archive):
    archive.run(1)
    archive.second_run(2, before=unanswered())
    archive.proved_again(3)
    assert doubts(archive) == ""


def test_a_credential_of_the_proof_alone_may_be_gone_where_that_is_proved(archive):
    vendors = [{"kind": "secret", "key_id": OBJECT, "name": "the vendor's", "ends": None}]
    archive.run(1, after=state(credentials=vendors))
    assert "the credential that was tested" in doubts(archive)
    run = archive.begun(2)
    run.write_state("before", state(credentials=vendors))
    run.write_state("after", unread(UNCHANGED))
    about = {"customer": "contoso", "run_id": run.run_id, "notebook": "proof_retired"}
    run.write_record(record(check(name=f"listed {KEY}"), check(name=f"token {KEY}"), **about))
    run.close("succeeded", NOON)
    assert doubts(archive) == ""


@pytest.mark.parametrize("missing", [*MAILBOXES, OUTSIDE])
def test_a_proof_without_a_passed_test_of_each_mailbox_is_marked(archive, missing):
    def without(run):
        whole = proved(run)
        return record(
            *(one for one in whole.checks if one.name != f"access {missing}"),
            customer=run.customer,
            run_id=run.run_id,
            notebook=whole.notebook,
            subject=whole.subject,
        )

    archive.run(proof=without)
    assert f"no passed test of {missing}" in doubts(archive)


def test_a_proof_that_names_no_mailbox_outside_is_marked(archive):
    archive.run(proof=lambda run: proved(run, outside_mailbox=""))
    assert "names no mailbox outside" in doubts(archive)


def test_a_run_that_was_lost_and_closed_by_another_may_have_written(archive):
    archive.run(1)
    lost = archive.begun(2)
    shutil.rmtree(lost.folder)
    assert list(archive.sealer.settle("contoso", NOW))
    assert f"written to after the newest access proof, by run {lost.run_id}" in doubts(archive)


def test_what_turns_or_hides_text_does_not_reach_the_page(archive):
    changed = state()
    changed["application"]["display_name"] = "Kundo\u202e\x1b[2J\x00Mail\u2066"
    archive.run(after=changed, plan={name: value for name, value in PLAN.items() if name != "initial_domain"})
    text = CustomerReport.of(archive.root, "contoso").to_html(NOW)
    assert not [char for char in text if (ord(char) < 32 and char not in "\n\t") or char in "\u202e\u2066"]
    assert "in contoso</title>" in text


def test_it_needs_nothing_of_the_fleet_report():
    code = (
        "import sys; sys.modules['junitparser'] = sys.modules['matplotlib'] = None; import graphmail.customer_report; "
        "sys.exit(any(name.startswith('graphmail.fleet') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
