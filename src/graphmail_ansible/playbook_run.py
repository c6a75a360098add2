"""A playbook run through ansible-runner, judged by its events: task, host, changed, diff. Never by printed text."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import ansible_runner

REPOSITORY = Path(__file__).parents[2]


ENDS = ("ok", "failed", "skipped", "unreachable")


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One task of one host, when it has ended. `outcome` is ok, changed, skipped, failed or unreachable."""

    host: str
    task: str
    module: str
    outcome: str
    message: str = ""
    diff: Any = None
    result: Mapping[str, Any] = field(default_factory=dict)
    item: bool = False

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self | None:
        """The end of a task, or of one item of its loop, that this event tells; None for any other event."""
        kind, data = event["event"], event.get("event_data", {})
        outcome = kind.rpartition("_on_")[2]
        if not kind.startswith("runner_") or outcome not in ENDS:
            return None
        result = data.get("res") or {}
        if outcome == "ok" and result.get("changed"):
            outcome = "changed"
        if outcome == "failed" and data.get("ignore_errors"):
            outcome = "ok"
        return cls(
            host=str(data.get("host", "")),
            task=str(data.get("task", "")),
            module=str(data.get("task_action", "")).rpartition(".")[2],
            outcome=outcome,
            message=str(result.get("msg", "")),
            diff=result.get("diff"),
            result=result,
            item=kind.startswith("runner_item_"),
        )


@dataclass(slots=True)
class PlaybookRun:
    """What a run did. `status` is ansible-runner's own word, `rc` ansible-playbook's exit status."""

    status: str
    rc: int
    events: list[TaskEvent] = field(default_factory=list)
    output: str = ""

    @property
    def succeeded(self) -> bool:
        # A run without any task is no success: an inventory that matches nobody ends with status "successful".
        return self.rc == 0 and self.status == "successful" and bool(self.events)

    def of(self, host: str, *outcomes: str, items: bool = False) -> list[TaskEvent]:
        """That host's events, or those of loops' items; only those with one of `outcomes` if any are given."""
        found = [e for e in self.events if e.host == host and e.item == items]
        return [e for e in found if not outcomes or e.outcome in outcomes]

    def changed(self, host: str) -> list[str]:
        return [event.task for event in self.of(host, "changed")]

    def failures(self) -> dict[str, str]:
        """Host -> what its last failed task says, or its last failed item: of a loop Ansible says only that one did."""
        failed = [e for e in self.events if e.outcome in ("failed", "unreachable")]
        return {e.host: e.message for e in failed if not e.result.get("results")}

    @property
    def hosts(self) -> list[str]:
        return sorted({event.host for event in self.events})


def run_playbook(
    playbook: str | Path,
    inventory: Path,
    environment: Mapping[str, str],
    *arguments: str,
    tell: Callable[[TaskEvent], None] = lambda event: None,
    show: Callable[[str], None] = lambda text: None,
) -> PlaybookRun:
    """Run a playbook of this repository. `environment` is added to this process's own and may hold no secret.

    `arguments` go to ansible-playbook, e.g. `--check`, `--diff`, `--limit=contoso`. `show` is given at once what a task
    shows while it runs.
    """
    done = PlaybookRun("", -1)

    def hear(event: Mapping[str, Any]) -> bool:
        if event.get("event") == "verbose":
            show(str(event.get("stdout", "")))
        heard = TaskEvent.of(event)
        if heard:
            done.events.append(heard)
            tell(heard)
        return False

    with tempfile.TemporaryDirectory(prefix="playbook-") as private:
        ran = ansible_runner.run(
            private_data_dir=private,
            project_dir=str(REPOSITORY),
            playbook=str((REPOSITORY / "playbooks" / playbook).absolute()),
            inventory=str(inventory.absolute()),
            envvars=_variables(environment),
            cmdline=" ".join(arguments) or None,
            quiet=True,
            suppress_env_files=True,
            status_handler=_forget_environment,
            event_handler=hear,
        )
        done.output = ran.stdout.read() if os.path.exists(ran.stdout.name) else ""
    done.status, done.rc = ran.status, int(ran.rc)
    return done


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What is added to this process's own environment, with absolute paths.

    ansible-runner finds ansible.cfg by the project folder, and hides its callback_plugins.
    """
    return {
        # This Python's own ansible-playbook, whether its environment is activated or not.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(REPOSITORY / "plugins" / "callback"),
        **environment,
    }


def _forget_environment(status: Mapping[str, Any], runner_config: Any) -> None:
    """Remove ansible-runner's record of the command, written whatever is suppressed: it holds the whole environment."""
    (Path(runner_config.artifact_dir) / "command").unlink(missing_ok=True)
