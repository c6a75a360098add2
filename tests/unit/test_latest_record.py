"""Which record a hand-over may go by: one of a run that is as it was sealed, or the very run that asks."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime

import pytest

from graphmail.evidence import EvidenceError, NotSealed, bag, latest_record
from graphmail.evidence.seal.bundle import Bundle
from graphmail.evidence.seal.history import History
from graphmail.evidence.seal.statement import statement

from .customer_archive import CustomerArchive, proved
from .evidence_samples import begun, check, record
from .sealed_archive import production
from .test_verify_page_keys import added_by_itself, signed_by_anybody

OTHER = "20260301T150000Z-site-0a1b2c"


@pytest.fixture
def archive(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return CustomerArchive(tmp_path)


def newest(archive, current=""):
    return latest_record(archive.root, "contoso", "verify_access", current)


def failed(archive, number):
    return archive.run(number, proof=lambda run: proved(run, "failed"))


def bagged_anew(run):
    """The bag agrees with itself again, whatever was done to its files."""
    lines = (run.bag / "bag-info.txt").read_text().splitlines()
    for name in ("bagit.txt", *bag.TAG_FILES, *bag.TAG_MANIFESTS):
        (run.bag / name).unlink()
    bag.make(run.bag, dict(line.split(": ", 1) for line in lines if ": " in line))
    bag.check(run.bag)


def made_green(run):
    path = run.data / "records" / "verify_access.json"
    path.write_text(path.read_text().replace('"failed"', '"passed"'))
    bagged_anew(run)


def test_a_record_that_was_sealed_counts(archive):
    archive.run(1)
    failed(archive, 2)
    assert newest(archive).verdict == "failed"
    archive.run(3)
    assert newest(archive).verdict == "passed"


def test_a_forged_record_in_a_bag_made_anew_is_refused_and_the_run_is_named(archive):
    run = failed(archive, 1)
    made_green(run)
    with pytest.raises(EvidenceError, match=rf"(?s){run.run_id} of contoso is not what was sealed.*subject.*verify"):
        newest(archive)


def test_so_is_a_seal_made_anew_for_it(archive):
    run = failed(archive, 1)
    made_green(run)
    seal = run.folder / "run.sigstore.json"
    seal.write_bytes(seal.read_bytes().replace(b"dsseEnvelope", b"dsseEnvelopf"))
    with pytest.raises(EvidenceError, match="is not what was logged"):
        newest(archive)


def test_so_is_a_line_of_the_log_written_for_a_seal_made_anew(archive):
    run = failed(archive, 1)
    made_green(run)
    history = archive.sealer.log.history
    old = Bundle.unpack((run.folder / "run.sigstore.json").read_bytes())
    own = Bundle.sign(statement(run, history), archive.key)
    packed = Bundle(own.payload, own.signature, own.key_id, archive.authority.stamp(own.signature)).pack()
    log = (archive.root / "LOG").read_bytes()
    digests = [hashlib.sha256(one).hexdigest().encode() for one in (old.pack(), packed)]
    (archive.root / "LOG").write_bytes(log.replace(*digests))
    (run.folder / "run.sigstore.json").write_bytes(packed)
    with pytest.raises(EvidenceError, match=r"checkpoints/\d+.note says something else than the log"):
        newest(archive)


def test_so_is_one_that_was_sealed_with_a_key_that_vouches_for_itself(tmp_path, monkeypatch):
    archive = production(tmp_path, monkeypatch)
    archive.seal(1)
    own = added_by_itself(archive)
    with monkeypatch.context() as patched:
        patched.setattr(History, "signers", signed_by_anybody)
        archive.with_key(own)
        archive.seal(2)
    with pytest.raises(EvidenceError, match=r"000002 of contoso .*(?s:.*)not signed by a key of this log"):
        latest_record(archive.root, "contoso", "verify_send")


def test_a_run_that_is_not_sealed_counts_for_itself_alone(archive):
    archive.run(1)
    run = archive.begun(2)
    run.write_record(proved(run))
    assert newest(archive, run.run_id).run_id == run.run_id
    with pytest.raises(NotSealed, match=rf"(?s){run.run_id}, is not sealed.*evidence seal"):
        newest(archive)


def test_a_run_that_the_log_does_not_know_counts_for_none(archive):
    archive.begun(1)
    added = begun(archive.root, run_id=OTHER)
    added.write_record(record(check(), run_id=OTHER, notebook="verify_access"))
    with pytest.raises(NotSealed, match="the log knows nothing of that run"):
        newest(archive)


@pytest.mark.parametrize("what", ["run", "record"])
def test_taking_the_newest_proof_away_does_not_make_the_one_before_count(archive, what):
    archive.run(1)
    run = failed(archive, 2)
    if what == "run":
        shutil.rmtree(run.folder)
    else:
        (run.data / "records" / "verify_access.json").unlink()
        bagged_anew(run)
    with pytest.raises(EvidenceError, match=run.run_id):
        newest(archive)


def test_later_runs_of_other_kinds_are_no_hindrance(archive):
    run = archive.run(1)
    later = archive.begun(2)
    later.sealer = archive.sealer
    later.close("succeeded", datetime.now(UTC))
    assert newest(archive).run_id == run.run_id


def test_other_customers_lines_are_not_read(archive):
    """They need not even be lines that may stand there: that is for `verify` to find, and costs too much here."""
    archive.seal(1, "fabrikam")
    run = archive.run(2)
    assert newest(archive).run_id == run.run_id
    lines = (archive.root / "LOG").read_bytes().splitlines(keepends=True)
    broken = [line.replace(b'"tenant_id":"', b'"tenant_id":"x') if b"fabrikam" in line else line for line in lines]
    (archive.root / "LOG").write_bytes(b"".join(broken))
    with pytest.raises(EvidenceError, match="says something else than the log"):
        newest(archive)
