"""How a notebook begins: find the files, read the customer, open the run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from graphmail import customers
from graphmail.clock import SystemClock
from graphmail.customers import Customer
from graphmail.errors import TenantError
from graphmail.evidence import Run, new_run_id
from graphmail.evidence.seal.sealing import Sealing
from graphmail.leaks.letterbox import Letterbox, slot
from graphmail.mailflow.flow import MailFlow
from graphmail.state import Lock, StateFolder, state_root
from graphmail.tenant import RunContext, Tenant


@dataclass(frozen=True, slots=True)
class Opened:
    """One notebook's run on one customer. `lock` is there where the run is the notebook's own."""

    tenant: Tenant
    customer: Customer
    run: Run
    lock: Lock | None


def open_flow(customer: str, inventory: str, run_id: str, evidence: str, max_wait: float, *, notebook: str) -> MailFlow:
    """The flow of one notebook for one customer; raises what `open_run` raises."""
    opened = open_run(customer, inventory, run_id, evidence, notebook=notebook)
    return MailFlow(opened.tenant, opened.customer, opened.run, notebook=notebook, max_wait=max_wait, lock=opened.lock)


def open_run(customer: str, inventory: str, run_id: str, evidence: str, *, notebook: str) -> Opened:
    """Read the customer and open the run; contacts nothing but the tenant's clock.

    With an empty `run_id` it makes a run of its own, and holds the customer's lock until it is concluded; otherwise
    whoever opened that run does. Raises InventoryError, and TenantError for a customer that is not in the inventory.
    """
    _enter_repository()
    found = customers.load(inventory)
    if customer not in found.customers:
        raise TenantError(
            f"The inventory has no customer {customer!r}", expected=", ".join(found.customers), found=str(found.path)
        )
    entry = found.customers[customer]
    connection = entry.connection(found.path)
    own = not run_id
    now = SystemClock().now()  # a run's own times are real in the sandbox too
    run = Run(Path(evidence).absolute(), customer, run_id or new_run_id(notebook, now))
    state = StateFolder(state_root(), customer)
    context = RunContext(
        run_id=run.run_id,
        evidence=Path(evidence).absolute(),
        observe=run.append_http,
        confirmed=run.append_confirmation,
        witness=slot(state, run.run_id).witness,
    )
    tenant = Tenant.connect(connection, context)
    tenant.clock.now()  # a sandbox that does not answer is told before there is a run to close
    lock = tenant.state.lock(run.run_id) if own else None
    if own:
        run.sealer = Sealing(Path(evidence).absolute()).sealer(tenant.environment, found.sealing(), now)
        for note in run.sealer.settle(customer, now):
            print(note)
        run.sealer.opened(run, entry.tenant_id, now)
        run.letterbox = Letterbox(state, run.run_id)
    if not run.exists:
        run.begin(tenant_id=entry.tenant_id, environment=tenant.environment, at=now, plan=entry.variables())
    return Opened(tenant, entry, run, lock)


def _enter_repository() -> None:
    """Make relative paths the repository's, also where Jupyter starts a kernel in the notebooks' own folder."""
    here = Path.cwd()
    if here.name == "notebooks" and (here.parent / "pyproject.toml").is_file():
        os.chdir(here.parent)
