"""Two customers in one tenant: two apps, groups and policies that never touch each other."""

from __future__ import annotations

import pytest

from graphmail.state import StateFolder
from tests.roles.conftest import Operations
from tests.sandbox_process import FABRIKAM

pytestmark = pytest.mark.playbook


def school(entries: dict) -> None:
    """A second customer in fabrikam's tenant."""
    entries["fabrikam"]["app"].pop("logo")
    entries["fabrikam"]["mailboxes"] = ["service@fabrikam.example", "info@fabrikam.example"]
    entries["fabrikam-school"] = entries["fabrikam"] | {
        "app": {"unique_name": "kundo-mail-school", "display_name": "Kundo Mail School"},
        "group": {
            "name": "Kundo Mail School mailboxes",
            "address": "kundo-school@fabrikam.example",
            "owners": ["olof@fabrikam.example"],
        },
        "mailboxes": ["orders@fabrikam.example", "info@fabrikam.example"],
    }


@pytest.fixture
def both(ops: Operations) -> Operations:
    ops.change(school)
    ops.rehearsal.seal_admins()
    ops.sandbox.mark()
    return ops


def rows(ops: Operations, cmdlet: str, **parameters: object) -> list[dict]:
    return list(ops.sandbox.by_hand(FABRIKAM, cmdlet=cmdlet, parameters=parameters)["value"])


def of_fabrikam(ops: Operations) -> list[object]:
    """Everything of the first customer, as the tenant has it."""
    apps = ops.sandbox.by_hand(FABRIKAM, "GET", "/applications")["value"]
    (app,) = [app for app in apps if app["uniqueName"] == "kundo-mail"]
    principal = ops.sandbox.by_hand(FABRIKAM, "GET", f"/servicePrincipals(appId='{app['appId']}')")
    consents = ops.sandbox.by_hand(FABRIKAM, "GET", f"/servicePrincipals/{principal['id']}/appRoleAssignments")
    policies = [p for p in rows(ops, "Get-ApplicationAccessPolicy") if p["AppId"] == app["appId"]]
    group = rows(ops, "Get-DistributionGroup", Identity="Kundo Mail mailboxes")
    members = rows(ops, "Get-DistributionGroupMember", Identity="Kundo Mail mailboxes", ResultSize="Unlimited")
    return [app, principal, consents["value"], policies, group, members]


def test_each_has_its_own_and_changing_one_leaves_the_other(both: Operations) -> None:
    limit = "--limit=fabrikam,fabrikam-school"
    run = both.play("onboard.yml", limit)
    assert run.failures() == {}, run.output
    for customer in ("fabrikam", "fabrikam-school"):
        assert len(list((both.state(customer) / "credentials").glob("*.age"))) == 1
        assert (both.state(customer) / "lock").exists()
        assert len(list(both.evidence.glob(f"{customer}/*/bag/data/report.html"))) == 1
    assert len({p["ScopeName"] for p in rows(both, "Get-ApplicationAccessPolicy")}) == 2
    again = both.play("onboard.yml", limit)
    assert again.changed("fabrikam") == again.changed("fabrikam-school") == []
    both.sandbox.settle(FABRIKAM)
    before = of_fabrikam(both)
    journal = (both.state("fabrikam") / "journal.jsonl").read_bytes()
    both.sandbox.mark()

    def edit(entries: dict) -> None:
        school(entries)
        entries["fabrikam-school"]["mailboxes"] = ["returns@fabrikam.example"]
        entries["fabrikam-school"]["group"]["extra_members"] = "remove"

    both.change(edit)
    run = both.play("onboard.yml", limit)

    assert run.failures() == {}, run.output
    assert run.changed("fabrikam") == []
    assert [event.module for event in run.of("fabrikam-school", "changed")] == ["exo_distribution_group"]
    both.sandbox.settle(FABRIKAM)
    assert of_fabrikam(both) == before
    assert (both.state("fabrikam") / "journal.jsonl").read_bytes() == journal


def test_a_run_of_one_does_not_lock_the_other(both: Operations) -> None:

    with StateFolder(both.folder / "state", "fabrikam").lock("20260101T000000Z-other-abcdef"):
        run = both.play("onboard.yml", "--limit=fabrikam,fabrikam-school")
    assert "Another run is working on customer fabrikam" in run.failures()["fabrikam"]
    assert "fabrikam-school" not in run.failures()


def test_the_same_name_stops_everything_before_any_contact(both: Operations) -> None:
    def edit(entries: dict) -> None:
        school(entries)
        entries["fabrikam-school"]["app"]["display_name"] = "Kundo Mail"

    both.change(edit)
    seen = len(both.sandbox.requests(FABRIKAM))
    run = both.play("onboard.yml")
    assert run.rc == 1
    assert "is another customer's in the same tenant" in run.output
    assert len(both.sandbox.requests(FABRIKAM)) == seen
