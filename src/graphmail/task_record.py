"""A record that a task, and no notebook, leaves in its run's evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from graphmail.evidence import Check, Record, Run, Subject
from graphmail.tenant import Tenant


def subject(client_id: str, key_id: str, mailboxes: Iterable[str], outside_mailbox: str) -> Subject:
    """What the record is about."""
    return Subject(client_id=client_id, key_id=key_id, mailboxes=list(mailboxes), outside_mailbox=outside_mailbox)


def record_of(tenant: Tenant, name: str, about: Subject, checks: Sequence[Check], started: datetime) -> Record:
    """Finished now; `name` is one of `graphmail.evidence.titles`."""
    return Record(
        customer=tenant.customer,
        tenant_id=tenant.tenant_id,
        environment=tenant.environment,
        run_id=tenant.run.run_id,
        notebook=name,
        started=started,
        finished=tenant.clock.now(),
        subject=about,
        checks=list(checks),
    )


def keep(tenant: Tenant, record: Record) -> Path | None:
    """Write it into the run's evidence and return where; nothing where the run keeps none, as in a dry run."""
    if tenant.run.evidence is None or tenant.run.check_mode:
        return None
    return Run(tenant.run.evidence, tenant.customer, tenant.run.run_id).write_record(record)
