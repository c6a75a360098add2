"""When before.json and after.json of a run are written, and what they say where nothing was read.

before.json comes before the first write of the run, so where there is none, no write was begun. With that write comes
an after.json that says that the state after it was not read: whatever then becomes of the run, that stays true until
the state is read again. So nothing has to be made up for a run that was killed.
"""

from __future__ import annotations

from typing import Any, Literal

from graphmail.customer_state.snapshot import Snapshot
from graphmail.customer_state.subject import Subject
from graphmail.evidence import Run
from graphmail.evidence.states import NOT_YET, unread
from graphmail.tenant import Tenant

NO_APP = "the plan of this run names no app"


def about_to_write(tenant: Tenant) -> None:
    """Called before each write to a customer's configuration; reads what is there before the first one.

    Raises nothing for what cannot be read: before.json says it.
    """
    run = _run(tenant)
    if run is None or _not_read_since(run):
        return
    keep_before(tenant, fresh=True)
    run.write_state("after", unread(NOT_YET))


def keep_before(tenant: Tenant, *, fresh: bool = False) -> None:
    """Write before.json, unless it is there. With `fresh` nothing of it was read earlier in this run."""
    run = _run(tenant)
    if run is None or (run.data / "before.json").exists():
        return
    if fresh:
        tenant.reads.drop()
    run.write_state("before", _state(tenant, run))


def read_after(tenant: Tenant) -> Literal["read", "unchanged", "unknown"]:
    """Write after.json if something was written since it was last read; `unknown` where a part could not be read."""
    run = _run(tenant)
    if run is None or not _not_read_since(run):
        return "unchanged"
    tenant.reads.drop()
    state = _state(tenant, run)
    run.write_state("after", state)
    return "unknown" if state.get("not_read") or state["read"] is None else "read"


def _state(tenant: Tenant, run: Run) -> dict[str, Any]:
    subject = Subject.of(run.about().get("plan") or {}, tenant.connection.get("part") or "")
    return Snapshot(tenant, subject).take() if subject else unread(NO_APP)


def _run(tenant: Tenant) -> Run | None:
    """The run's evidence; None where nothing of this is recorded, as in a dry run or in a kernel."""
    context = tenant.run
    if context.check_mode or context.evidence is None or not context.run_id:
        return None
    run = Run(context.evidence, tenant.customer, context.run_id)
    return run if run.exists else None


def _not_read_since(run: Run) -> bool:
    """Whether something was written of which after.json says that the state after it was not read."""
    after = run.state("after")
    return bool(after) and after.get("read") is None
