"""A file of library/ run by itself, as by somebody who ships it: one task, with the lock and the evidence of a run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.modules.conftest import Task
from tests.sandbox_process import ROOT


def run(task: Task, folder: Path, **params: object) -> dict:
    arguments = folder / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"tenant": task.connection(), **params}}))
    command = [sys.executable, str(ROOT / "library" / "entra_application.py"), str(arguments)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return dict(json.loads(told.stdout))


def test_it_leaves_closed_evidence_of_its_own(task: Task, tmp_path: Path) -> None:
    result = run(task, tmp_path, unique_name="kundo-mail", display_name="Kundo Mail")
    assert result["changed"]
    (bag,) = (tmp_path / "evidence").glob("contoso/*/bag")
    assert (bag / "manifest-sha256.txt").exists()
    assert "succeeded" in (bag / "bag-info.txt").read_text()


def test_while_another_run_works_on_the_customer_it_does_nothing(task: Task, tmp_path: Path, sandbox) -> None:
    task.run.open(task.connection(), {})
    result = run(task, tmp_path, unique_name="kundo-mail", display_name="Kundo Mail")
    assert result["failed"]
    assert task.run.run_id in result["msg"]
    assert sandbox.writes == []


def test_a_check_leaves_nothing(task: Task, tmp_path: Path, sandbox) -> None:
    result = run(task, tmp_path, unique_name="kundo-mail", display_name="Kundo Mail", _ansible_check_mode=True)
    assert result["changed"]
    assert not (tmp_path / "evidence").exists()
    assert sandbox.writes == []
