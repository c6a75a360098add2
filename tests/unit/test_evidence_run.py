from __future__ import annotations

import json
import multiprocessing
import re
from datetime import timedelta

import pytest
from pydantic import ValidationError

from graphmail.evidence import EvidenceError, Run, latest_record, new_run_id, runs

from .evidence_samples import NOON, RUN_ID, begun, check, record, step


def test_a_run_id_tells_time_and_playbook():
    assert re.fullmatch(r"20260301T120000Z-verify_send-[0-9a-f]{6}", new_run_id("verify_send", NOON))


def test_two_runs_of_one_second_differ():
    assert new_run_id("site", NOON) != new_run_id("site", NOON)


@pytest.mark.parametrize(("customer", "run_id"), [("../x", RUN_ID), ("Contoso", RUN_ID), ("contoso", "../../etc")])
def test_names_that_leave_the_archive_are_refused(tmp_path, customer, run_id):
    with pytest.raises(EvidenceError):
        Run(tmp_path, customer, run_id)


def test_asking_for_a_run_makes_no_folder(tmp_path):
    assert not Run(tmp_path, "contoso", RUN_ID).exists
    assert list(tmp_path.iterdir()) == []


def test_only_the_first_begin_counts(tmp_path):
    run = begun(tmp_path)
    run.begin(tenant_id="other", environment="production", at=NOON + timedelta(hours=1), plan={})
    assert run.about()["environment"] == "sandbox"
    assert json.loads((run.data / "tools.json").read_text())["packages"]["bagit"]


def _append_many(root, mark):
    run = Run(root, "contoso", RUN_ID)
    for number in range(100):
        run.append_step(step(task=f"{mark}-{number}-{'x' * 3000}"))


def test_lines_of_several_processes_stay_whole(tmp_path):
    workers = [multiprocessing.get_context("fork").Process(target=_append_many, args=(tmp_path, n)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    lines = (begun(tmp_path).data / "steps.jsonl").read_text().splitlines()
    assert len({json.loads(line)["task"] for line in lines}) == 400


def test_a_logged_request_keeps_no_query_and_no_url(tmp_path):
    run = begun(tmp_path)
    run.append_http({"at": NOON, "method": "PUT", "path": "/Sessions('x')?authtoken=eyJ", "status": 201})
    assert "authtoken" not in (run.data / "http.jsonl").read_text()
    for leak in ({"path": "https://outlook.office.com/x"}, {"path": "/x", "authorization": "Bearer eyJ"}):
        with pytest.raises(ValidationError):
            run.append_http({"at": NOON, "method": "GET", **leak})


def test_a_record_of_another_run_is_refused(tmp_path):
    with pytest.raises(EvidenceError, match="another run"):
        begun(tmp_path).write_record(record(check(), customer="fabrikam"))


def test_an_executed_notebook_never_replaces_an_earlier_one(tmp_path):
    run = begun(tmp_path)
    run.notebook_path("verify_send").write_text("{}")
    assert run.notebook_path("verify_send").name == "verify_send-2.ipynb"


def test_a_closed_run_takes_nothing_more(tmp_path):
    run = begun(tmp_path)
    run.close("failed", NOON, "the group's name is taken")
    for write in (
        lambda: run.close("succeeded", NOON),
        lambda: run.append_step(step()),
        lambda: run.write_record(record(check())),
        lambda: run.write_state("after", {}),
        lambda: run.notebook_path("verify_send"),
        lambda: begun(tmp_path),
    ):
        with pytest.raises(EvidenceError, match="is closed"):
            write()


def test_a_run_that_never_began_cannot_be_closed(tmp_path):
    with pytest.raises(EvidenceError, match="nothing to close"):
        Run(tmp_path, "contoso", RUN_ID).close("failed", NOON)
    assert list(tmp_path.iterdir()) == []


def _run_with(root, verdict, at, run_id, *, close=False):
    run = begun(root, run_id=run_id)
    run.write_record(record(check(verdict), at=at, run_id=run_id))
    if close:
        run.close("succeeded", at)
    return run


def test_the_latest_record_is_the_newest_of_open_and_closed_runs(tmp_path):
    _run_with(tmp_path, "passed", NOON, "20260301T120000Z-site-000001", close=True)
    _run_with(tmp_path, "failed", NOON + timedelta(hours=2), "20260301T140000Z-site-000002")
    _run_with(tmp_path, "unknown", NOON + timedelta(hours=1), "20260301T130000Z-site-000003", close=True)
    assert latest_record(tmp_path, "contoso", "verify_send").verdict == "failed"
    assert latest_record(tmp_path, "contoso", "verify_access") is None
    assert latest_record(tmp_path, "fabrikam", "verify_send") is None
    assert [run.closed for run in runs(tmp_path)] == [True, True, False]


def test_a_damaged_newest_bag_does_not_make_an_older_proof_count(tmp_path):
    _run_with(tmp_path, "passed", NOON, "20260301T120000Z-site-000001", close=True)
    newest = _run_with(tmp_path, "failed", NOON + timedelta(hours=1), "20260301T130000Z-site-000002", close=True)
    path = newest.data / "records" / "verify_send.json"
    path.write_text(path.read_text().replace("Mail goes out", "Mail went out"))
    with pytest.raises(EvidenceError, match=r"records/verify_send\.json"):
        latest_record(tmp_path, "contoso", "verify_send")
