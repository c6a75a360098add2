"""What was there before and was changed here: taken back where that opens nothing, put back whole where one says so."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

import pytest

from graphmail.resources.recipients import recipient_read
from tests.modules.tenant_by_hand import EXCHANGE_ONLINE, GROUP
from tests.sandbox_process import ROOT

NAME = "customer_start_state"
SUPPORT, SALES, CEO, ADMIN = (f"{name}@contoso.example" for name in ("support", "sales", "ceo", "admin"))
ADDRESS = "kundo-mailboxes@contoso.example"
ROLES = ["Mail.Send", "Mail.ReadWrite"]


@pytest.fixture
def hand(task, contoso):
    """Contoso, where somebody made an app that reads everywhere and a group of others; `app` refers to it."""
    made = contoso.graph("POST", "/applications", {"displayName": "Mail robot", "notes": "ask Eva"})
    principal = contoso.graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    for role in ("Mail.Read", "Mail.Send"):
        contoso._assign(principal["id"], role, "00000003-0000-0000-c000-000000000000")
    contoso._assign(principal["id"], "full_access_as_app", EXCHANGE_ONLINE)
    contoso.graph("PATCH", f"/servicePrincipals/{principal['id']}", {"accountEnabled": False})
    group = {"Type": "Security", "PrimarySmtpAddress": "old@contoso.example", "ManagedBy": [CEO], "Members": [SALES]}
    contoso.cmdlet("New-DistributionGroup", Name=GROUP, **group)
    contoso.settled()
    app = {"application": "kundo-mail", "client_id": made["appId"]}
    return SimpleNamespace(tenant=contoso, app=app, id=made["id"], principal=principal["id"])


def onboard(task, hand, access="application_access_policy", **changed):
    consented = [] if access == "rbac" else ROLES
    app = {"unique_name": "kundo-mail", "client_id": hand.app["client_id"], "display_name": "Kundo Mail"}
    task("entra_application", **app, notes="Kundo", required_permissions=consented, **changed)
    task("entra_service_principal", **hand.app)
    people = {"owners": [ADMIN], "members": [SUPPORT], "extra_members": "remove"}
    task("exo_distribution_group", name=GROUP, address=ADDRESS, **people)
    if access == "rbac":
        task("exo_service_principal", **hand.app)
        task("exo_management_role_assignment", **hand.app, group=GROUP, roles=ROLES)
    else:
        task("exo_application_access_policy", **hand.app, group=GROUP)
    task("entra_app_role_assignment", **hand.app, roles=consented)
    task("entra_application_password", **hand.app)
    hand.tenant.settled()


def offboard(task, hand, adopted="leave", *, check=False):
    """As roles/offboarding does it, without the proof; what the two tasks of this module answered."""
    own = {"state": "absent", "made_here_only": True}
    wait = {"wait_for_tokens": 5400, "restore": adopted == "restore"}
    back = hand.app | {"group": GROUP, "adopted": adopted}
    task("entra_application_password", **hand.app, state="absent", check=check)
    task("entra_app_role_assignment", **hand.app, roles=[], **own, check=check)
    first = task(NAME, **back, put_back="narrowing", check=check)
    task("exo_management_role_assignment", **hand.app, group=GROUP, roles=ROLES, **own, check=check)
    task("exo_service_principal", **hand.app, **own, check=check)
    task("exo_application_access_policy", **hand.app, group=GROUP, **own, **wait, check=check)
    task("entra_service_principal", **hand.app, **own, check=check)
    task("entra_application", unique_name="kundo-mail", client_id=hand.app["client_id"], **own, check=check)
    task("exo_distribution_group", name=GROUP, **own, check=check)
    last = task(NAME, **back, put_back="opening", check=check)
    hand.tenant.sandbox.settle(hand.tenant.tenant)
    return first, last


def state(hand):
    """Everything that is put back, as a person sees it."""
    app = hand.tenant.graph("GET", f"/applications/{hand.id}")
    principal = hand.tenant.graph("GET", f"/servicePrincipals/{hand.principal}")
    grants = hand.tenant.graph("GET", f"/servicePrincipals/{hand.principal}/appRoleAssignments")["value"]
    (group,) = hand.tenant.groups()
    return {
        "app": [app[n] for n in ("displayName", "notes", "signInAudience", "requiredResourceAccess")],
        "enabled": principal["accountEnabled"],
        "consents": sorted((g["resourceId"], g["appRoleId"]) for g in grants),
        "group": [group[n] for n in ("PrimarySmtpAddress", "EmailAddresses", "ManagedBy")],
        "members": hand.tenant.members(),
        "policies": hand.tenant.policies(),
    }


def test_what_opens_nothing_is_taken_back_and_the_rest_is_named(task, hand, sandbox):
    start = state(hand)
    onboard(task, hand)
    first, last = offboard(task, hand)
    now = state(hand)
    same = {part for part in start if now[part] == start[part]}
    assert same == {"app", "enabled"}
    assert now["group"][:2] == start["group"][:2]
    assert now["members"] == []
    assert [policy["ScopeName"] for policy in now["policies"]] == [GROUP]
    told = " ".join(last["warnings"])
    for words in ("consent to Mail.Read: was granted", "full_access_as_app", "owners", SALES, "unique_name"):
        assert words in told
    assert last["left_as_it_is"]
    sandbox.mark()
    again = offboard(task, hand)
    assert [result["changed"] for result in (first, *again)] == [True, False, False]
    # What nobody can put back is told once.
    assert again[1]["left_as_it_is"] == [text for text in last["left_as_it_is"] if "unique_name" not in text]
    assert sandbox.writes == []


@pytest.mark.parametrize("after_leaving", [False, True])
def test_restore_puts_everything_back_exactly(task, hand, sandbox, after_leaving):
    start = state(hand)
    onboard(task, hand)
    if after_leaving:
        offboard(task, hand)
    offboard(task, hand, "restore")
    assert state(hand) == start
    assert hand.tenant.graph("GET", f"/applications/{hand.id}")["uniqueName"] == "kundo-mail"
    sandbox.mark()
    again = offboard(task, hand, "restore")
    assert [result["changed"] for result in again] == [False, False]
    assert sandbox.writes == []


def test_a_check_says_what_the_run_does_and_writes_nothing(task, hand, sandbox):
    onboard(task, hand)
    for adopted in ("leave", "restore"):
        sandbox.mark()
        predicted = offboard(task, hand, adopted, check=True)
        assert sandbox.writes == []
        done = offboard(task, hand, adopted)
        assert [result["diff"] for result in predicted] == [result["diff"] for result in done]
        assert predicted[1]["left_as_it_is"] == done[1]["left_as_it_is"]


def test_nothing_is_opened_before_all_is_narrowed_and_old_tokens_have_ended(task, hand, sandbox):
    onboard(task, hand)
    sandbox.mark()
    offboard(task, hand, "restore")
    written = [(entry["request"].split("/")[0], entry["at"]) for entry in sandbox.writes]
    names = [name for name, _ in written]
    at = {name: datetime.fromisoformat(moment) for name, moment in written}
    opened = names.index("Remove-ApplicationAccessPolicy")
    narrowing = [i for i, n in enumerate(names) if n.startswith(("DELETE", "Remove-DistributionGroupMember", "PATCH"))]
    opening = [i for i, n in enumerate(names) if n.startswith(("POST appRole", "Add-DistributionGroupMember"))]
    assert max(narrowing) < opened < min(opening), names
    ended = [datetime.fromisoformat(moment) for name, moment in written if name.startswith("DELETE")]
    assert (at["Remove-ApplicationAccessPolicy"] - max(ended)).total_seconds() >= 5400


def test_what_somebody_else_changed_since_is_left_unless_one_says_restore(task, hand):
    onboard(task, hand)
    hand.tenant.graph("PATCH", f"/applications/{hand.id}", {"displayName": "Ours now"})
    hand.tenant.add_member(CEO)
    _, last = offboard(task, hand)
    assert "somebody else changed it since" in " ".join(last["left_as_it_is"])
    assert state(hand)["app"][0] == "Ours now"
    assert hand.tenant.members() == [CEO]
    offboard(task, hand, "restore")
    assert state(hand)["app"][0] == "Mail robot"
    # It was never changed here.
    assert hand.tenant.members() == sorted([CEO, SALES])


def test_consent_that_others_gave_under_the_policy_keeps_it(task, hand):
    onboard(task, hand)
    hand.tenant._assign(hand.principal, "Mail.ReadBasic.All", "00000003-0000-0000-c000-000000000000")
    hand.tenant.settled()
    offboard(task, hand, "restore")
    assert [policy["ScopeName"] for policy in hand.tenant.policies()] == [GROUP]


def test_roles_that_held_elsewhere_are_put_back_by_restore_alone(task, hand):
    pointer = {"AppId": hand.app["client_id"], "ObjectId": hand.principal, "DisplayName": "robot"}
    hand.tenant.graph("PATCH", f"/servicePrincipals/{hand.principal}", {"accountEnabled": True})
    hand.tenant.cmdlet("New-ServicePrincipal", **pointer)
    hand.tenant.settled()
    wide = {"Name": "everywhere", "App": hand.principal, "Role": "Application Mail.Read"}
    own = {"Name": "kundo-mail Application Mail.Send", "App": hand.principal, "Role": "Application Calendars.Read"}
    for wanted in (wide, own):
        hand.tenant.cmdlet("New-ManagementRoleAssignment", **wanted)
    hand.tenant.settled()
    start = roles(hand)
    onboard(task, hand, "rbac")
    assert set(roles(hand)) == {(f"kundo-mail Application {role}", f"Application {role}", GROUP) for role in ROLES}
    _, last = offboard(task, hand)
    assert roles(hand) == []
    assert "role assignment 'everywhere': was Application Mail.Read on the whole organization" in str(last)
    offboard(task, hand, "restore")
    assert roles(hand) == start


def roles(hand):
    rows = hand.tenant.cmdlet("Get-ManagementRoleAssignment", RoleAssignee=hand.principal)
    return sorted((row["Name"], row["Role"], row["CustomResourceScope"]) for row in rows)


def test_it_is_recorded_before_the_write_so_that_a_refused_one_leaves_nothing_to_undo(task, hand, sandbox):
    path = f"*/applications/{hand.id}"
    sandbox.fault(hand.tenant.tenant, service="graph", method="PATCH", path=path, status=403, times=9)
    named = {"unique_name": "kundo-mail", "client_id": hand.app["client_id"], "display_name": "Kundo Mail"}
    task.failed("entra_application", **named)
    assert "Mail robot" in (task.state / "contoso" / "start_state.json").read_text()
    result = task(NAME, **hand.app, group=GROUP, put_back="narrowing")
    assert not result["changed"]


def test_who_was_onboarded_before_there_was_a_record_is_left_as_it_is_and_told_so(task, hand):
    onboard(task, hand)
    record = task.state / "contoso" / "start_state.json"
    record.unlink()
    onboarded = state(hand)
    first, last = offboard(task, hand, "restore")
    assert "onboarded before start states were recorded" in " ".join(last["warnings"])
    assert (first["changed"], last["changed"]) == (False, False)
    assert {part: state(hand)[part] for part in ("app", "group", "members")} == {
        part: onboarded[part] for part in ("app", "group", "members")
    }


def test_a_picture_that_was_replaced_is_named(task, hand):
    onboard(task, hand, logo=str(ROOT / "files" / "placeholder-logo.png"))
    _, last = offboard(task, hand, "restore")
    assert any("logo: was no picture" in text for text in last["left_as_it_is"])


def test_a_damaged_record_stops_the_offboarding(task, hand, sandbox):
    onboard(task, hand)
    (task.state / "contoso" / "start_state.json").write_text("{")
    assert "cannot be read" in task.failed(NAME, **hand.app, group=GROUP, put_back="narrowing")
    assert sandbox.writes == []


@pytest.fixture
def hidden(monkeypatch):
    """`hidden(name, times)`: Exchange does not show that recipient so often, as a replica that is behind does not."""

    def hide(name, times):
        left = [times]

        def read(identity):
            behind = identity == name and left[0] > 0
            left[0] -= behind
            return recipient_read("nobody@contoso.example" if behind else identity)

        monkeypatch.setattr("graphmail.put_back.group.recipient_read", read)

    return hide


def test_a_member_whom_one_read_does_not_show_comes_back(task, hand, hidden):
    people = {"owners": [CEO], "members": [SUPPORT], "extra_members": "remove"}
    task("exo_distribution_group", name=GROUP, address="old@contoso.example", **people)
    back = hand.app | {"group": GROUP, "adopted": "restore"}
    task(NAME, **back, put_back="narrowing")
    hand.tenant.settled()
    hidden(SALES, 1)
    task(NAME, **back, put_back="opening")
    hand.tenant.settled()
    assert hand.tenant.members() == [SALES]


def test_a_member_who_left_the_tenant_is_named(task, hand, hidden):
    onboard(task, hand)
    hidden(SALES, 999)
    _, last = offboard(task, hand, "restore")
    assert any(f"members removed here: was {SALES}" in text for text in last["left_as_it_is"])


def test_an_owner_whom_exchange_does_not_show_stays_one(task, hand, hidden):
    onboard(task, hand)
    hand.tenant.cmdlet("Set-DistributionGroup", Identity=GROUP, ManagedBy=[ADMIN, SUPPORT, SALES])
    hand.tenant.settled()
    hidden("sales", 999)
    task(NAME, **hand.app, group=GROUP, put_back="narrowing")
    hand.tenant.settled()
    (group,) = hand.tenant.groups()
    assert sorted(group["ManagedBy"]) == ["sales", "support"]
