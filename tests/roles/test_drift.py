"""What somebody changed by hand is repaired by the next run and shown in its diff."""

from __future__ import annotations

import pytest

from tests.readable import readable
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, FABRIKAM

pytestmark = pytest.mark.playbook
GROUP = "Kundo Mail mailboxes"


def only_change(run, host):
    """The diff of the one task that changed something."""
    (event,) = run.of(host, "changed")
    return event.diff["before"], event.diff["after"]


def onboarded(ops: Operations, customer: str) -> None:
    ops.change(lambda entries: None, customer)
    run = ops.play("onboard.yml")
    assert run.succeeded, run.output


def app(ops: Operations, tenant: str) -> dict:
    apps = ops.sandbox.by_hand(tenant, "GET", "/applications")["value"]
    return next(a for a in apps if a["uniqueName"] == "kundo-mail")


def test_a_removed_member_is_put_back(ops: Operations) -> None:
    onboarded(ops, "fabrikam")
    removed = {"Identity": GROUP, "Member": "orders@fabrikam.example", "Confirm": False}
    ops.sandbox.by_hand(FABRIKAM, cmdlet="Remove-DistributionGroupMember", parameters=removed)

    before, after = only_change(ops.play("onboard.yml"), "fabrikam")

    assert "orders@fabrikam.example" not in before["members"]
    assert "orders@fabrikam.example" in after["members"]
    assert ops.play("onboard.yml").changed("fabrikam") == []


def test_widened_consent_is_taken_back(ops: Operations) -> None:
    onboarded(ops, "contoso")
    principal = ops.sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{app(ops, CONTOSO)['appId']}')")
    graph = ops.sandbox.by_hand(CONTOSO, "GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    role = next(r["id"] for r in graph["appRoles"] if r["value"] == "Mail.Read")
    body = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": role}
    ops.sandbox.by_hand(CONTOSO, "POST", f"/servicePrincipals/{graph['id']}/appRoleAssignedTo", body)
    ops.sandbox.settle(CONTOSO)

    before, after = only_change(ops.play("onboard.yml"), "contoso")

    assert before == {"roles": ["Mail.Read", "Mail.ReadWrite", "Mail.Send"]}
    assert sorted(after["roles"]) == ["Mail.ReadWrite", "Mail.Send"]
    assert ops.play("onboard.yml").changed("contoso") == []


def test_a_deleted_policy_is_made_again(ops: Operations) -> None:
    onboarded(ops, "contoso")
    (policy,) = ops.sandbox.by_hand(CONTOSO, cmdlet="Get-ApplicationAccessPolicy")["value"]
    parameters = {"Identity": policy["Identity"], "Confirm": False}
    ops.sandbox.by_hand(CONTOSO, cmdlet="Remove-ApplicationAccessPolicy", parameters=parameters)

    before, after = only_change(ops.play("onboard.yml"), "contoso")

    assert before == {}
    assert after == {"group": GROUP, "access_right": "RestrictAccess"}
    assert len(ops.sandbox.by_hand(CONTOSO, cmdlet="Get-ApplicationAccessPolicy")["value"]) == 1


@pytest.mark.parametrize("extra_members", ["report", "remove"])
def test_an_added_member_is_reported_or_removed_as_the_inventory_says(ops: Operations, extra_members: str) -> None:
    onboarded(ops, "contoso")
    added = {"Identity": GROUP, "Member": "sales@contoso.example", "BypassSecurityGroupManagerCheck": True}
    ops.sandbox.by_hand(CONTOSO, cmdlet="Add-DistributionGroupMember", parameters=added)
    ops.sandbox.mark()
    ops.change(lambda entries: entries["contoso"]["group"].update(extra_members=extra_members), "contoso")

    run = ops.play("onboard.yml")

    assert run.succeeded, run.output
    if extra_members == "remove":
        before, after = only_change(run, "contoso")
        assert "sales@contoso.example" in before["members"]
        assert "sales@contoso.example" not in after["members"]
    else:
        assert run.changed("contoso") == []
        assert ops.sandbox.writes == []
        assert "[WARNING]: Customer contoso: Not in the inventory, and reachable for the app: sales@" in run.output
        assert "To do: add it to mailboxes, or set group.extra_members: remove" in " ".join(run.output.split())
        (newest,) = [b for b in ops.evidence.glob("contoso/*/bag/data") if "sales@" in readable(b / "steps.jsonl")]
        page = readable(newest / "report.html")
        assert "reachable for the app: sales@contoso.example" in page
        assert "But it warned" in page
