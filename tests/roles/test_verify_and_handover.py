"""The whole job: waiting in rounds, the notebooks, the sealed hand-over, and what refuses it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from graphmail.sealed import new_identity, open_sealed
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, LITWARE
from tests.sweep import sampled
from tests.void_scopes import HOURS, App

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]
NOTEBOOKS = ("verify_access", "verify_send", "verify_receive", "verify_large_mail")


@pytest.fixture
def vendor(ops: Operations) -> str:
    """A vendor whose private key the test has."""
    return new_identity(ops.folder / "vendor")


def contoso(ops: Operations, vendor: str) -> None:
    ops.change(lambda entries: entries["contoso"].update(handover={"recipients": [vendor]}), "contoso")


def test_site_verifies_and_hands_over_what_works(ops: Operations, vendor: str) -> None:
    contoso(ops, vendor)

    run = ops.play("site.yml")

    assert run.succeeded, run.output
    for notebook in NOTEBOOKS:
        record = ops.record("contoso", notebook)
        assert record["verdict"] == "passed", record
        assert record["environment"] == "sandbox"
    probes = [e.result["status"] for e in run.of("contoso") if e.module == "propagation_probe"]
    assert probes[-1] == "ready"
    assert probes.count("pending") >= 3
    assert not (ops.state("contoso") / "pending.json").exists()

    (delivered,) = (ops.state("contoso") / "handover").glob("*.age")
    both = f"Send both to the vendor: {delivered} and {delivered.with_suffix('.txt')}"
    assert both in [event.message for event in run.of("contoso", "ok")]
    opened = json.loads(open_sealed(delivered, ops.folder / "vendor"))
    assert opened["tenant_id"] == CONTOSO
    answer = ops.sandbox.token_answer(CONTOSO, client_id=opened["client_id"], client_secret=opened["client_secret"])
    assert answer.status_code == 200
    note = delivered.with_suffix(".txt").read_text()
    assert opened["client_id"] in note
    assert opened["client_secret"] not in note
    secret_is_nowhere(ops, opened["client_secret"])

    again = ops.play("handover.yml")
    assert again.succeeded, again.output
    assert again.changed("contoso") == []

    one_closed_bag_for_each_run(ops, "contoso", 2)


def secret_is_nowhere(ops: Operations, secret: str) -> None:
    for file in ops.folder.rglob("*"):
        if file.is_file():
            assert secret.encode() not in file.read_bytes(), file


def one_closed_bag_for_each_run(ops: Operations, customer: str, runs: int) -> None:
    bags = sorted(ops.evidence.glob(f"{customer}/*/bag"))
    assert len(bags) == runs
    command = [sys.executable, "-m", "graphmail.evidence", "verify", str(ops.evidence)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    for bag in bags:
        assert (bag / "manifest-sha256.txt").exists()
        assert "SANDBOX" in (bag / "data" / "report.html").read_text()


def test_a_policy_removed_by_hand_fails_the_proof_and_the_hand_over(ops: Operations, vendor: str) -> None:
    contoso(ops, vendor)
    assert ops.play("onboard.yml").succeeded
    ops.sandbox.settle(CONTOSO)
    (policy,) = ops.sandbox.by_hand(CONTOSO, cmdlet="Get-ApplicationAccessPolicy")["value"]
    removed = {"Identity": policy["Identity"], "Confirm": False}
    ops.sandbox.by_hand(CONTOSO, cmdlet="Remove-ApplicationAccessPolicy", parameters=removed)
    ops.sandbox.settle(CONTOSO)

    verify = ops.play("verify.yml")
    handover = ops.play("handover.yml")
    (page,) = map(str, ops.evidence.glob("contoso/*verify*/bag/data/report.html"))

    assert verify.rc != 0
    told = verify.failures()["contoso"]
    for part in ("contoso is not verified: verify_access failed", "ceo@contoso.example IS REACHABLE", "To do: ", page):
        assert part in told
    assert "assertion" not in verify.output
    notebooks = verify.of("contoso", "ok", "failed", items=True)
    assert {e.result["notebook"] for e in notebooks if e.outcome == "failed"} == {"verify_access"}
    assert len(notebooks) == len(NOTEBOOKS)
    record = ops.record("contoso", "verify_access")
    assert record["verdict"] == "failed"
    assert any(
        "ceo@contoso.example" in c["claim"] + c["observed"] for c in record["checks"] if c["verdict"] == "failed"
    )
    assert handover.rc != 0
    assert "is not handed over" in handover.failures()["contoso"]
    assert not list((ops.state("contoso") / "handover").glob("*"))
    assert (next(ops.evidence.glob("contoso/*verify*/bag/bag-info.txt"))).read_text().count("failed")
    steps = [json.loads(line) for line in Path(page).with_name("steps.jsonl").read_text().splitlines()]
    assert "IS REACHABLE" in [step for step in steps if step["outcome"] == "failed"][-1]["message"]


def test_a_role_in_exchange_beside_the_policy_fails_proof_and_hand_over_and_stops_the_next_onboarding(
    ops: Operations, vendor: str
) -> None:
    wanted = {"handover": {"recipients": [vendor]}, "probe": {"large_mail_size": "4 MiB"}}
    ops.change(lambda entries: entries["contoso"].update(wanted), "contoso")
    assert ops.play("onboard.yml").succeeded
    apps = ops.sandbox.by_hand(CONTOSO, "GET", "/applications")["value"]
    client_id = next(app["appId"] for app in apps if app["uniqueName"] == "kundo-mail")
    App(ops.sandbox, CONTOSO, client_id, secret="").assign("Mail.Read")
    ops.sandbox.advance(CONTOSO, HOURS)
    ops.sandbox.mark()

    again = ops.play("onboard.yml")
    assert ops.sandbox.writes == []
    verify = ops.play("verify.yml")
    handover = ops.play("handover.yml")

    assert "Remove-ManagementRoleAssignment 'by hand'" in again.failures()["contoso"]
    assert "verify_access failed" in verify.failures()["contoso"]
    red = {c["name"] for c in ops.record("contoso", "verify_access")["checks"] if c["verdict"] == "failed"}
    assert red >= {"access ceo@contoso.example", "scope"}
    assert "is not handed over" in handover.failures()["contoso"]
    assert not list((ops.state("contoso") / "handover").glob("*"))


@pytest.mark.parametrize("change", sampled(["no proof", "old", "other mailboxes"], "other mailboxes"))
def test_hand_over_refuses_without_a_fresh_proof_of_the_very_same(ops: Operations, vendor: str, change: str) -> None:
    contoso(ops, vendor)
    assert ops.play("onboard.yml").succeeded
    if change != "no proof":
        ops.change(
            lambda entries: entries["contoso"].update(
                handover={"recipients": [vendor]}, probe={"large_mail_size": "4 MiB"}
            ),
            "contoso",
        )
        proof = ops.play("verify.yml")
        assert proof.succeeded, proof.failures()
    if change == "old":
        ops.sandbox.advance(CONTOSO, 24 * 3600)
    if change == "other mailboxes":
        ops.change(
            lambda entries: entries["contoso"].update(
                handover={"recipients": [vendor]}, mailboxes=["support@contoso.example", "sales@contoso.example"]
            ),
            "contoso",
        )

    run = ops.play("handover.yml")

    expected = {"no proof": "no access proof", "old": "hours old", "other mailboxes": "the proof is for mailboxes"}
    assert run.rc != 0
    assert expected[change] in run.failures()["contoso"]
    assert not list((ops.state("contoso") / "handover").glob("*"))


def test_a_customer_that_waits_does_not_hold_up_the_others(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso", "litware")
    assert ops.play("onboard.yml").succeeded
    ops.sandbox.settle(LITWARE)
    ops.sandbox.delays(CONTOSO, policy=6000)

    run = ops.play("verify.yml")

    assert run.succeeded, run.output
    order = [
        (e.host, e.result.get("status") or e.result.get("notebook"))
        for e in run.events
        if e.module == "propagation_probe" or (e.module == "verification_notebook" and e.item)
    ]
    litware_done = max(n for n, (host, _) in enumerate(order) if host == "litware")
    contoso_ready = order.index(("contoso", "ready"))
    assert litware_done < contoso_ready
    assert ("contoso", "pending") in order[litware_done:]


def test_check_of_the_whole_job_predicts_its_changes_on_an_empty_tenant_and_writes_nothing(ops: Operations) -> None:
    ops.change(lambda entries: entries["contoso"].update(probe={"large_mail_size": "4 MiB"}), "contoso")
    check = ops.play("site.yml", "--check")
    assert check.succeeded, check.output
    assert ops.sandbox.writes == []

    run = ops.play("site.yml")

    assert run.succeeded, run.output
    changes = [[(e.task, e.diff) for e in play.of("contoso", "changed")] for play in (check, run)]
    assert changes[0] == changes[1]
    assert changes[0][-1][0] == "Seal the proved credential to the vendor"


def test_when_the_deadline_is_over_the_notebooks_run_and_say_what_they_found(ops: Operations) -> None:
    ops.change(lambda entries: entries["contoso"].update(probe={"max_wait": "10 minutes"}), "contoso")
    assert ops.play("onboard.yml").succeeded
    ops.sandbox.delays(CONTOSO, policy=80000)

    run = ops.play("verify.yml")

    assert run.rc != 0
    probes = [e.result["status"] for e in run.of("contoso") if e.module == "propagation_probe"]
    assert probes[-1] == "expired"
    record = ops.record("contoso", "verify_access")
    assert record["verdict"] == "failed"
    assert any("ceo@contoso.example IS REACHABLE" in check["observed"] for check in record["checks"])
    assert "contoso is not verified" in run.failures()["contoso"]


def test_no_variable_takes_a_notebook_out_of_the_verification(ops: Operations) -> None:
    ops.change(lambda entries: entries["contoso"].update(probe={"large_mail_size": "4 MiB"}), "contoso")
    assert ops.play("onboard.yml").succeeded

    run = ops.play("verify.yml", "-e", '\'{"verification_notebooks": [], "verification_folder": "/nowhere"}\'')

    assert run.succeeded, run.failures()
    for notebook in NOTEBOOKS:
        assert ops.record("contoso", notebook)["verdict"] == "passed"
