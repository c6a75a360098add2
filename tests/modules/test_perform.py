"""What a task says when something goes wrong in a way nobody foresaw, or foresaw."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphmail.errors import TenantError
from graphmail_ansible import perform as face
from graphmail_ansible.ansible_run import AnsibleRun
from tests.modules.conftest import Task
from tests.sandbox_process import CONTOSO, Sandbox

CANARY = "authtoken=Zm9yIG5vYm9keSdzIGV5ZXM"
URL = f"https://outlook.office.com/api/AttachmentSessions('x')?{CANARY}"


class Broken:
    """A resource that fails as a library might: with everything it knows in its text."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def run(self, tenant: object, params: dict) -> dict:
        try:
            raise ConnectionError(URL)  # noqa: TRY301 - so that it has a cause with the URL in it
        except ConnectionError:
            raise self.error  # noqa: B904 - as libraries do


@pytest.mark.parametrize("error", [ValueError(URL), KeyError(CANARY), RuntimeError("x", {"url": URL})])
def test_an_exceptions_own_text_goes_nowhere(task: Task, tmp_path: Path, monkeypatch, error: Exception) -> None:
    monkeypatch.setattr(face, "resource", lambda name: Broken(error))
    task.run.open(task.connection(), {})
    result = face.perform("entra_application", {"tenant": task.connection()}, check_mode=False, diff=True)
    assert result["failed"]
    assert type(error).__name__ in result["msg"]
    assert CANARY not in str(result)
    log = Path(result["msg"].rpartition(" ")[2].rstrip("."))
    assert log.stat().st_mode & 0o077 == 0
    assert "in run" in log.read_text()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes()


def test_a_foreseen_error_names_the_customer_and_the_request(task: Task, monkeypatch) -> None:
    error = TenantError("Graph said no", found="nothing", remedy="look again", request_id="id-7")
    monkeypatch.setattr(face, "resource", lambda name: Broken(error))
    task.run.open(task.connection(), {})
    result = face.perform("entra_application", {"tenant": task.connection()}, check_mode=False, diff=True)
    assert result["msg"].startswith("Customer contoso: Graph said no. Found: nothing. To do: look again.")
    assert result["request_id"] == "id-7"


def test_a_task_that_nobody_records_is_refused_and_contacts_nobody(task: Task, sandbox: Sandbox, monkeypatch) -> None:
    monkeypatch.setattr(face, "RUN", AnsibleRun())
    params = {"tenant": task.connection(), "unique_name": "kundo-mail"}
    result = face.perform("entra_application", params, check_mode=False, diff=True)
    assert "no evidence open" in result["msg"]
    assert sandbox.requests(CONTOSO) == []
