"""What a process left that was killed inside a write is cleared by the next, so that the archive is whole again."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from graphmail.evidence import EvidenceError
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.sealing import Sealing
from graphmail.evidence.seal.work import new_key, revoke_key, seal_all, sealer_of

from .evidence_samples import NOON
from .sealed_archive import production

NOW = datetime.now(UTC)
KILLED = 77


@pytest.fixture
def archive(tmp_path, monkeypatch):
    return production(tmp_path, monkeypatch)


def killed(what, at: int, calls: tuple[str, ...] = ("replace", "rmdir", "mkstemp")) -> bool:
    """Do it in a process of its own, which dies at that one of these calls; whether it came so far.

    No `finally` runs there. mkstemp has made its file by then; the others have not begun.
    """
    child = os.fork()
    if child == 0:
        left = [at]

        def dying(real, *, after):
            def call(*given, **named):
                left[0] -= 1
                made = real(*given, **named) if after or left[0] else None
                if not left[0]:
                    os._exit(KILLED)
                return made

            return call

        for name in calls:
            module = tempfile if name == "mkstemp" else os
            setattr(module, name, dying(getattr(module, name), after=name == "mkstemp"))
        try:
            what()
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED)
    return status == KILLED


def state_file(archive) -> Path:
    return archive.folder / "state" / ".signing" / "production.age"


def hidden(archive) -> list[str]:
    return sorted(str(path.relative_to(archive.root)) for path in archive.root.rglob(".*"))


@pytest.mark.parametrize("call", ["replace", "rmdir", "mkstemp"])
def test_killed_inside_any_write_the_next_run_makes_the_archive_whole(archive, call):
    archive.seal(1)
    found, moment = [], 0
    while True:
        moment += 1
        came_so_far = killed(partial(archive.seal, moment + 1), moment, (call,))
        found += hidden(archive)
        archive.with_key(archive.key)
        list(archive.sealer.settle("contoso", NOON))
        assert Examination(archive.root).run().faults == [], moment
        assert hidden(archive) == []
        if not came_so_far:
            break
    assert moment > (1 if call == "rmdir" else 10)
    names = {re.sub(r"\d{8}|\.\w{8}$", "", Path(name).name) for name in found}
    expected = {".bag"} if call == "rmdir" else {"..note", ".run.sigstore.json", ".inclusion.json"}
    assert names >= expected


def test_a_process_that_has_read_the_log_clears_up_after_one_that_was_killed(archive):
    archive.seal(1)
    with archive.sealer.log.locked(archive.key):
        pass
    for moment in range(1, 30):
        if killed(partial(archive.open, 2), moment, ("replace",)) and any(
            "checkpoints/" in name for name in hidden(archive)
        ):
            break
    else:
        pytest.fail("no checkpoint was half written")
    with archive.sealer.log.locked(archive.key):
        assert not [name for name in hidden(archive) if "checkpoints/" in name]


def test_what_an_earlier_version_sealed_beside_its_leftovers_is_cleared_by_seal(archive, monkeypatch):
    run = archive.seal(1)
    (run.folder / ".run.sigstore.json.abcd1234").write_text("half")
    (run.folder / ".bag").mkdir()
    (archive.root / ".VERIFY.md.abcd_234").write_text("half")
    (archive.root / "keys" / f".{archive.key.public.file_name}.abcd1234").write_text("half")
    assert len(Examination(archive.root).run().faults) == 4
    monkeypatch.setattr(
        "graphmail.evidence.seal.work.Sealing", lambda root: type("S", (), {"sealer": lambda *a: archive.sealer})
    )
    archive.with_key(archive.key)
    assert seal_all(archive.root, None, NOW, lambda text: None, killed=False)
    assert Examination(archive.root).run().faults == []


@pytest.mark.parametrize("name", [".note.txt", "checkpoints/.evil.abcd1234", "keys/.x.pem.abcd1234", ".VERIFY.md.abc"])
def test_what_nobody_here_left_stays_and_is_told(archive, name):
    archive.seal(1)
    (archive.root / name).write_text("of somebody else")
    archive.with_key(archive.key)
    archive.seal(2)
    (fault,) = Examination(archive.root).run().faults
    assert fault.startswith(f"{name}: added")


def test_a_link_in_the_place_of_a_leftover_stays(archive):
    archive.seal(1)
    (archive.root / ".VERIFY.md.abcd1234").symlink_to(archive.root / "LOG")
    archive.with_key(archive.key)
    archive.seal(2)
    assert len(Examination(archive.root).run().faults) == 1


def test_new_key_killed_anywhere_is_finished_by_the_next_and_runs_go_on_meanwhile(archive):
    archive.seal(1)
    moment = 0
    while True:
        moment += 1
        came_so_far = killed(partial(new_key, archive.root, "production", None, NOW), moment)
        archive.sealer = _sealer(archive)
        archive.seal(2 * moment)
        new_key(archive.root, "production", None, NOW)
        archive.sealer = _sealer(archive)
        archive.seal(2 * moment + 1)
        assert not list(state_file(archive).parent.glob("*.new.age"))
        assert Examination(archive.root).run().faults == []
        if not came_so_far:
            break
    assert moment > 5


def _sealer(archive):
    archive.with_key(sealer_of(archive.root, None, NOW).key)
    return archive.sealer


def logged_and_not_in_place(archive) -> SigningKey:
    """As an earlier version left it: the old file was renamed first, and the new one lay beside its place."""
    archive.seal(1)
    old = state_file(archive).read_bytes()
    new_key(archive.root, "production", None, NOW)
    new = SigningKey.open(state_file(archive))
    state_file(archive).rename(state_file(archive).with_name("production.new.age"))
    assert state_file(archive).with_name(f"production.{archive.key.public.id[:16]}.age").read_bytes() == old
    return new


def test_without_the_file_of_the_key_whoever_opens_it_finishes_what_new_key_began(archive):
    new = logged_and_not_in_place(archive)
    assert Sealing(archive.root).sealer("production", {}, NOW).key.public == new.public
    assert state_file(archive).is_file()


def test_new_key_itself_finishes_it_and_makes_no_other(archive):
    new = logged_and_not_in_place(archive)
    assert new_key(archive.root, "production", None, NOW).startswith(new.public.id)
    assert len(Examination(archive.root).run().keys) == 2


def test_a_key_that_the_log_does_not_know_or_knows_as_revoked_is_put_nowhere(archive):
    archive.seal(1)
    kept = state_file(archive).read_bytes()
    fresh = state_file(archive).with_name("production.new.age")
    SigningKey.make(fresh, [], NOW)
    state_file(archive).unlink()
    with pytest.raises(EvidenceError, match="no key to sign"):
        sealer_of(archive.root, None, NOW)
    state_file(archive).write_bytes(kept)
    unused = SigningKey.open(fresh)
    with archive.sealer.log.locked(archive.key):
        archive.sealer.log.add_key(unused, archive.key, NOW)
    revoke_key(archive.root, None, unused.public.id, "2026-03-01T12:00:00Z", "it was never used", NOW)
    made = new_key(archive.root, "production", None, NOW)
    assert not made.startswith(unused.public.id)


def test_the_first_key_of_all_is_finished_too(tmp_path, monkeypatch, archive):
    state_file(archive).rename(state_file(archive).with_name("production.new.age"))
    assert new_key(archive.root, "production", None, NOW).startswith(archive.key.public.id)
