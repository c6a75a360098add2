"""What one ansible-playbook process shares with its task workers: run id, cache, locks, evidence.

Action plugins and the callback import this module in the parent, before any worker is forked, so what is made here is
made once and inherited. (Measured with linear, free and host_pinned, in loops, includes, handlers and rescue.)
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible import context

from graphmail.clock import SystemClock
from graphmail.customer_state import about_to_write
from graphmail.errors import TenantError
from graphmail.evidence import Environment, Outcome, Run, new_run_id
from graphmail.evidence.seal.sealing import Sealing
from graphmail.leaks.letterbox import Letterbox, slot
from graphmail.pending import Pending
from graphmail.run_cache import RunCache
from graphmail.state import Lock, StateFolder, state_root
from graphmail.tenant import RunContext
from graphmail_ansible.invocation import invocation


def evidence_root() -> Path:
    """GRAPHMAIL_EVIDENCE, or `evidence` below the working directory; absolute."""
    return Path(os.environ.get("GRAPHMAIL_EVIDENCE") or "evidence").absolute()


def playbook_name() -> str:
    """The first playbook of this process, as a run id takes it; `adhoc` for a single task."""
    arguments = context.CLIARGS.get("args") or ()
    playbooks = [a for a in arguments if isinstance(a, str) and Path(a).suffix in (".yml", ".yaml")]
    name = Path(playbooks[0]).stem if playbooks and Path(sys.argv[0]).name != "ansible" else "adhoc"
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


@dataclass(frozen=True, slots=True)
class Opened:
    """What a customer's tasks need before the first of them: the lock, for the life of this process, and evidence."""

    lock: Lock
    evidence: Run


class AnsibleRun:
    """State of this process: each customer's lock and evidence, or why they could not be had."""

    def __init__(self) -> None:
        self.run_id = new_run_id(playbook_name(), SystemClock().now())
        self.evidence = evidence_root()
        self._cache: RunCache | None = None
        # Set where a worker can show something at once; a shipped module cannot.
        self.tell: Callable[[str], None] | None = None
        self._customers: dict[str, Opened | TenantError] = {}
        self._sealing = Sealing(self.evidence)
        self._notes: list[str] = []

    def open_cache(self) -> None:
        """Make the cache; in the parent, so that all workers have its key."""
        if self._cache is None:
            self._cache = RunCache.beside(state_root())

    def open(
        self,
        tenant: dict[str, Any],
        plan: dict[str, Any],
        sealing: dict[str, Any] | None = None,
        extra_vars: dict[str, Any] | None = None,
    ) -> None:
        """Take the customer's lock and begin its evidence, before its first task and before any worker is forked.

        Raises nothing: what went wrong is kept and stops this customer's tasks, and theirs alone.
        """
        customer = tenant["customer"]
        if customer in self._customers:
            return
        try:
            lock = StateFolder(state_root(), customer).lock(self.run_id)
            try:
                self._customers[customer] = Opened(lock, self._begun(tenant, plan, sealing or {}, extra_vars or {}))
            except BaseException:
                lock.close()
                raise
        except TenantError as error:
            self._customers[customer] = error
        except OSError as error:
            self._customers[customer] = TenantError(
                "The lock or the evidence cannot be written",
                found=f"{error.filename}: {error.strerror}",
                remedy="mend GRAPHMAIL_STATE or GRAPHMAIL_EVIDENCE, then run again; nothing was contacted",
            )

    def notes(self) -> list[str]:
        """What became of runs that had been left open; each is told once."""
        told, self._notes = self._notes, []
        return told

    def opened(self, customer: str) -> Opened:
        """Raises TenantError when this run may not work on it: another does, or nothing would be recorded."""
        found = self._customers.get(customer) or TenantError(
            "This run has no evidence open for the customer, so it does nothing",
            remedy="run from the checkout or with its ansible.cfg, which enables the callback `evidence`",
        )
        if isinstance(found, TenantError):
            raise found
        return found

    def customers(self) -> dict[str, Run]:
        """Customer -> its evidence, of all that were opened."""
        return {name: found.evidence for name, found in self._customers.items() if isinstance(found, Opened)}

    def close(self, customer: str, *, failed: bool) -> str:
        """Close the customer's evidence; says how, and where its report is. Raises TenantError."""
        waiting = Pending(StateFolder(state_root(), customer)).reason()
        outcome: Outcome = "failed" if failed else "waiting" if waiting else "succeeded"
        run = self.opened(customer).evidence
        report = run.close(outcome, SystemClock().now(), waiting if outcome == "waiting" else "")
        return f"{outcome}  {report}" + (f"  NOT SEALED YET: {run.not_sealed}" if run.not_sealed else "")

    def keep_found(self, customer: str, module: str, found: dict[str, Any]) -> None:
        """From a worker: what a failed task found, for the callback's tables; its message says it to people already."""
        if self._cache:
            self._cache.put(f"found|{module}|{customer}", json.dumps(found).encode())

    def found(self, customer: str, module: str) -> dict[str, Any]:
        """In the parent: what a worker kept; empty if nothing."""
        kept = self._cache.get(f"found|{module}|{customer}") if self._cache else None
        return dict(json.loads(kept)) if kept else {}

    def context(self, customer: str, *, check_mode: bool) -> RunContext:
        """What a task of that customer gets. A check needs neither lock nor evidence: nothing happens.

        Raises TenantError as `opened` does.
        """
        opened = None if check_mode else self.opened(customer)
        return RunContext(
            run_id=self.run_id,
            check_mode=check_mode,
            cache=self._cache,
            evidence=self.evidence,
            observe=opened.evidence.append_http if opened else None,
            confirmed=opened.evidence.append_confirmation if opened else None,
            before_write=about_to_write,
            tell=self.tell,
            witness=slot(StateFolder(state_root(), customer), self.run_id).witness if opened else None,
        )

    def _begun(
        self, tenant: dict[str, Any], plan: dict[str, Any], sealing: dict[str, Any], extra_vars: dict[str, Any]
    ) -> Run:
        run = Run(self.evidence, tenant["customer"], self.run_id)
        environment: Environment = "sandbox" if tenant["cloud"] == "sandbox" else "production"
        now = SystemClock().now()
        sealer = self._sealing.sealer(environment, {"operators": tenant.get("operators", []), **sealing}, now)
        self._notes += sealer.settle(run.customer, now)
        sealer.opened(run, tenant["tenant_id"], now)
        run.sealer = sealer
        run.letterbox = Letterbox(StateFolder(state_root(), tenant["customer"]), self.run_id)
        run.begin(
            tenant_id=tenant["tenant_id"],
            environment=environment,
            at=now,
            plan=plan,
            invocation=invocation(run.customer, extra_vars),
        )
        return run


RUN = AnsibleRun()
