"""What a process that died left lying about is dropped with the rest: halves of key files, and runs in clear."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphmail import sealed
from graphmail.errors import TenantError
from graphmail.evidence import EvidenceError, verify
from graphmail.evidence.opening import open_runs
from graphmail.evidence.personal.data_key import DataKey
from graphmail.evidence.seal.dropping import drop
from graphmail.evidence.seal.work import new_key, revoke_key
from graphmail.state import StateFolder
from tests.canary import traced_files

from .evidence_samples import NOON
from .sealed_archive import production
from .test_personal_evidence import PEOPLE, Died, opened

NOW = datetime.now(UTC)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    return production(tmp_path, monkeypatch)


def keys_of(archive) -> list[Path]:
    return sorted(StateFolder(archive.folder / "state", "contoso").data_keys.iterdir())


def dropped(archive) -> str:
    said: list[str] = []
    drop(archive.sealer, "contoso", "They are no customer any more", NOW, said.append)
    return "\n".join(said)


def verdict(archive) -> tuple[bool, str]:
    said: list[str] = []
    return verify(archive.root, said.append), "\n".join(said)


def sealed_anew_and_killed(archive) -> None:
    """Somebody joins the operators, and the process that seals the key to both dies before it is in place."""
    other = sealed.new_identity(archive.folder / "other")
    archive.sealer.operators = [sealed.public_key(archive.folder / "identity"), other]
    (key,) = keys_of(archive)
    half = key.with_name(f".{key.name}.k1ll3d__")
    DataKey.open(key).write(half, archive.sealer.operators)


def test_a_half_written_key_file_goes_with_the_key_that_is_dropped(archive):
    run = opened(archive)
    run.close("succeeded", NOON)
    sealed_anew_and_killed(archive)
    assert len(keys_of(archive)) == 2
    dropped(archive)
    assert keys_of(archive) == []
    assert verdict(archive)[0]
    with pytest.raises(EvidenceError, match="does not open here"):
        open_runs(run.folder, archive.folder / "opened", print)


def test_the_next_run_removes_a_half_written_key_file(archive):
    opened(archive).close("succeeded", NOON)
    sealed_anew_and_killed(archive)
    opened(archive, 2).close("succeeded", NOON)
    (key,) = keys_of(archive)
    assert not key.name.startswith(".")


def test_a_half_written_file_of_a_key_that_was_destroyed_is_a_fault(archive):
    opened(archive).close("succeeded", NOON)
    sealed_anew_and_killed(archive)
    half = next(path for path in keys_of(archive) if path.name.startswith("."))
    content = half.read_bytes()
    dropped(archive)
    half.write_bytes(content)
    good, told = verdict(archive)
    assert not good
    assert f"{half.name} may still hold it" in told
    with pytest.raises(EvidenceError, match="dropped already"):
        dropped(archive)
    assert keys_of(archive) == []


def test_who_is_interrupted_while_a_file_is_sealed_leaves_no_half_of_it(archive, tmp_path, monkeypatch):
    def dies(_path, _target):
        raise Died

    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(Died):
        sealed.write_sealed(tmp_path / "kept" / "key.age", b"x", [])
    assert list((tmp_path / "kept").iterdir()) == []


def lost(archive) -> None:
    for key in keys_of(archive):
        key.unlink()


def test_where_the_key_was_lost_a_run_that_lies_open_is_closed_and_dropped_too(archive):
    opened(archive).close("succeeded", NOON)
    run = opened(archive, 2)
    lost(archive)
    told = dropped(archive)
    assert "was gone already" in told
    assert run.closed
    assert traced_files(PEOPLE.values(), archive.root) == {}
    assert keys_of(archive) == [], "the key to which the open run was sealed goes as well"
    assert verdict(archive)[0]


def test_where_the_key_was_lost_a_run_that_cannot_be_closed_is_named_each_time(archive):
    run = opened(archive)
    (run.folder / "not-closed.txt").write_text("The evidence of this run holds secrets")
    lost(archive)
    for _time in range(2):
        with pytest.raises(EvidenceError, match="names people in clear") as error:
            dropped(archive)
        assert run.run_id in str(error.value)
    (run.folder / "not-closed.txt").unlink()
    dropped(archive)
    assert traced_files(PEOPLE.values(), archive.root) == {}


def test_dying_after_a_lost_key_is_logged_leaves_something_to_drop(archive, monkeypatch):
    opened(archive)
    lost(archive)

    def dies(*_given, **_named):
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(type(archive.sealer), "settle", dies)
        with pytest.raises(Died):
            dropped(archive)
    archive.with_key(archive.key)
    dropped(archive)
    assert traced_files(PEOPLE.values(), archive.root) == {}
    with pytest.raises(TenantError, match="dropped already"):
        dropped(archive)


@pytest.mark.parametrize("reason", [" ", "anna.svensson@ops.example lost her laptop"])
def test_the_reason_for_which_a_key_is_revoked_names_nobody(archive, reason):
    opened(archive).close("succeeded", NOON)
    old = archive.key.public.id
    new_key(archive.root, "production", None, NOW)
    before = (archive.root / "LOG").read_bytes()
    with pytest.raises(EvidenceError, match="for ever"):
        revoke_key(archive.root, None, old[:16], "2026-11-01T00:00:00Z", reason, NOW)
    assert (archive.root / "LOG").read_bytes() == before
    assert "revoked" in revoke_key(archive.root, None, old[:16], "2026-11-01T00:00:00Z", " A laptop was lost ", NOW)
    assert b'"reason":"A laptop was lost"' in (archive.root / "LOG").read_bytes()
