"""A copy for reading is of what was sealed, and nothing of it lies about afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from graphmail.evidence import EvidenceError, bag
from graphmail.evidence.export import export
from graphmail.evidence.opening import open_runs

from .evidence_samples import NOON
from .sealed_archive import production
from .test_personal_evidence import PEOPLE, opened

NOW = datetime.now(UTC)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    return production(tmp_path, monkeypatch)


@pytest.fixture
def run(archive):
    made = opened(archive)
    made.close("succeeded", NOON)
    return made


def forge(run) -> None:
    """Another plan, in a bag that agrees with itself."""
    plan = run.data / "plan.json"
    plan.write_text(plan.read_text().replace("Mailboxes", "Forged"))
    for name in (*bag.TAG_FILES, *bag.TAG_MANIFESTS, bag.DECLARATION):
        if name != "bag-info.txt":
            (run.bag / name).unlink()
    bag.make(run.bag, {"Run-Outcome": "succeeded"})


def test_a_run_that_is_not_as_it_was_sealed_is_not_opened(archive, run, tmp_path):
    other = opened(archive, 2)
    other.close("succeeded", NOON)
    forge(run)
    for place in (run.folder, archive.root / "contoso"):
        with pytest.raises(EvidenceError, match="is not as it was sealed"):
            open_runs(place, tmp_path / "out" / "to-read", print)
    assert not (tmp_path / "out").exists()
    said: list[str] = []
    assert open_runs(other.folder, tmp_path / "to-read", said.append) == 1
    assert [told.partition(":")[0] for told in said] == ["NOT GENUINE"]


def test_a_run_that_the_log_does_not_know_is_not_opened(archive, run, tmp_path):
    shutil.copytree(run.folder, archive.root / "fabrikam" / run.run_id)
    with pytest.raises(EvidenceError, match="the log does not know it"):
        open_runs(archive.root / "fabrikam", tmp_path / "to-read", print)


def test_what_nothing_vouches_for_is_opened_and_told(archive, run, tmp_path):
    shutil.copytree(run.folder, tmp_path / "copied" / "contoso" / run.run_id)
    archive.authority.away = True
    waiting = opened(archive, 2)
    waiting.close("succeeded", NOON)
    for number, (place, word) in enumerate(((tmp_path / "copied" / "contoso", "VERIFIED"), (waiting.folder, "SEALED"))):
        said: list[str] = []
        assert open_runs(place, tmp_path / f"to-read-{number}", said.append) == 1
        assert said[0].startswith(f"NOT {word}"), said


KILLED = """
import os, signal, sys
from pathlib import Path
from graphmail.evidence import opening
real = opening._write_readable
def dying(run, folder):
    real(run, folder)
    os.kill(os.getpid(), int(sys.argv[3]))
opening._write_readable = dying
opening.open_runs(Path(sys.argv[1]), Path(sys.argv[2]), print)
"""


def killed(run, into, by: signal.Signals) -> int:
    command = [sys.executable, "-c", KILLED, run.folder, into, str(int(by))]
    return subprocess.run(command, env=os.environ, check=False, capture_output=True).returncode


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_asked_to_end_leaves_no_copy(run, tmp_path, by):
    assert killed(run, tmp_path / "out" / "to-read", by) == 128 + by
    assert list((tmp_path / "out").iterdir()) == []


def test_a_copy_that_one_left_who_was_killed_outright_is_named(archive, run, tmp_path):
    into = tmp_path / "out" / "to-read"
    assert killed(run, into, signal.SIGKILL) == -signal.SIGKILL
    (left,) = into.parent.iterdir()
    assert PEOPLE["mailbox"] in next(left.rglob("plan.json")).read_text()
    for write in (
        lambda say: open_runs(run.folder, into, say),
        lambda say: export(archive.sealer, "contoso", into, NOW, say),
    ):
        said: list[str] = []
        write(said.append)
        assert [told for told in said if str(left) in told and "remove it" in told]
        shutil.rmtree(into)
