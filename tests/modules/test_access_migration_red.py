"""A step that is red: what was there before is there again, proved, and nobody was let in meanwhile."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.modules.migrated import BEFORE, CEO, GROUP, SUPPORT, Migration, onboard, standing
from tests.modules.vendor import Vendor

REFUSED = {"error": {"code": "BadRequest", "message": "no"}}
# Graph's refusal; Exchange's errors are told by their own shape.
FORBIDDEN = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}


@pytest.fixture
def migration(task, contoso, sandbox, monkeypatch):
    onboard(task, sandbox)
    migration = Migration(task, contoso)
    migration.vendor = Vendor(contoso, SUPPORT, CEO)
    contoso.settled()
    migration.vendor.look()
    migration.vendor.along(monkeypatch)
    return migration


def rolled_back(migration, contoso, *, noticed=False):
    """Why; the state before is back, and neither a member nor anybody else noticed."""
    why = migration.red()
    assert "is rolled back; the state before is back, and proved" in why
    assert standing(contoso) == BEFORE
    assert migration.stored is None
    assert migration.vendor.of(CEO) == {(403, 403)}
    if not noticed:
        assert migration.vendor.of(SUPPORT) == {(200, 400)}
    assert "migration_prove_before" in {path.stem.rsplit("-", 1)[0] for path in records(migration)}
    return why


def records(migration):
    return migration.task.run.evidence.glob("contoso/*/bag/data/records/*.json")


def take_a_role_away(contoso):
    name = "kundo-mail Application Mail.Send"
    contoso.cmdlet("Remove-ManagementRoleAssignment", Identity=name, Confirm=False)


def refuse(sandbox, contoso, cmdlet):
    sandbox.fault(contoso.tenant, "exchange", cmdlet=cmdlet, status=400, body=REFUSED)


def test_roles_that_exchange_refuses(migration, contoso, sandbox):
    migration.until("grant")
    refuse(sandbox, contoso, "New-ManagementRoleAssignment")
    assert "Exchange answered 400 to New-ManagementRoleAssignment" in rolled_back(migration, contoso)
    assert migration.steps[-2:] == ["withdraw", "prove_before"]


def test_a_test_that_does_not_agree(migration, contoso):
    migration.until("test")
    take_a_role_away(contoso)
    assert "support@contoso.example: undecided" in rolled_back(migration, contoso)
    assert migration.steps[-2:] == ["withdraw", "prove_before"]


def test_roles_that_somebody_takes_away_during_the_hold(migration, contoso):
    migration.until("hold")
    take_a_role_away(contoso)
    assert "Exchange's roles changed during the hold" in rolled_back(migration, contoso)
    assert "DELETE" not in " ".join(migration.writes)


def test_consent_that_can_be_taken_away_by_half_only(migration, contoso, sandbox):
    migration.until("revoke")
    path = "*/appRoleAssignments/*"
    sandbox.fault(contoso.tenant, "graph", "DELETE", path, status=403, body=FORBIDDEN, when="before", times=1)
    assert "Graph answered 403 Authorization_RequestDenied" in rolled_back(migration, contoso)
    assert migration.steps[-5:] == ["prove_consent", "outlast_back", "withdraw", "fade", "prove_before"]


def test_planes_that_do_not_say_the_same_without_consent(migration, contoso):
    migration.until("prove")
    take_a_role_away(contoso)
    assert "Step prove is not proved after 900 s" in rolled_back(migration, contoso, noticed=True)


def test_consent_that_somebody_gives_again_keeps_the_policy_where_it_is(migration, contoso):
    migration.until("outlast")
    contoso.grant("Mail.Send")
    assert "Somebody consented again in Entra. Found: Mail.Send" in rolled_back(migration, contoso)
    assert "Remove-ApplicationAccessPolicy" not in migration.writes


def test_a_policy_that_exchange_does_not_let_go(migration, contoso, sandbox):
    migration.until("unrestrict")
    refuse(sandbox, contoso, "Remove-ApplicationAccessPolicy")
    assert "Exchange answered 400 to Remove-ApplicationAccessPolicy" in rolled_back(migration, contoso)


def test_red_at_the_very_end_makes_the_policy_act_before_anybody_consents(migration, contoso, sandbox):
    migration.until("prove_again")
    take_a_role_away(contoso)
    rolled_back(migration, contoso, noticed=True)
    done = [w["request"] for w in sandbox.writes]
    policy = done.index("New-ApplicationAccessPolicy")
    consents = [n for n, request in enumerate(done) if request == "POST appRoleAssignments"]
    assert min(consents) > policy
    assert seconds(sandbox.writes[policy]["at"], sandbox.writes[min(consents)]["at"]) >= 7200
    assert migration.steps[-8:] == [
        "restrict", "act", "consent", "prove_consent", "outlast_back", "withdraw", "fade", "prove_before",
    ]  # fmt: skip


def test_consent_that_nothing_confines_any_more_is_taken_away_at_once(migration, contoso):
    migration.until("settle")
    migration.until("prove_again")
    contoso.grant("Mail.Send")
    why = migration.red()
    assert "Entra consents to Mail.Send" in why
    assert standing(contoso) == BEFORE
    assert migration.vendor.of(SUPPORT) == {(200, 400)}
    removed = migration.writes.index("Remove-ApplicationAccessPolicy")
    restricted = migration.writes.index("New-ApplicationAccessPolicy")
    assert "DELETE appRoleAssignments" in migration.writes[removed:restricted]


def seconds(first, second):
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def test_what_was_there_before_stays_on_the_way_back(migration, task, contoso):
    task("exo_service_principal", application="kundo-mail")
    contoso.cmdlet(
        "New-ManagementRoleAssignment",
        Name="by hand",
        App="Kundo Mail",
        Role="Application Mail.Send",
        RecipientGroupScope=GROUP,
    )
    contoso.settled()
    migration.until("hold")
    assert "is rolled back" in migration.red(back=True)
    left = BEFORE | {"pointers": 1, "roles": [("Application Mail.Send", GROUP)]}
    assert standing(contoso) == left


def test_a_way_back_that_stops_is_gone_on_with(migration, contoso, sandbox):
    migration.until("prove")
    take_a_role_away(contoso)
    sandbox.fault(contoso.tenant, "graph", "POST", "*/appRoleAssignedTo", status=403, body=FORBIDDEN)
    why = migration.red()
    assert "The way back does not get past step consent" in why
    assert "it went back because: Step prove is not proved" in why
    assert migration.stored["route"] == "back_from_consent"
    sandbox.control("DELETE", f"/tenants/{contoso.tenant}/faults")
    rolled_back(migration, contoso, noticed=True)


def test_an_outage_turns_nothing_back(migration, contoso, sandbox):
    migration.until("prove")
    sandbox.fault(contoso.tenant, "exchange", cmdlet="Test-ServicePrincipalAuthorization", status=503, times=100000)
    assert "503" in migration.red()
    assert migration.stored["route"] == "forward"
    sandbox.control("DELETE", f"/tenants/{contoso.tenant}/faults")
    assert migration.all()["status"] == "done"


def test_the_state_of_a_migration_that_cannot_be_read_stops_it(migration, task, sandbox):
    migration.until("hold")
    (task.state / "contoso" / "migration.json").write_text("{")
    sandbox.mark()
    assert "The state of the migration cannot be read" in migration.red()
    assert sandbox.writes == []
