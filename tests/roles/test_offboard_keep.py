"""offboard.yml where the vendor keeps a secret: it is not touched, and the proof says what still works."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.roles.conftest import Operations
from tests.roles.keeping import APP, CLIENT, DEAD, MEMBER, OUTSIDE, Vendor, keeping, secrets
from tests.sandbox_process import LITWARE

pytestmark = pytest.mark.playbook
NAMED = "-e offboard=litware"
FORBIDDEN = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}
PRINCIPAL = f"/servicePrincipals(appId='{CLIENT}')"


def onboarded(ops: Operations) -> Vendor:
    vendor = keeping(ops)
    run = ops.play("onboard.yml")
    assert run.failures() == {}, run.output
    ops.sandbox.settle(LITWARE)
    ops.sandbox.mark()
    return vendor


def observed(ops: Operations) -> dict[str, str]:
    record = ops.record("litware", "proof_of_absence")
    assert record["verdict"] == "passed"
    return {check["name"]: check["observed"] for check in record["checks"]}


def left_over(ops: Operations, vendor: Vendor) -> str:
    """A secret of a proof that no run got to take back."""
    ops.sandbox.fault(LITWARE, "graph", "POST", "*/removePassword", status=403, body=FORBIDDEN, times=9)
    ops.sandbox.fault(LITWARE, "graph", "GET", "*/mailFolders/inbox*", status=400, body=FORBIDDEN, times=9)
    assert "removePassword" in ops.play("verify.yml").failures()["litware"]
    ops.sandbox.control("DELETE", f"/tenants/{LITWARE}/faults")
    (left,) = set(secrets(ops)) - {DEAD, vendor.key_id}
    return left


def test_the_vendors_secret_works_on_and_a_proofs_goes(ops: Operations) -> None:
    vendor = onboarded(ops)
    left = left_over(ops, vendor)
    ops.sandbox.mark()
    check = ops.play("offboard.yml", NAMED, "--check")
    assert check.failures() == {}, check.output
    assert ops.sandbox.writes == []

    run = ops.play("offboard.yml", NAMED)

    assert run.failures() == {}, run.output
    assert check.changed("litware") == run.changed("litware")
    assert secrets(ops) == [DEAD, vendor.key_id]
    ops.sandbox.settle(LITWARE)
    assert (vendor.reads(MEMBER), vendor.reads(OUTSIDE)) == (403, 403)
    told = observed(ops)
    # Both have not ended; that nobody knows one's text any more, nobody here can know.
    assert f"{left}: AADSTS7000215, twice; not made here, and gets tokens: secret " in told["token"]
    assert all(f"({key_id}), until " in told["token"] for key_id in (DEAD, vendor.key_id))
    assert "left alone, since app" in told["token"]
    opens = "open to the credentials that are left: Mail.Send of Microsoft Graph"
    assert opens in told["mailboxes"]
    assert "confined by RestrictAccess for 'Kundo Mail mailboxes'" in told["mailboxes"]
    retired = (ops.state("litware") / "credentials" / "retired").glob("*.age")
    assert [path.stem for path in retired] == [left]

    again = ops.play("offboard.yml", NAMED)
    assert again.failures() == {}, again.output
    assert again.changed("litware") == []
    assert vendor.signs_in()


def test_the_policy_stays_until_the_vendors_last_tokens_with_the_consent_have_ended(ops: Operations) -> None:
    """Nobody takes its secret back, so it gets such tokens until the consent itself goes."""
    principal = ops.sandbox.by_hand(LITWARE, "GET", PRINCIPAL)["id"]
    grants = f"/servicePrincipals/{principal}/appRoleAssignments"
    for grant in ops.sandbox.by_hand(LITWARE, "GET", grants)["value"]:
        ops.sandbox.by_hand(LITWARE, "DELETE", f"{grants}/{grant['id']}")
    vendor = onboarded(ops)

    run = ops.play("offboard.yml", NAMED)

    assert run.failures() == {}, run.output
    consent = [write["at"] for write in ops.sandbox.writes if "DELETE appRoleAssignments" in write["request"]]
    (policy,) = [write["at"] for write in ops.sandbox.writes if "Remove-ApplicationAccessPolicy" in write["request"]]
    assert len(consent) == 2
    assert seconds(max(consent), policy) >= 5400
    assert vendor.signs_in()
    assert (vendor.reads(MEMBER), vendor.reads(OUTSIDE)) == (403, 403)
    told = observed(ops)
    assert "no credential was made here; not made here, and gets tokens: secret " in told["token"]
    assert f"vendor ({vendor.key_id}), until " in told["token"]
    assert "the tokens of the credentials that are left open no mailbox" in told["mailboxes"]


def seconds(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def test_it_goes_with_the_app_when_one_is_told(ops: Operations) -> None:
    vendor = onboarded(ops)
    run = ops.play("offboard.yml", NAMED, "-e offboard_adopted=remove")
    assert run.failures() == {}, run.output
    gone: dict[str, Any] = ops.sandbox.by_hand(LITWARE, "GET", APP, ok=False)
    assert gone["status"] == 404
    assert not vendor.signs_in()
    assert "gets tokens" not in observed(ops)["token"]
