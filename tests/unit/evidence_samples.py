"""A record and a run as tests need them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from graphmail.evidence import Check, Record, Run, Step, Subject

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TENANT = "5a4d0000-0000-4000-8000-000000000001"
RUN_ID = "20260301T120000Z-site-0a1b2c"


def check(verdict="passed", **changed) -> Check:
    given = {"name": "send", "claim": "Mail goes out", "expected": "202", "observed": "202", "verdict": verdict}
    return Check(**{**given, **changed})


def record(*checks: Check, at: datetime = NOON, **changed) -> Record:
    given = {
        "customer": "contoso",
        "tenant_id": TENANT,
        "environment": "sandbox",
        "run_id": RUN_ID,
        "notebook": "verify_send",
        "started": at - timedelta(seconds=30),
        "finished": at,
        "subject": Subject(client_id="c", key_id="k", mailboxes=["a@contoso.example"], outside_mailbox="ceo@x.example"),
        "checks": list(checks),
    }
    return Record(**{**given, **changed})


def begun(root: Path, *, customer: str = "contoso", run_id: str = RUN_ID, environment: str = "sandbox") -> Run:
    run = Run(root, customer, run_id)
    run.begin(tenant_id=TENANT, environment=environment, at=NOON, plan={"group": {"name": "Kundo Mail mailboxes"}})
    return run


def step(**changed) -> Step:
    return Step(**{"at": NOON, "task": "Register the app", "outcome": "changed", **changed})
