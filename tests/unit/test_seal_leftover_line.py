"""A line of the log without a checkpoint is signed only by the machine that noted it down before it wrote it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from graphmail.evidence import EvidenceError
from graphmail.evidence.personal.data_key import key_id
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal import log as log_module
from graphmail.evidence.seal.entries import Entries
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.keys import SigningKey

from .evidence_samples import NOON
from .sealed_archive import production

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    made = production(tmp_path, monkeypatch)
    made.seal(1)
    return made


@pytest.fixture
def stranger(archive):
    return SigningKey.make(archive.folder / "stranger.age", [], YESTERDAY)


def lines(archive) -> list[bytes]:
    return (archive.root / "LOG").read_bytes().splitlines()


def forge(archive, kind: str, **fields) -> bytes:
    """Append as somebody who can write to the archive, and has none of its keys."""
    entry = {"type": kind, "seq": len(lines(archive)), "at": canonical.time(NOON), **fields}
    with (archive.root / "LOG").open("ab") as log:
        log.write(canonical.encode(entry) + b"\n")
    return canonical.encode(entry)


def sign(archive, key: SigningKey) -> None:
    """A checkpoint of the newest line, by that key."""
    entries = Entries()
    for line in lines(archive):
        entries.add(line)
    (archive.root / "checkpoints" / entries.head.file_name).write_bytes(entries.head.signed(key))


def next_process(archive):
    archive.with_key(archive.key)
    return archive


def dropped(archive) -> dict[str, str]:
    added = next(json.loads(line) for line in lines(archive) if b'"data-key-added"' in line)
    by = {"reason": "x", "user": "anna", "host": "ops1"}
    return {"customer": "contoso", "data_key": key_id(added["recipient"]), **by}


def test_a_key_that_somebody_wrote_into_the_log_is_not_vouched_for(archive, stranger):
    forge(archive, "key-added", key=stranger.public.entry())
    notes = sorted((archive.root / "checkpoints").iterdir())
    with pytest.raises(EvidenceError, match=rf"LOG, line {len(lines(archive))}: no checkpoint.*To do:.*seal"):
        next_process(archive).seal(2)
    assert sorted((archive.root / "checkpoints").iterdir()) == notes
    assert len(list((archive.root / "keys").glob(f"{stranger.public.id[:16]}*"))) == 0


def test_a_process_that_has_read_the_log_refuses_it_too_and_goes_on_when_it_is_gone(archive, stranger):
    whole = (archive.root / "LOG").read_bytes()
    forge(archive, "key-added", key=stranger.public.entry())
    for _ in range(2):
        with pytest.raises(EvidenceError, match="no checkpoint"):
            archive.seal(2)
    (archive.root / "LOG").write_bytes(whole)
    archive.seal(3)
    assert Examination(archive.root).run().faults == []


def test_a_dropping_that_somebody_wrote_into_the_log_destroys_nothing(archive):
    (kept,) = (archive.folder / "state" / "contoso" / "data-keys").glob("*.age")
    forge(archive, "dropped", **dropped(archive))
    with pytest.raises(EvidenceError, match="no checkpoint"):
        next_process(archive).seal(2)
    assert kept.exists()


@pytest.mark.parametrize("then_more", [False, True])
def test_a_checkpoint_by_a_key_of_no_standing_makes_it_no_better(archive, stranger, then_more):
    (kept,) = (archive.folder / "state" / "contoso" / "data-keys").glob("*.age")
    forge(archive, "key-added", key=stranger.public.entry())
    sign(archive, stranger)
    if then_more:
        forge(archive, "dropped", **dropped(archive))
        sign(archive, stranger)
    with pytest.raises(EvidenceError, match="checkpoint does not sign it"):
        next_process(archive).seal(2)
    assert kept.exists()


def test_a_second_line_does_not_hide_that_the_first_is_not_signed(archive, stranger):
    forge(archive, "key-added", key=stranger.public.entry())
    forge(archive, "dropped", **dropped(archive))
    sign(archive, stranger)
    with pytest.raises(EvidenceError, match="checkpoint does not sign it"):
        next_process(archive).seal(2)


class Died(BaseException):
    pass


def die_before_the_checkpoint(archive, monkeypatch) -> None:
    def dying(path, content):
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(log_module, "write_over", dying)
        with pytest.raises(Died):
            archive.open(2)


def test_our_own_line_is_finished_by_our_next_process(archive, monkeypatch):
    die_before_the_checkpoint(archive, monkeypatch)
    list(next_process(archive).sealer.settle("contoso", NOON))
    found = Examination(archive.root).run()
    assert (found.faults, len(found.aborted)) == ([], 1)


def test_our_own_line_is_not_signed_over_lines_that_were_changed(archive, monkeypatch):
    die_before_the_checkpoint(archive, monkeypatch)
    log = archive.root / "LOG"
    changed = log.read_bytes().replace(b'12:00:00Z","certificates', b'12:00:01Z","certificates')
    assert changed != log.read_bytes()
    log.write_bytes(changed)
    with pytest.raises(EvidenceError, match="no checkpoint"):
        next_process(archive).seal(3)


def test_a_line_of_another_machine_waits_for_that_machine(archive, monkeypatch, tmp_path):
    die_before_the_checkpoint(archive, monkeypatch)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("GRAPHMAIL_STATE", str(tmp_path / "other"))
        with pytest.raises(EvidenceError, match="on the machine that wrote it"), archive.sealer.log.locked(archive.key):
            pass
    with next_process(archive).sealer.log.locked(archive.key):
        pass
    assert Examination(archive.root).run().faults == []


def test_where_that_machine_is_lost_the_line_goes_as_the_page_says(archive, monkeypatch):
    die_before_the_checkpoint(archive, monkeypatch)
    (archive.folder / "state" / ".signing").joinpath(next_file(archive)).unlink()
    kept = lines(archive)[:-1]
    (archive.root / "LOG").write_bytes(b"".join(line + b"\n" for line in kept))
    next_process(archive).seal(3)
    assert Examination(archive.root).run().faults == []


def next_file(archive) -> str:
    return json.loads(lines(archive)[0])["origin"].rpartition("/")[2] + ".next"


def test_a_line_is_noted_down_before_it_is_written(archive, monkeypatch):
    file, real, seen = archive.folder / "state" / ".signing" / next_file(archive), os.write, []
    before = file.read_bytes()

    def watched(descriptor, content):
        if b'"type":"opened"' in content:
            seen.append((file.read_bytes(), content in (archive.root / "LOG").read_bytes()))
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", watched)
    archive.open(2)
    ((noted, written),) = seen
    assert noted != before
    assert not written
    assert file.stat().st_mode & 0o077 == 0


def test_a_line_that_cannot_be_noted_down_is_not_written(archive):
    log = (archive.root / "LOG").read_bytes()
    file = archive.folder / "state" / ".signing" / next_file(archive)
    file.unlink()
    file.mkdir()
    with pytest.raises(EvidenceError, match="cannot be noted down"):
        archive.open(2)
    assert (archive.root / "LOG").read_bytes() == log
