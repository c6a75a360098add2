"""offboard.yml: what an onboarding made goes, what it did not make stays, and the proof says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, LITWARE

pytestmark = pytest.mark.playbook
NAMED = "-e offboard=contoso"


def onboard(ops: Operations, customer: str = "contoso", **changed: Any) -> None:
    def edit(entries: dict[str, Any]) -> None:
        for field, value in changed.items():
            own = entries[customer].get(field)
            entries[customer][field] = {**(own or {}), **value} if isinstance(value, dict) else value

    ops.change(edit, customer)
    run = ops.play("onboard.yml")
    assert run.succeeded, run.output
    ops.sandbox.settle(CONTOSO if customer == "contoso" else LITWARE)
    ops.sandbox.mark()


def left(ops: Operations, tenant: str = CONTOSO) -> dict[str, list[Any]]:
    """What of an onboarding is in the tenant."""
    hand = ops.sandbox.by_hand
    apps = hand(tenant, "GET", "/applications")["value"]
    deleted = hand(tenant, "GET", "/directory/deletedItems/microsoft.graph.application")["value"]
    groups = hand(tenant, cmdlet="Get-DistributionGroup", parameters={"ResultSize": "Unlimited"})["value"]
    return {
        "apps": [a["appId"] for a in apps if a["uniqueName"] == "kundo-mail"],
        "deleted": [a["appId"] for a in deleted if a["uniqueName"] == "kundo-mail"],
        "groups": [g["Name"] for g in groups if g["Name"].startswith("Kundo")],
        "policies": hand(tenant, cmdlet="Get-ApplicationAccessPolicy")["value"],
        "pointers": hand(tenant, cmdlet="Get-ServicePrincipal")["value"],
    }


@pytest.mark.parametrize("arguments", [[], ["--limit=contoso"], ["-e offboard=customers"], ["-e offboard=all"]])
def test_nobody_is_offboarded_by_accident(ops: Operations, arguments: list[str]) -> None:
    ops.change(lambda entries: None, "contoso")
    run = ops.play("offboard.yml", *arguments)
    assert run.rc != 0
    assert ops.sandbox.writes == []
    assert [r for r in ops.sandbox.requests(CONTOSO) if r["method"] != "POST" or "token" in r["path"]] == []


@pytest.mark.parametrize("access", ["application_access_policy", "rbac"])
@pytest.mark.parametrize("on_offboard", ["keep_deleted", "purge"])
def test_everything_goes_is_proved_and_can_be_onboarded_again(ops: Operations, access: str, on_offboard: str) -> None:
    onboard(ops, access=access, app={"on_offboard": on_offboard})
    (client_id,) = left(ops)["apps"]
    check = ops.play("offboard.yml", NAMED, "--check")
    assert check.failures() == {}, check.output
    assert ops.sandbox.writes == []

    run = ops.play("offboard.yml", NAMED)

    assert run.failures() == {}, run.output
    assert check.changed("contoso") == run.changed("contoso")
    predicted = [event.diff for event in check.of("contoso", "changed")]
    assert predicted == [event.diff for event in run.of("contoso", "changed")]
    kept = [client_id] if on_offboard == "keep_deleted" else []
    assert left(ops) == {"apps": [], "deleted": kept, "groups": [], "policies": [], "pointers": []}
    record = ops.record("contoso", "proof_of_absence")
    assert record["verdict"] == "passed"
    assert record["subject"]["client_id"] == client_id
    assert list((ops.state("contoso") / "credentials").glob("*.age")) == []
    assert len(list((ops.state("contoso") / "credentials" / "retired").glob("*.age"))) == 1

    again = ops.play("offboard.yml", NAMED)
    assert again.failures() == {}, again.output
    assert again.changed("contoso") == []

    back = ops.play("onboard.yml")
    assert back.failures() == {}, back.output
    assert (left(ops)["apps"] == [client_id]) is (on_offboard == "keep_deleted")
    assert ops.play("onboard.yml").changed("contoso") == []


def test_what_was_adopted_stays_and_is_named_until_one_is_told(ops: Operations) -> None:
    onboard(ops, "litware")
    before = left(ops, LITWARE)
    run = ops.play("offboard.yml", "-e offboard=litware")
    assert run.failures() == {}, run.output
    # The policy confines consent that was given by hand before; the group is named by it.
    assert left(ops, LITWARE) == before
    assert "was adopted" in run.output
    checks = {check["name"]: check["observed"] for check in ops.record("litware", "proof_of_absence")["checks"]}
    assert "left alone" in checks["application"]
    assert "left alone: it was not made here" in checks["group"]
    told = ops.play("offboard.yml", "-e offboard=litware", "-e offboard_adopted=remove")
    assert told.failures() == {}, told.output
    gone = left(ops, LITWARE)
    assert (gone["apps"], gone["groups"], gone["policies"]) == ([], [], [])
