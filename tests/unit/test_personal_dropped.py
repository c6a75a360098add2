"""Dropping a customer's personal data: the key goes, the log says so, and everything else stays and verifies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from graphmail.errors import TenantError
from graphmail.evidence import EvidenceError, Run, verify
from graphmail.evidence.opening import open_runs
from graphmail.evidence.seal import data_keys as data_keys_module
from graphmail.evidence.seal.dropping import drop
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.log import Log
from graphmail.state import StateFolder
from tests.canary import traced_files

from .evidence_samples import NOON, TENANT
from .sealed_archive import Archive
from .test_personal_evidence import PEOPLE, opened

NOW = datetime.now(UTC)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return Archive(tmp_path, "production")


def sealed(archive, number=1, customer="contoso") -> Run:
    run = opened(archive, number, customer)
    run.close("succeeded", NOW)
    return run


def keys_of(archive, customer="contoso"):
    return sorted(StateFolder(archive.folder / "state", customer).data_keys.iterdir())


def dropped(archive, customer="contoso", reason="They are no customer any more") -> list[str]:
    said = []
    drop(archive.sealer, customer, reason, NOW, said.append)
    return said


def verdict(archive) -> tuple[bool, str]:
    said = []
    return verify(archive.root, said.append), "\n".join(said)


def kinds(archive) -> list[str]:
    return [json.loads(line)["type"] for line in (archive.root / "LOG").read_text().splitlines()]


def test_after_a_drop_all_files_stay_and_verify_says_when_by_whom_and_why(archive):
    run = sealed(archive)
    sealed(archive, 2, "fabrikam")
    files = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    said = dropped(archive)
    assert keys_of(archive) == []
    assert len(keys_of(archive, "fabrikam")) == 1
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == files
    assert "backup" in " ".join(said)
    good, told = verdict(archive)
    assert good, told
    assert "contoso: personal data dropped on " in told
    assert "They are no customer any more" in told
    assert "fabrikam: personal" not in told


def test_after_a_drop_nothing_opens_and_the_next_run_has_a_new_key(archive):
    first = sealed(archive)
    (before,) = keys_of(archive)
    copy = before.read_bytes()
    dropped(archive)
    with pytest.raises(EvidenceError, match="does not open here"):
        open_runs(first.folder, archive.folder / "opened", print)
    assert not (archive.folder / "opened").exists()
    second = sealed(archive, 2)
    (after,) = keys_of(archive)
    assert after.name != before.name
    assert after.read_bytes() != copy
    said = []
    assert open_runs(archive.root / "contoso", archive.folder / "opened", said.append) == 1
    assert [first.run_id in told for told in said] == [True]
    page = (archive.folder / "opened" / "contoso" / second.run_id / "data" / "report.html").read_text()
    assert PEOPLE["mailbox"] in page
    assert verdict(archive)[0]
    plans = [json.loads((run.data / "plan.json").read_bytes())["plan"]["mailboxes"] for run in (first, second)]
    assert plans[0] != plans[1], "what is new tells what the old ones stood for"


def test_a_run_that_names_nobody_opens_too(archive):
    run = Run(archive.root, "contoso", "20260301T120001Z-site-000001")
    archive.sealer.opened(run, TENANT, NOON)
    list(archive.sealer.settle("contoso", NOW))
    assert open_runs(run.folder, archive.folder / "opened", print) == 1


def test_a_customer_may_be_dropped_twice_and_not_when_there_is_nothing(archive):
    sealed(archive)
    dropped(archive)
    with pytest.raises(EvidenceError, match="dropped already"):
        dropped(archive)
    sealed(archive, 2)
    dropped(archive)
    assert kinds(archive).count("data-key-destroyed") == 2
    with pytest.raises(EvidenceError, match="no data key"):
        dropped(archive, "fabrikam")


class Died(BaseException):
    pass


@pytest.mark.parametrize("moment", ["before dropped", "after dropped", "before destroyed", "after destroyed"])
@pytest.mark.parametrize("then", ["drop again", "the next run"])
def test_a_drop_that_was_killed_is_finished(archive, monkeypatch, moment, then):
    run = sealed(archive)
    real = Log.append
    word, kind = moment.split()[0], {"dropped": "dropped", "destroyed": "data-key-destroyed"}[moment.split()[1]]

    def dying(log, what, *given):
        if (word, kind) == ("before", what):
            raise Died
        real(log, what, *given)
        if (word, kind) == ("after", what):
            raise Died

    monkeypatch.setattr(Log, "append", dying)
    with pytest.raises(Died):
        dropped(archive)
    monkeypatch.setattr(Log, "append", real)
    archive.with_key(archive.key)  # another process
    assert Examination(archive.root).run().faults == []
    good, told = verdict(archive)
    assert good
    assert ("is being dropped" in told) == (moment in ("after dropped", "before destroyed"))
    logged = "dropped" in kinds(archive)
    assert logged or keys_of(archive), "the key went before the log said so"
    if then == "the next run":
        sealed(archive, 2)
        assert ("data-key-destroyed" in kinds(archive)) is logged
    elif moment == "after destroyed":
        with pytest.raises(EvidenceError, match="dropped already"):
            dropped(archive)
    else:
        assert "personal data dropped" in " ".join(dropped(archive))
        assert keys_of(archive) == []
        assert kinds(archive).count("dropped") == kinds(archive).count("data-key-destroyed") == 1
    assert verdict(archive)[0]
    assert run.closed


def test_dying_while_the_key_is_destroyed_is_finished_too(archive, monkeypatch):
    sealed(archive)
    real = data_keys_module.destroy

    def half_way(file):
        file.write_bytes(b"half")
        raise Died

    monkeypatch.setattr(data_keys_module, "destroy", half_way)
    with pytest.raises(Died):
        dropped(archive)
    monkeypatch.setattr(data_keys_module, "destroy", real)
    archive.with_key(archive.key)
    dropped(archive)
    assert keys_of(archive) == []
    assert verdict(archive)[0]


def test_a_key_that_is_gone_without_an_entry_is_a_fault(archive):
    sealed(archive)
    keys_of(archive)[0].unlink()
    good, told = verdict(archive)
    assert not good
    assert "NOT GENUINE. contoso: data key " in told
    assert "the log does not say" in told


def test_a_key_that_was_lost_is_told_to_the_log_and_then_verifies(archive):
    sealed(archive)
    keys_of(archive)[0].unlink()
    assert "was gone already" in " ".join(dropped(archive, reason="The disk was lost"))
    assert verdict(archive)[0]
    sealed(archive, 2)
    assert verdict(archive)[0]


def test_a_key_that_comes_back_from_a_backup_is_a_fault(archive):
    sealed(archive)
    (file,) = keys_of(archive)
    copy = file.read_bytes()
    dropped(archive)
    file.write_bytes(copy)
    good, told = verdict(archive)
    assert not good
    assert "is there again" in told


def test_where_there_is_no_state_folder_keys_are_not_looked_for(archive, monkeypatch):
    sealed(archive)
    monkeypatch.setenv("GRAPHMAIL_STATE", str(archive.folder / "an auditor has none"))
    good, told = verdict(archive)
    assert good
    assert "data keys that are not on this machine: 1" in told


def test_a_run_that_was_killed_is_closed_before_anything_is_dropped(archive):
    run = opened(archive)
    dropped(archive)
    assert run.closed
    assert traced_files(PEOPLE.values(), archive.root) == {}
    assert verdict(archive)[0]


def test_nothing_is_dropped_while_a_run_lies_open_in_clear(archive):
    run = opened(archive)
    (run.folder / "not-closed.txt").write_text("The evidence of this run holds secrets")
    with pytest.raises(EvidenceError, match="Nothing is dropped"):
        dropped(archive)
    assert len(keys_of(archive)) == 1
    assert "dropped" not in kinds(archive)


def test_nothing_is_dropped_while_another_run_works_on_the_customer(archive):
    sealed(archive)
    with (
        StateFolder(archive.folder / "state", "contoso").lock("x"),
        pytest.raises(TenantError, match="Another run is working"),
    ):
        dropped(archive)
    assert "dropped" not in kinds(archive)


@pytest.mark.parametrize("reason", ["", "  ", "anna@contoso.example asked for it"])
def test_a_reason_names_nobody_and_is_not_empty(archive, reason):
    sealed(archive)
    with pytest.raises(EvidenceError, match="for ever"):
        dropped(archive, reason=reason)
    assert "dropped" not in kinds(archive)


def program(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graphmail.evidence", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def test_the_programs_open_and_drop(archive, tmp_path):
    archive.with_key(SigningKey.make(tmp_path / "state" / ".signing" / "production.age", [], NOW.replace(hour=0)))
    run = sealed(archive)
    done = program("open", run.data / "report.html", "--into", tmp_path / "opened")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "opened" / "contoso" / run.run_id / "data" / "report.html").read_text()
    assert PEOPLE["mailbox"] in page
    assert (tmp_path / "opened").stat().st_mode & 0o777 == 0o700
    assert program("open", run.folder, "--into", tmp_path / "opened").returncode == 1
    assert program("open", run.folder, "--into", archive.root / "opened").returncode == 1
    told = program("drop", "contoso", "--evidence", archive.root, "--reason", "They left")
    assert told.returncode == 0, told.stderr
    assert "is destroyed" in told.stdout
    assert program("verify", archive.root).returncode == 0
    assert not list(tmp_path.glob(".opened*"))
