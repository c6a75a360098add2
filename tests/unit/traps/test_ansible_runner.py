"""ansible-runner: relative paths that match nobody, and the environment in its artifacts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.canary import traced_files
from tests.unit.traps.conftest import Plays

pytestmark = pytest.mark.playbook

SAY = [{"name": "Say", "ansible.builtin.debug": {"msg": "here"}}]
CANARY = "Hw4kTz7QnX2vYb9JmR5c"


def test_a_relative_inventory_is_the_one_of_the_working_directory(plays: Plays, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(plays.folder)

    run = plays.run(SAY, inventory=Path("inventory.yml"))

    assert run.succeeded
    assert run.hosts == ["contoso", "fabrikam", "litware"]


def test_an_inventory_that_is_not_there_is_no_success(plays: Plays, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(plays.folder)

    run = plays.run(SAY, inventory=Path("no.yml"))

    assert not run.succeeded
    assert run.rc != 0


def test_a_misspelt_limit_is_no_success(plays: Plays):
    run = plays.run(SAY, "--limit=contoso,fabrikm")

    assert not run.succeeded
    assert run.rc != 0
    assert "fabrikm" in run.output


def test_the_environment_is_written_nowhere(plays: Plays, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEBODYS_PASSWORD", CANARY)
    seen: list[dict[str, list[str]]] = []
    private: set[str] = set()

    def look() -> None:
        private.update(path.name for path in (plays.folder / "tmp").iterdir())
        seen.append(traced_files([CANARY], plays.folder / "tmp"))

    run = plays.run(SAY, look=look, ANOTHER_PASSWORD=CANARY)

    assert run.succeeded
    assert len(private) == 1
    assert seen == [{}, {}, {}]
    assert list((plays.folder / "tmp").iterdir()) == []


def test_the_callback_of_the_repository_is_heard_all_the_same(plays: Plays):
    assert plays.run(SAY).succeeded

    assert len(list(plays.evidence.glob("*/*/bag/bagit.txt"))) == 3
