from __future__ import annotations

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from graphmail.evidence import EvidenceError, Record
from graphmail.evidence.record import records_in

from .evidence_samples import NOON, check, record


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], "unknown"),
        (["passed"], "passed"),
        (["passed", "passed"], "passed"),
        (["passed", "unknown"], "unknown"),
        (["unknown"], "unknown"),
        (["passed", "failed"], "failed"),
        (["unknown", "failed", "passed"], "failed"),
    ],
)
def test_a_record_passes_only_if_there_is_a_check_and_every_one_passed(verdicts, expected):
    assert record(*(check(verdict) for verdict in verdicts)).verdict == expected


def test_a_verdict_that_does_not_follow_from_the_checks_is_refused():
    with pytest.raises(ValidationError, match="does not follow"):
        record(check("failed"), verdict="passed")


def test_a_record_survives_the_way_to_json_and_back(tmp_path):
    written = record(check(observed="é ‘quoted’", seconds=1.5, attempts=3, request_ids=["r-1"]))
    assert Record.read(written.write(tmp_path)) == written


def test_the_json_has_exactly_the_agreed_fields():
    fields = json.loads(record(check()).to_json())
    assert set(fields) == {
        *("schema", "customer", "tenant_id", "environment", "run_id", "notebook", "started", "finished"),
        *("subject", "checks", "verdict"),
    }
    assert set(fields["checks"][0]) == {
        *("name", "claim", "expected", "observed", "verdict", "seconds", "attempts", "request_ids", "measured"),
    }
    assert set(fields["subject"]) == {
        "client_id",
        "key_id",
        "signed_in_with",
        "mailboxes",
        "outside_mailbox",
    }
    assert fields["schema"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"customer": "../contoso"},
        {"notebook": "../send"},
        {"environment": "test"},
        {"started": NOON.replace(tzinfo=None)},
        {"extra": 1},
        {"schema": 2},
    ],
)
def test_a_wrong_field_is_refused(wrong):
    with pytest.raises(ValidationError):
        record(check(), **wrong)


def test_a_second_record_of_a_notebook_keeps_the_first(tmp_path):
    first = record(check("failed")).write(tmp_path)
    second = record(check("passed"), at=NOON + timedelta(hours=1)).write(tmp_path)
    assert [path.name for path in (first, second)] == ["verify_send.json", "verify_send-2.json"]
    assert [found.verdict for found in records_in(tmp_path)] == ["failed", "passed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["verify_send-2.json", "verify_send.json"]


def test_a_damaged_record_is_named(tmp_path):
    path = record(check()).write(tmp_path)
    path.write_text(path.read_text().replace('"verdict": "passed"', '"verdict": "green"'))
    with pytest.raises(EvidenceError, match=r"verify_send\.json is not a record"):
        Record.read(path)


def test_what_a_mailbox_holds_cannot_forge_lines():
    assert check(observed="ok\r\x1b[2Jforged\u2028line").observed == "ok\ufffd\ufffd[2Jforged\ufffdline"
