"""drift.yml: what differs is told for all customers at once, and nothing is written."""

from __future__ import annotations

import json

import pytest

from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = pytest.mark.playbook
GROUP = "Kundo Mail mailboxes"


@pytest.fixture
def onboarded(ops: Operations) -> Operations:
    ops.change(lambda entries: None, "contoso")
    run = ops.play("onboard.yml")
    assert run.succeeded, run.output
    ops.sandbox.settle(CONTOSO)
    ops.sandbox.mark()
    return ops


def report(ops: Operations) -> dict:
    return json.loads((ops.folder / "reports" / "drift.json").read_text())["customers"]


def test_no_drift_is_exit_status_0_and_writes_nothing(onboarded: Operations) -> None:
    run = onboarded.play("drift.yml")
    assert run.succeeded, run.output
    assert run.rc == 0
    assert onboarded.sandbox.writes == []
    told = report(onboarded)["contoso"]
    assert (told["status"], told["differences"]) == ("none", [])
    assert told["requests"] <= 12
    assert onboarded.record("contoso", "drift")["verdict"] == "passed"


def test_drift_is_not_0_and_stands_in_table_data_and_evidence(onboarded: Operations) -> None:
    added = {"Identity": GROUP, "Member": "sales@contoso.example", "BypassSecurityGroupManagerCheck": True}
    onboarded.sandbox.by_hand(CONTOSO, cmdlet="Add-DistributionGroupMember", parameters=added)
    onboarded.sandbox.settle(CONTOSO)
    onboarded.sandbox.mark()
    run = onboarded.play("drift.yml", f"-e drift_report={onboarded.folder}/elsewhere.json")
    assert run.rc == 2
    assert onboarded.sandbox.writes == []
    (found,) = json.loads((onboarded.folder / "elsewhere.json").read_text())["customers"]["contoso"]["differences"]
    assert (found["area"], found["found"]) == ("group", "sales@contoso.example")
    assert "sales@contoso.example" in run.output
    assert onboarded.record("contoso", "drift")["verdict"] == "failed"


def test_a_customer_that_cannot_be_read_is_unknown_and_the_others_go_on(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso", "fabrikam")
    ops.seal_admin("contoso", client_secret="wrong")
    ops.sandbox.mark()
    run = ops.play("drift.yml")
    assert run.rc == 2
    told = report(ops)
    assert told["contoso"]["status"] == "unknown"
    assert "AADSTS7000215" in told["contoso"]["msg"]
    assert told["fabrikam"]["status"] == "drift"
    assert "There is no app registration" in told["fabrikam"]["differences"][0]["what"]
    assert ops.sandbox.writes == []
