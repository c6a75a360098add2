"""The fleet as JSON for other programs; docs/operators.md explains its fields. One that changes makes a new SCHEMA."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from graphmail.fleet.cell import Cell
from graphmail.fleet.customer import FleetCustomer
from graphmail.fleet.fleet import Fleet
from graphmail.fleet.seen_run import SeenRun

SCHEMA = 1


def to_json(fleet: Fleet) -> str:
    """Ends with a newline; times are ISO 8601 in UTC, to the second."""
    return json.dumps(facts(fleet), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def facts(fleet: Fleet) -> dict[str, Any]:
    local = fleet.local
    return {
        "schema": SCHEMA,
        "at": _time(fleet.at),
        "environment": fleet.environment,
        "state": fleet.state,
        "summary": fleet.summary,
        "counts": {state: fleet.counts[state] for state in ("green", "red", "unknown", "offboarded")},
        "archive_faults": fleet.faults,
        "hidden_entries": fleet.hidden,
        "with_inventory": fleet.with_inventory,
        "customers": [_customer(customer) for customer in fleet.customers],
        "needs": [
            {
                "urgency": need.urgency,
                "customer": need.customer,
                "what": need.what,
                "todo": need.todo,
                "since": _time(need.since),
                "run_id": need.run.run_id if need.run else None,
            }
            for need in fleet.needs
        ],
        "measured": [distribution.facts() for distribution in fleet.distributions],
        "credentials": [expiry.facts(fleet.at) for expiry in local.expiries],
        "open_intents": [
            {
                "customer": intent.customer,
                "action": intent.action,
                "since": _time(intent.since),
                "run_id": intent.run_id,
                "then": intent.then,
            }
            for intent in local.intents
        ],
        "waits": local.waits,
        "not_read": local.problems,
    }


def _customer(customer: FleetCustomer) -> dict[str, Any]:
    return {
        "name": customer.name,
        "environment": customer.environment,
        "state": customer.state,
        "since": _time(customer.since),
        "in_inventory": customer.listed,
        "proved": _time(customer.proved),
        "last_proof": _time(customer.last_proof),
        "checks": {kind: _cell(cell) for kind, cell in customer.cells.items()},
        "beside": {kind: _cell(cell) for kind, cell in (customer.beside | customer.others).items()},
        "last_run": _run(customer.last) if customer.last else None,
        "runs": len(customer.runs),
        "not_verifying": [_run(run) for run in customer.broken],
        "open": [_run(run) for run in customer.open],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "standing": cell.standing,
        "why": cell.why,
        "since": _time(cell.since),
        "run_id": cell.run.run_id if cell.run else None,
        "at": _time(cell.age_from),
    }


def _run(run: SeenRun) -> dict[str, Any]:
    return {"run_id": run.run_id, "ended": run.ended, "why": run.why}


def _time(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None
