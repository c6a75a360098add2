"""What one ansible-playbook process shares with its task workers: run id, cache, locks, evidence.

Action plugins and the callback import this module in the parent, before any worker is forked, so what is made here is
made once and inherited. (Measured with linear, free and host_pinned, in loops, includes, handlers and rescue.)
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from ansible import context

from graphmail.clock import SystemClock
from graphmail.errors import TenantError
from graphmail.evidence import Run, new_run_id
from graphmail.run_cache import RunCache
from graphmail.state import Lock, StateFolder, state_root
from graphmail.tenant import RunContext


def evidence_root() -> Path:
    """GRAPHMAIL_EVIDENCE, or `evidence` below the working directory; absolute."""
    return Path(os.environ.get("GRAPHMAIL_EVIDENCE") or "evidence").absolute()


def playbook_name() -> str:
    """The first playbook of this process, as a run id takes it; `adhoc` for a single task."""
    arguments = context.CLIARGS.get("args") or ()
    playbooks = [a for a in arguments if isinstance(a, str) and Path(a).suffix in (".yml", ".yaml")]
    name = Path(playbooks[0]).stem if playbooks and Path(sys.argv[0]).name != "ansible" else "adhoc"
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


class AnsibleRun:
    """State of this process; `locks` holds each customer's lock, or why it could not be taken."""

    def __init__(self) -> None:
        self.run_id = new_run_id(playbook_name(), SystemClock().now())
        self.evidence = evidence_root()
        self._cache: RunCache | None = None
        self._locks: dict[str, Lock | TenantError] = {}
        self._begun: dict[str, Run] = {}

    def open_cache(self) -> None:
        """Make the cache; in the parent, so that all workers have its key."""
        if self._cache is None:
            self._cache = RunCache.beside(state_root())

    def lock(self, customer: str) -> None:
        """Take the customer's lock for the life of this process and of every worker it forks."""
        if customer in self._locks:
            return
        try:
            self._locks[customer] = StateFolder(state_root(), customer).lock(self.run_id)
        except TenantError as error:
            self._locks[customer] = error

    def held(self, customer: str) -> None:
        """Raise TenantError when another run works on this customer."""
        if customer not in self._locks:
            self.lock(customer)
        lock = self._locks[customer]
        if isinstance(lock, TenantError):
            raise lock

    def begin(self, tenant: dict[str, Any], plan: dict[str, Any]) -> None:
        """Open the customer's evidence, before its first task."""
        customer = tenant["customer"]
        if customer in self._begun or isinstance(self._locks.get(customer), TenantError):
            return
        run = Run(self.evidence, customer, self.run_id)
        run.begin(
            tenant_id=tenant["tenant_id"],
            environment="sandbox" if tenant["cloud"] == "sandbox" else "production",
            at=SystemClock().now(),
            plan=plan,
        )
        self._begun[customer] = run

    def evidence_of(self, customer: str) -> Run | None:
        return self._begun.get(customer)

    def begun(self) -> dict[str, Run]:
        return dict(self._begun)

    def context(self, customer: str, *, check_mode: bool) -> RunContext:
        """What a task of that customer gets. In check mode nothing is recorded: nothing happens."""
        run = None if check_mode else self._begun.get(customer)
        return RunContext(
            run_id=self.run_id,
            check_mode=check_mode,
            cache=self._cache,
            evidence=self.evidence,
            observe=run.append_http if run else None,
        )


RUN = AnsibleRun()
