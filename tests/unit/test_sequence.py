"""Which proof is the newest: the log says it, not the clocks of the machines that the runs were made on."""

from __future__ import annotations

import pytest

from graphmail.evidence import EvidenceError, latest_record
from graphmail.evidence.sequence import Sequence

from .customer_archive import CustomerArchive, proved
from .evidence_samples import NOON, begun, check, record

OTHER = "20260301T150000Z-site-0a1b2c"


@pytest.fixture
def archive(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return CustomerArchive(tmp_path)


def newest(archive):
    return latest_record(archive.root, "contoso", "verify_access")


def test_a_proof_of_a_machine_that_is_ahead_does_not_hide_a_later_failed_one(archive):
    archive.run(5)
    assert newest(archive).verdict == "passed"
    later = archive.run(2, proof=lambda run: proved(run, "failed"))
    assert (newest(archive).verdict, newest(archive).run_id) == ("failed", later.run_id)


def test_of_an_open_run_too(archive):
    archive.run(5)
    run = archive.begun(2)
    run.write_record(proved(run, "unknown"))
    assert latest_record(archive.root, "contoso", "verify_access", run.run_id).run_id == run.run_id


def test_a_run_that_was_put_beside_the_logged_ones_hides_none_of_them(archive):
    failed = archive.run(1, proof=lambda run: proved(run, "failed"))
    added = begun(archive.root, run_id=OTHER)
    added.write_record(record(check(), run_id=OTHER, notebook="verify_access"))
    assert newest(archive).run_id == failed.run_id


def test_without_a_log_the_id_decides(archive):
    for run_id, verdict in ((OTHER, "failed"), ("20260301T120000Z-site-0a1b2c", "passed")):
        run = begun(archive.root, run_id=run_id)
        run.write_record(record(check(verdict), at=NOON, run_id=run_id, notebook="verify_access"))
    assert newest(archive).verdict == "failed"


def test_half_a_line_is_of_somebody_who_writes_and_a_line_that_is_none_is_refused(archive):
    archive.run(1)
    log = archive.root / "LOG"
    whole = log.read_bytes()
    log.write_bytes(whole + b'{"type":"ope')
    assert newest(archive).verdict == "passed"
    log.write_bytes(whole.replace(b'"opened"', b'opened"'))
    with pytest.raises(EvidenceError, match=r"Line \d+ of .* is no entry"):
        Sequence.of(archive.root)
