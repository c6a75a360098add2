"""What a lost line of the journal may have claimed is refused, and removed by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphmail.journal import Journal
from graphmail.journal.recovery import recover
from graphmail.state import StateFolder
from tests.modules.conftest import Task
from tests.modules.tenant_by_hand import TenantByHand
from tests.sandbox_process import Sandbox

NAME = "entra_application_password"
SECRET = {"application": "kundo-mail"}


@pytest.fixture
def made(task: Task) -> Journal:
    """A customer with a secret that was made and sealed here, and the journal of that."""
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    task(NAME, **SECRET)
    return Journal(task.state / "contoso" / "journal.jsonl")


def _lose(journal: Journal, kind: str, task: Task) -> None:
    """Damage the line of the secret's intent or outcome, and recover."""
    lines = journal.path.read_bytes().split(b"\n")
    marker = next(e.marker for e in journal.entries() if e.action == "addPassword").encode()
    number = next(n for n, line in enumerate(lines) if marker in line and f'"kind": "{kind}"'.encode() in line)
    lines[number] = lines[number].replace(b'"marker"', b'"mar\x00er"')
    journal.path.write_bytes(b"\n".join(lines))
    assert "line" in task.failed(NAME, **SECRET)
    # As when that run had ended: its lock is free.
    task.run.opened("contoso").lock.close()
    recover(StateFolder(Path(task.state), "contoso"))


@pytest.mark.parametrize("kind", ["intent", "outcome"])
def test_a_secret_whose_line_was_lost_is_refused_and_stays(
    task: Task, made: Journal, contoso: TenantByHand, sandbox: Sandbox, kind: str
) -> None:
    _lose(made, kind, task)
    sandbox.mark()
    before = contoso.secrets()

    for state in ("present", "absent"):
        told = task.failed(NAME, state=state, **SECRET)
        assert "has a credential made by this tool, but not from this state folder" in told
        assert before[0]["keyId"] in told

    assert contoso.secrets() == before
    assert sandbox.writes == []


def test_an_app_whose_claim_was_lost_is_not_taken_away(task: Task, made: Journal, contoso: TenantByHand) -> None:
    lines = made.path.read_bytes().split(b"\n")
    number = next(n for n, line in enumerate(lines) if b'"made"' in line)
    lines[number] = lines[number][:-9]
    made.path.write_bytes(b"\n".join(lines))
    task.run.opened("contoso").lock.close()
    recover(StateFolder(Path(task.state), "contoso"))

    assert [entry.action for entry in made.doubtful()] == ["create entra_application"]
    assert contoso.apps()
