"""onboard.yml over the example customers, judged by ansible-runner's events and the sandbox's ledger."""

from __future__ import annotations

import pytest

from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, LITWARE

pytestmark = pytest.mark.playbook


def told(run, host):
    """What an operator sees of a host: task, outcome and diff, in order."""
    return [(event.task, event.outcome, event.diff) for event in run.of(host)]


def test_check_predicts_the_run_on_an_empty_tenant_and_writes_nothing(ops: Operations) -> None:
    files = sorted((ops.folder / "state").rglob("*"))
    check = ops.play("onboard.yml", "--check")
    assert check.succeeded, check.output
    assert ops.sandbox.writes == []
    assert not ops.evidence.exists()
    assert files == sorted((ops.folder / "state").rglob("*"))

    run = ops.play("onboard.yml")
    assert run.succeeded, run.output
    for customer in ("contoso", "fabrikam", "litware"):
        assert told(check, customer) == told(run, customer)
    assert len(run.changed("contoso")) == 6


def test_second_run_changes_nothing_and_writes_nothing(ops: Operations) -> None:
    assert ops.play("onboard.yml").succeeded
    ops.sandbox.mark()

    again = ops.play("onboard.yml")

    assert again.succeeded, again.output
    assert [e.task for e in again.events if e.outcome == "changed"] == []
    assert ops.sandbox.writes == []


def test_consent_comes_after_the_policy_and_the_secret_comes_last(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")
    assert ops.play("onboard.yml").succeeded

    requests = [entry["request"] for entry in ops.sandbox.ledger(CONTOSO)]

    policy = requests.index("New-ApplicationAccessPolicy")
    consents = [n for n, request in enumerate(requests) if "appRole" in request]
    assert consents
    assert all(policy < consent for consent in consents)
    assert "addPassword" in requests[-1]


def test_an_app_made_by_hand_is_adopted_without_a_second_one(ops: Operations) -> None:
    ops.change(lambda entries: None, "litware")
    run = ops.play("onboard.yml")
    assert run.succeeded, run.output

    apps = ops.sandbox.by_hand(LITWARE, "GET", "/applications")["value"]
    kundo = [app for app in apps if app["displayName"] == "Kundo Mail"]

    assert [app["appId"] for app in kundo] == ["5a4d0000-0003-4000-8000-00000000a001"]
    assert kundo[0]["uniqueName"] == "kundo-mail"
    assert "5a4d0000-0003-4000-8000-00000000b001" in [c["keyId"] for c in kundo[0]["passwordCredentials"]]
    members = ops.sandbox.by_hand(
        LITWARE, cmdlet="Get-DistributionGroupMember", parameters={"Identity": GROUP, "ResultSize": "Unlimited"}
    )
    assert sorted(m["PrimarySmtpAddress"] for m in members["value"]) == [
        "medborgare@litware.example",
        "registrator@litware.example",
    ]


GROUP = "Kundo Mail mailboxes"
