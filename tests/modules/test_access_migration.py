"""The migration of one customer, forward: what it changes, in which order, and that nobody notices."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.modules.migrated import (
    AFTER,
    ASKED,
    CEO,
    GROUP,
    NAME,
    ROLES,
    SUPPORT,
    Migration,
    onboard,
    standing,
)
from tests.modules.vendor import Vendor

FORWARD = ["grant", "test", "hold", "revoke", "prove", "outlast", "unrestrict", "settle", "prove_again"]
DIFF = {
    "before": {
        "consents": ROLES,
        "policies": [f"RestrictAccess for {GROUP!r}"],
        "service_principal_of_exchange": False,
        "assignments": [],
    },
    "after": {
        "consents": [],
        "policies": [],
        "service_principal_of_exchange": True,
        "assignments": [f"Application {role} on {GROUP}" for role in ROLES],
    },
}


@pytest.fixture
def migration(task, contoso, sandbox):
    onboard(task, sandbox)
    return Migration(task, contoso)


def test_members_are_never_shut_out_and_nobody_else_let_in(migration, contoso, monkeypatch):
    vendor = Vendor(contoso, SUPPORT, CEO)
    contoso.settled()
    vendor.look()
    vendor.along(monkeypatch)
    assert migration.all()["status"] == "done"
    assert len(vendor.looks) > 100
    assert vendor.of(SUPPORT) == {(200, 400)}
    assert vendor.of(CEO) == {(403, 403)}
    assert standing(contoso) == AFTER


def test_takes_the_steps_in_order_and_waits_for_caches_and_tokens(migration, sandbox):
    migration.all()
    assert migration.steps == FORWARD
    waits = [said for said in migration.said if said["status"] == "waiting" and said["step"] in ("hold", "settle")]
    assert waits
    assert all(said["msg"].count(said["waiting_for"]) == 1 for said in waits)
    (roles, consent, policy) = [
        [w["at"] for w in sandbox.writes if word in w["request"]]
        for word in ("New-Management", "DELETE", "Remove-Application")
    ]
    assert len(roles) == len(consent) == 2
    assert len(policy) == 1
    assert seconds(max(roles), min(consent)) >= 7200
    assert seconds(max(consent), min(policy)) >= 5400


def seconds(first, second):
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def test_a_check_shows_everything_that_would_change_and_writes_nothing(task, migration, sandbox):
    planned = task(NAME, check=True, **ASKED)
    assert (planned["status"], planned["changed"], planned["diff"]) == ("planned", True, DIFF)
    assert migration.stored is None
    assert sandbox.writes == []
    assert migration.step()["diff"] == DIFF


def test_a_second_migration_changes_nothing(task, migration, sandbox):
    migration.all()
    sandbox.mark()
    again = task(NAME, **ASKED)
    assert (again["status"], again["changed"]) == ("nothing", False)
    assert sandbox.writes == []


def test_a_customer_without_an_app_has_nothing_to_migrate(task, sandbox):
    assert task(NAME, **ASKED)["status"] == "nothing"
    assert task(NAME, check=True, **ASKED)["status"] == "nothing"
    assert sandbox.writes == []


def test_what_was_there_before_is_stored_before_anything_is_written(migration, sandbox):
    migration.step()
    assert sandbox.writes == []
    before = migration.stored["before"]
    assert (before["consents"], before["policy"], before["pointer"], before["assignments"]) == (ROLES, True, False, {})


def test_a_run_that_does_not_stay_ends_in_the_hold_and_the_next_goes_on(migration, sandbox):
    held = migration.all(stay=False)
    assert (held["status"], held["step"]) == ("held", "hold")
    assert "waiting for everything that Exchange remembers" in held["msg"]
    sandbox.advance(migration.contoso.tenant, 7200)
    migration.said.clear()
    assert migration.all(stay=False)["step"] == "outlast"


def test_each_proof_leaves_a_record(migration, task):
    migration.all()
    found = sorted(path.stem for path in task.run.evidence.glob("contoso/*/bag/data/records/*.json"))
    assert found == ["migration_prove", "migration_prove_again", "migration_prove_before"]


def test_a_migration_whose_state_was_lost_after_consent_went_is_finished(migration, task, contoso):
    migration.until("outlast")
    (task.state / "contoso" / "migration.json").unlink()
    migration.said.clear()
    assert migration.all()["status"] == "done"
    assert migration.steps == FORWARD[FORWARD.index("prove") :]
    assert standing(contoso) == AFTER


def test_roles_that_were_there_before_stay_as_they_are(migration, task, contoso, sandbox):
    task("exo_service_principal", application="kundo-mail")
    contoso.cmdlet(
        "New-ManagementRoleAssignment",
        Name="by hand",
        App="Kundo Mail",
        Role="Application Mail.Send",
        RecipientGroupScope=GROUP,
    )
    contoso.settled()
    migration.all()
    assert standing(contoso) == AFTER
    assert migration.writes.count("New-ManagementRoleAssignment") == 1


def test_another_group_in_the_middle_of_it_is_refused(migration, task):
    migration.until("hold")
    message = task.failed(NAME, **ASKED | {"group": "Other"})
    assert "The group changed in the inventory in the middle of the migration" in message


def test_what_does_not_work_now_is_not_migrated(migration, task, contoso, sandbox):
    contoso.cmdlet("Remove-DistributionGroupMember", Identity=GROUP, Member=SUPPORT, Confirm=False)
    contoso.cmdlet("Add-DistributionGroupMember", Identity=GROUP, Member="admin@contoso.example")
    contoso.settled()
    assert "is not as it shall be even before the migration" in task.failed(NAME, **ASKED)
    assert sandbox.writes == []
    assert migration.stored is None


def test_a_credential_that_nobody_here_made_acts_already_and_stops_nothing(migration, contoso):
    contoso.graph("POST", f"/applications/{contoso.app()['id']}/addPassword", {})
    contoso.settled()
    assert migration.all()["status"] == "done"
    assert standing(contoso) == AFTER
