"""Preflight of all customers at once, before anything is written: a table, and the same as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.roles.conftest import Operations

pytestmark = pytest.mark.playbook


def report(ops: Operations) -> dict[str, Any]:
    return dict(json.loads((ops.folder / "reports" / "preflight.json").read_text())["customers"])


def spoil(entries: dict[str, Any]) -> None:
    entries["contoso"]["mailboxes"] = ["trainee@contoso.example"]


def test_preflight_alone_tells_each_customer_and_writes_nothing(ops: Operations) -> None:
    ops.change(spoil, "contoso", "fabrikam", "litware")
    ops.seal_admin("litware", "5a4d0000-0000-4000-8000-000000000003", client_secret="wrong")
    ops.sandbox.mark()
    run = ops.play("preflight.yml")
    assert run.rc == 2
    assert ops.sandbox.writes == []
    told = report(ops)
    assert {name: row["status"] for name, row in told.items()} == {
        "contoso": "blocked",
        "fabrikam": "ready",
        "litware": "unknown",
    }
    (obstacle,) = told["contoso"]["obstacles"]
    assert (obstacle["area"], obstacle["stops"]) == ("mailbox", "yes")
    assert "AADSTS7000215" in told["litware"]["msg"]
    assert "customer" in run.output
    assert "fabrikam" in run.output.partition("---")[2]


def test_onboarding_tells_all_customers_before_its_first_write_and_goes_on_with_those_that_are_ready(
    ops: Operations,
) -> None:
    ops.change(spoil, "contoso", "fabrikam")
    ops.sandbox.mark()
    run = ops.play("onboard.yml")
    assert list(run.failures()) == ["contoso"]
    assert run.changed("fabrikam")
    assert {entry["target"] for entry in ops.sandbox.writes} != set()
    events = [event.host for event in run.events if event.outcome == "changed"]
    assert set(events) == {"fabrikam"}
    assert run.output.index("reports/preflight.json") < run.output.index("Register the app")
    assert report(ops)["contoso"]["status"] == "blocked"
