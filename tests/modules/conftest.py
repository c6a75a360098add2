"""Running a module in this process against the sandbox, by the path that a playbook takes: its real action plugin."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task as AnsibleTask
from ansible.plugins.loader import action_loader

from graphmail.customers import load
from graphmail.rehearsal import Rehearsal
from graphmail_ansible import action, perform
from graphmail_ansible.ansible_run import AnsibleRun
from tests.modules.tenant_by_hand import TenantByHand
from tests.nothing_leaked import nothing_leaked
from tests.sandbox_process import EXAMPLE, ROOT, Sandbox

__all__ = ["nothing_leaked"]

INVENTORY = ROOT / "inventory.example.yml"


@cache
def _plugins() -> Any:
    action_loader.add_directory(str(ROOT / "plugins" / "action"))
    return action_loader


class Task:
    """`task("entra_application", unique_name="kundo-mail")` runs one task of contoso and returns its result.

    All tasks of a test are of one run: they share its tokens, and a check's tasks know what earlier ones would make.
    """

    def __init__(self, state: Path) -> None:
        self.customers = load(INVENTORY).customers
        self.state = state
        self.run = AnsibleRun()
        self.run.open_cache()

    def __call__(
        self, module: str, /, *, check: bool = False, customer: str = "contoso", **params: Any
    ) -> dict[str, Any]:
        result = self._perform(module, params, check=check, customer=customer)
        assert not result.get("failed"), result["msg"]
        return result

    def failed(self, module: str, /, *, check: bool = False, customer: str = "contoso", **params: Any) -> str:
        """The message of a task that fails, as a person reads it."""
        result = self._perform(module, params, check=check, customer=customer)
        assert result.get("failed"), f"{module} did not fail: {result}"
        return str(result["msg"])

    def connection(self, customer: str = "contoso") -> dict[str, Any]:
        return self.customers[customer].connection(INVENTORY, self.state)

    def _perform(self, module: str, params: dict[str, Any], *, check: bool, customer: str) -> dict[str, Any]:
        task = AnsibleTask()
        task.action = module
        task.args = {"tenant": self.connection(customer)} | params
        if not check:
            # As the callback does before a play.
            self.run.open(self.connection(customer) | task.args["tenant"], {})
        task.check_mode = check
        task.diff = True
        # No module is shipped, so nothing is done over the connection.
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=""))
        plugin = _plugins().get(module, task, connection, None, DataLoader(), None, None)
        try:
            return dict(plugin.run(task_vars={}))
        except AnsibleError as error:
            # The executor makes the same of it: a wrong parameter is the task's failure.
            return {"failed": True, "msg": str(error)} | getattr(error, "result", {})


@pytest.fixture
def task(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Task]:
    """An operator's machine on which nothing has been run yet; its state lies below `tmp_path`."""
    rehearsal = Rehearsal(tmp_path, EXAMPLE, INVENTORY, running=sandbox.path)
    for name, value in rehearsal.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GRAPHMAIL_EVIDENCE", str(tmp_path / "evidence"))
    with rehearsal:
        task = Task(tmp_path / "state")
        monkeypatch.setattr(perform, "RUN", task.run)
        monkeypatch.setattr(action, "RUN", task.run)
        sandbox.mark()
        yield task


@pytest.fixture
def contoso(sandbox: Sandbox) -> TenantByHand:
    """Contoso, where nobody has done anything yet."""
    return TenantByHand(sandbox)
