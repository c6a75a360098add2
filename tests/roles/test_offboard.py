"""offboard.yml: what an onboarding made goes, what it did not make stays, and the proof says so."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, LITWARE
from tests.sweep import sampled

pytestmark = pytest.mark.playbook
NAMED = "-e offboard=contoso"
ADOPTED = "5a4d0000-0003-4000-8000-00000000a001"


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


@pytest.mark.parametrize(
    ("access", "on_offboard"),
    sampled(
        product(["application_access_policy", "rbac"], ["keep_deleted", "purge"]),
        ("application_access_policy", "keep_deleted"),
    ),
)
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


def adopted(ops: Operations) -> dict[str, Any]:
    """Litware's own app, its consent and its group, as a person sees them."""
    hand = ops.sandbox.by_hand
    (app,) = [a for a in hand(LITWARE, "GET", "/applications")["value"] if a["appId"] == ADOPTED]
    principal = hand(LITWARE, "GET", f"/servicePrincipals(appId='{ADOPTED}')")
    grants = hand(LITWARE, "GET", f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]
    groups = hand(LITWARE, cmdlet="Get-DistributionGroup", parameters={"ResultSize": "Unlimited"})["value"]
    (group,) = [group for group in groups if group["Name"] == "Kundo Mail mailboxes"]
    asked = {"Identity": group["Guid"], "ResultSize": "Unlimited"}
    rows = hand(LITWARE, cmdlet="Get-DistributionGroupMember", parameters=asked)["value"]
    return {
        "app": {name: value for name, value in app.items() if name != "uniqueName"},
        "principal": principal,
        "consents": [(grant["resourceId"], grant["appRoleId"]) for grant in grants],
        "group": group,
        "members": sorted(row["PrimarySmtpAddress"] for row in rows),
        "policies": hand(LITWARE, cmdlet="Get-ApplicationAccessPolicy")["value"],
    }


def test_an_adopted_customer_is_put_back_as_it_was_found(ops: Operations) -> None:
    ops.sandbox.settle(LITWARE)
    start = adopted(ops)
    onboard(ops, "litware", app={"display_name": "Kundo", "notes": "by the vendor"})
    onboarded = adopted(ops)
    assert start["policies"] == [] != onboarded["policies"]
    assert "it@litware.example" in set(start["members"]) - set(onboarded["members"])
    named = ("-e offboard=litware", "-e offboard_adopted=restore")
    check = ops.play("offboard.yml", *named, "--check")
    assert check.failures() == {}, check.output
    assert ops.sandbox.writes == []

    left = ops.play("offboard.yml", "-e offboard=litware")

    assert left.failures() == {}, left.output
    now = adopted(ops)
    assert (now["app"], now["consents"]) == (start["app"], start["consents"])
    # The policy confines consent that was there before, so it stays, and who was taken out of the group stays out.
    assert now["policies"] == onboarded["policies"]
    assert now["members"] == [member for member in start["members"] if member != "it@litware.example"]
    assert "it@litware.example" in left.output
    observed = {c["name"]: c["observed"] for c in ops.record("litware", "proof_of_absence")["checks"]}["start_state"]
    assert "members removed here" in observed
    assert "unique_name" in observed

    put_back = ops.play("offboard.yml", *named)

    assert put_back.failures() == {}, put_back.output
    assert adopted(ops) == start
    assert ops.record("litware", "proof_of_absence")["verdict"] == "passed"
    again = ops.play("offboard.yml", *named)
    assert (again.failures(), again.changed("litware")) == ({}, [])
