"""What happens when a run cannot be recorded: nothing, for that customer, and the others are not disturbed."""

from __future__ import annotations

import pytest

from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = pytest.mark.playbook


def test_without_an_archive_no_tenant_is_touched(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")
    ops.evidence.write_text("a file where the archive should be")

    run = ops.play("onboard.yml")

    assert run.rc != 0
    assert "evidence cannot be written" in run.failures()["contoso"]
    assert ops.sandbox.writes == []
    assert ops.sandbox.requests(CONTOSO) == []


def test_a_customer_whose_evidence_fails_stops_alone(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso", "litware")
    ops.evidence.mkdir()
    (ops.evidence / "contoso").write_text("a file where contoso's folder should be")

    run = ops.play("onboard.yml")

    assert "evidence cannot be written" in run.failures()["contoso"]
    assert run.changed("contoso") == []
    assert run.changed("litware")
    assert list(ops.evidence.glob("litware/*/bag/manifest-sha256.txt"))
