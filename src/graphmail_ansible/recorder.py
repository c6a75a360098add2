"""What the callback does: opens each customer's evidence, writes down every task, closes it, whatever happened."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

from graphmail.clock import SystemClock
from graphmail.errors import TenantError
from graphmail.evidence import Step
from graphmail_ansible.ansible_run import RUN, playbook_name
from graphmail_ansible.fleet_tables import FleetTables

# Modules that are asked again and again; what each of their looks found is shown at once.
ROUNDS = ("propagation_probe", "access_migration")

# ansible-playbook's exit status when a customer failed.
FAILED = 2


class Recorder(CallbackBase):
    """A run that touches a tenant leaves one directory, also when it fails; `--check` leaves none.

    A play that says `touches_no_tenant` leaves none either, and takes no lock.
    """

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[tuple[str, str], float] = {}
        self._tables = FleetTables()
        self._extra_vars: dict[str, Any] = {}

    def v2_playbook_on_play_start(self, play: Any) -> None:
        RUN.open_cache()
        self._tell_tables()
        self._extra_vars = dict(play.get_variable_manager().extra_vars)
        if play.get_vars().get("touches_no_tenant"):
            # And if it did: without evidence open, no task works on a customer. Its commands run in the playbook's
            # folder, unless they are told where this process began; a shell has said so, cron has not.
            os.environ["PWD"] = str(Path.cwd())
            return
        for host in play.get_variable_manager()._inventory.get_hosts(play.hosts):  # noqa: SLF001 - no public way
            variables = host.get_vars()
            if "tenant" not in variables or "customer" not in variables:
                continue
            if not context.CLIARGS.get("check"):
                sealing = dict(variables.get("sealing") or {})
                RUN.open(dict(variables["tenant"]), dict(variables["customer"]), sealing, self._extra_vars)
        for note in RUN.notes():
            self._display.warning(note)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._task_began = time.monotonic()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._started[host.name, task._uuid] = time.monotonic()  # noqa: SLF001

    def v2_runner_on_ok(self, result: Any) -> None:
        self._tell_round(result)
        self._step(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._step(result, "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._tell_round(result)
        self._step(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._step(result, "unreachable")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._tell_tables()
        left_open = False
        for customer in RUN.customers():
            failed = bool(stats.failures.get(customer) or stats.dark.get(customer))
            try:
                self._display.display(f"evidence  {customer}  {RUN.close(customer, failed=failed)}")
            except (TenantError, OSError) as error:
                left_open = True
                self._display.error(f"The evidence of customer {customer} could not be closed: {error}")
        if left_open:
            # Ansible has made up its mind about the exit status, and a callback has no other say in it.
            raise SystemExit(FAILED)

    def _tell_tables(self) -> None:
        """Of the play that has ended: a table for all its customers, and the same as data below `reports/`."""

        def file(name: str) -> Path:
            return Path(self._extra_vars.get(f"{name}_report") or RUN.evidence.with_name("reports") / f"{name}.json")

        about = {"run_id": RUN.run_id, "playbook": playbook_name(), "at": SystemClock().now().isoformat()}
        try:
            self._tables.tell(self._display.display, file, about)
        except OSError as error:
            self._display.error(f"The report could not be written: {error.filename}: {error.strerror}")

    def _tell_round(self, result: Any) -> None:
        told = result.result
        if str(result.task.action).rpartition(".")[2] in ROUNDS and "status" in told:
            self._display.display(f"{told['status']}  {result.host.name}  {told.get('msg', '')}")

    def _step(self, result: Any, outcome: Any) -> None:
        if outcome != "skipped":
            module, customer = str(result.task.action).rpartition(".")[2], result.host.name
            kept = RUN.found(customer, module) if outcome == "failed" else {}
            self._tables.hear(module, customer, result.result | kept)
        run = RUN.customers().get(result.host.name)
        if run is None:
            return
        task, told = result.task, result.result
        began = self._started.pop((result.host.name, task._uuid), None)  # noqa: SLF001
        diff = told.get("diff") if isinstance(told.get("diff"), dict) else {}
        run.append_step(
            Step(
                at=SystemClock().now(),
                task=str(result.task_name),
                outcome=outcome,
                module=str(task.action),
                role=str(getattr(task, "_role", None) or ""),
                seconds=round(time.monotonic() - began, 3) if began else 0.0,
                message=_failure(told) if outcome == "failed" else _warnings(result),
                before=diff.get("before"),
                after=diff.get("after"),
            )
        )


def _failure(told: Any) -> str:
    """Of a loop Ansible itself says only that an item failed."""
    items = [str(item.get("msg", "")) for item in told.get("results") or () if item.get("failed")]
    return "\n".join(items) or str(told.get("msg", ""))


def _warnings(result: Any) -> str:
    return " ".join(str(warning.event.msg) for warning in result.warnings)
