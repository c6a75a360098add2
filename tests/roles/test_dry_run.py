"""What a dry run claims: nothing that it has not looked at."""

from __future__ import annotations

import pytest

from tests.roles.conftest import Operations

pytestmark = pytest.mark.playbook


def test_a_dry_run_of_verify_says_that_nothing_was_looked_at(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")

    run = ops.play("verify.yml", "--check")

    assert run.succeeded, run.output
    assert "dry run: nothing looked at, no notebook executed" in run.output
    assert "ready" not in run.output
    claimed = [e for e in run.events if e.module in ("propagation_probe", "verification_notebook")]
    assert {event.outcome for event in claimed} == {"skipped"}
    assert len([event for event in claimed if event.item]) == 4
