"""A customer whose vendor has a live secret already: it is left alone, and a short-lived second one proves."""

from __future__ import annotations

import json

import pytest

from tests.roles.conftest import Operations
from tests.roles.keeping import CLIENT, DEAD, Vendor, secrets
from tests.roles.keeping import vendor as vendor
from tests.sandbox_process import LITWARE

pytestmark = pytest.mark.playbook


@pytest.mark.notebook
def test_the_whole_job_is_green_and_leaves_the_vendors_secret_alone(ops: Operations, vendor: Vendor) -> None:
    run = ops.play("site.yml")

    assert run.failures() == {}, run.output
    assert vendor.signs_in()
    assert secrets(ops) == [DEAD, vendor.key_id]
    assert not list((ops.state("litware") / "handover").glob("*"))
    (told,) = [e.message for e in run.of("litware", "ok") if e.task.endswith("Say that nothing is delivered")]
    assert told == "Nothing is delivered: the vendor of customer litware keeps the credential that it has"
    record = ops.record("litware", "verify_access")
    assert record["verdict"] == "passed"
    proof = record["subject"]["key_id"]
    assert proof not in (DEAD, vendor.key_id)
    (bag,) = ops.evidence.glob("litware/*/bag/data")
    steps = [json.loads(line) for line in (bag / "steps.jsonl").read_text().splitlines()]
    (removed,) = [step for step in steps if step["task"].endswith("Remove the proof's credential")]
    assert (removed["outcome"], removed["before"]["key_id"]) == ("changed", proof)
    assert not list((ops.state("litware") / "credentials").glob("*.age"))
    (sealed,) = (ops.state("litware") / "credentials" / "retired").glob("*.age")
    assert sealed.stem == proof
    retired = ops.record("litware", "proof_retired")
    assert (retired["verdict"], retired["subject"]["key_id"]) == ("passed", proof)
    found = {check["name"]: check["observed"] for check in retired["checks"]}
    assert found == {f"listed {proof}": "not among them", f"token {proof}": "AADSTS7000215, twice"}
    assert "The secret that was made for the proof opens nothing any more" in (bag / "report.html").read_text()

    ops.sandbox.mark()
    again = ops.play("onboard.yml")
    assert again.succeeded, again.output
    assert (again.changed("litware"), ops.sandbox.writes) == ([], [])


@pytest.mark.notebook
def test_a_proof_that_fails_removes_its_credential_too(ops: Operations, vendor: Vendor) -> None:
    assert ops.play("onboard.yml").succeeded
    ops.sandbox.settle(LITWARE)
    (policy,) = ops.sandbox.by_hand(LITWARE, cmdlet="Get-ApplicationAccessPolicy")["value"]
    gone = {"Identity": policy["Identity"], "Confirm": False}
    ops.sandbox.by_hand(LITWARE, cmdlet="Remove-ApplicationAccessPolicy", parameters=gone)
    ops.sandbox.settle(LITWARE)

    run = ops.play("verify.yml")

    assert run.rc == 2
    assert "is not verified: verify_access failed" in run.failures()["litware"]
    assert secrets(ops) == [DEAD, vendor.key_id]
    assert vendor.signs_in()


def test_onboarding_makes_no_credential_and_a_check_says_the_same(ops: Operations, vendor: Vendor) -> None:
    check = ops.play("onboard.yml", "--check")
    assert ops.sandbox.writes == []
    run = ops.play("onboard.yml")
    assert check.failures() == run.failures() == {}
    assert check.changed("litware") == run.changed("litware")
    assert secrets(ops) == [DEAD, vendor.key_id]


def test_keeping_what_is_not_there_stops_before_anything_is_written(ops: Operations, vendor: Vendor) -> None:
    other = "11111111-2222-4333-8444-555555555555"
    ops.change(
        lambda entries: entries["litware"].update(
            credential={"keep": True}, app={"client_id": CLIENT, "known_credentials": [other]}
        ),
        "litware",
    )
    told = ops.play("onboard.yml").failures()["litware"]
    assert "keeps a credential that the vendor has, and none of them lives" in told
    assert other in told
    assert ops.sandbox.writes == []
