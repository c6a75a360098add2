"""Playbooks of a few lines, run as an operator runs them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphmail_ansible.playbook_run import PlaybookRun, TaskEvent, run_playbook
from tests.roles.conftest import Operations
from tests.sandbox_process import Sandbox


class Plays(Operations):
    """`run([task, …])` runs these tasks for all customers; `look` is called after each task, while the run goes on."""

    def run(
        self,
        tasks: list[dict[str, Any]],
        *arguments: str,
        look: Callable[[], object] = lambda: None,
        inventory: Path | None = None,
        play: dict[str, Any] | None = None,
        **environment: str,
    ) -> PlaybookRun:
        playbook = self.folder / "few_lines.yml"
        content = {"name": "A few tasks", "hosts": "customers", "gather_facts": False, "tasks": tasks} | (play or {})
        playbook.write_text(yaml.safe_dump([content]))

        def tell(event: TaskEvent) -> None:
            look()

        return run_playbook(
            playbook, inventory or self.inventory, self.environment | environment, *arguments, tell=tell
        )


@pytest.fixture
def plays(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plays]:
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    # Where ansible-runner's private folder comes to lie.
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    yield Plays(sandbox, tmp_path)
    sandbox.reset()
