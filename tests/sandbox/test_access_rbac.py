"""What role assignments reach on the data plane, through the cache, beside consent and policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphmail.sandbox import access
from graphmail.sandbox.call import Caller
from graphmail.sandbox.clock import Span, VirtualClock
from graphmail.sandbox.exchange_records import ManagementScope, Pointer, RoleAssignment
from graphmail.sandbox.recipient_index import dn
from graphmail.sandbox.store import AccessPolicy, Recipient, ServicePrincipal, Tenant
from tests.sandbox.rbac_world import APP, OBJECT_ID, assign, group, pointer, reads
from tests.sandbox_in_process import mail

SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"
BUSY, IDLE = 7200, 1800


@pytest.fixture
def scoped(contoso):
    """The app has read and write on support@ by a group, and nothing in its token."""
    pointer(contoso)
    group(contoso, "support")
    contoso.advance(301)
    assign(contoso, RecipientGroupScope="g")
    return contoso


def test_assignment_reaches_members_without_any_role_in_the_token(scoped):
    assert (reads(scoped, SUPPORT), reads(scoped, CEO)) == (200, 403)
    path = f"/users/{CEO}/mailFolders/inbox"
    problem = scoped.refused(403, "ErrorAccessDenied", "GET", path, roles=())
    assert problem == "Access is denied. Check credentials and try again."


def test_who_exists_is_told_to_an_app_with_rights_somewhere(scoped):
    assert reads(scoped, "nobody@contoso.example") == 404
    scoped.refused(403, "ErrorAccessDenied", "POST", "/users/nobody@contoso.example/sendMail", roles=(), json={})


def test_role_grants_what_it_says_and_no_more(scoped):
    send = mail(SUPPORT)
    assert scoped.graph("POST", f"/users/{SUPPORT}/sendMail", roles=(), json=send).status_code == 403
    scoped.advance(BUSY)
    assign(scoped, "Application Mail.Send", RecipientGroupScope="g")
    assert scoped.graph("POST", f"/users/{SUPPORT}/sendMail", roles=(), json=send).status_code == 202


def test_nested_members_are_out_of_scope(contoso):
    pointer(contoso)
    group(contoso, "ceo", name="inner")
    group(contoso, "support", "inner")
    contoso.advance(301)
    assign(contoso, RecipientGroupScope="g")
    assert (reads(contoso, SUPPORT), reads(contoso, CEO)) == (200, 403)


@pytest.mark.parametrize("kind", ["MemberOfGroup", "PrimarySmtpAddress"])
def test_management_scope_reaches_whom_its_filter_keeps(contoso, kind):
    pointer(contoso)
    value = group(contoso, "support") if kind == "MemberOfGroup" else SUPPORT.upper()
    contoso.advance(301)
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter=f"{kind} -eq '{value}'")
    assign(contoso, CustomResourceScope="s")
    assert (reads(contoso, SUPPORT), reads(contoso, CEO)) == (200, 403)


def test_plain_security_group_of_entra_is_no_group_to_a_filter(contoso):
    pointer(contoso)
    dn_ = group(contoso, "support")
    contoso.recipient("g@contoso.example").type_details = "SecurityGroup"
    contoso.advance(301)
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter=f"MemberOfGroup -eq '{dn_}'")
    assign(contoso, CustomResourceScope="s")
    assert reads(contoso, SUPPORT) == 403


def test_consent_voids_the_scope_and_policies_never_limit_assignments(scoped):
    assert reads(scoped, CEO, ("Mail.Read",)) == 200
    deny = {"AppId": APP, "AccessRight": "DenyAccess", "PolicyScopeGroupId": "g"}
    scoped.rows("New-ApplicationAccessPolicy", **deny)
    scoped.advance(901)
    assert reads(scoped, SUPPORT, ("Mail.Read",)) == 200


def test_app_that_never_called_has_its_new_rights_at_once(scoped):
    assert reads(scoped, SUPPORT) == 200


def test_busy_app_keeps_what_was_loaded_for_two_hours(scoped):
    assert reads(scoped, SUPPORT) == 200
    name = scoped.rows("Get-ManagementRoleAssignment", RoleAssignee=OBJECT_ID)[0]["Name"]
    scoped.rows("Remove-ManagementRoleAssignment", Identity=name, Confirm=False)
    assert scoped.rows("Test-ServicePrincipalAuthorization", Identity=APP, Resource="support") == []
    for _ in range(7):
        scoped.advance(1000)
        assert reads(scoped, SUPPORT) == 200
    scoped.advance(201)
    assert reads(scoped, SUPPORT) == 403


def test_idle_app_has_them_loaded_anew_after_half_an_hour(scoped):
    assert reads(scoped, CEO) == 403
    assign(scoped)  # the whole organisation
    scoped.advance(1700)
    assert reads(scoped, CEO) == 403  # a call, which keeps the cache
    scoped.advance(1700)
    assert reads(scoped, CEO) == 403
    scoped.advance(IDLE)
    assert reads(scoped, CEO) == 200


def test_another_app_has_a_cache_of_its_own_and_its_looks_do_not_count(scoped):
    other = "99999999-2222-4333-8444-555555555555"
    scoped.graph("GET", f"/users/{SUPPORT}/messages", roles=(), client_id=other)
    assert reads(scoped, SUPPORT) == 200


def test_membership_follows_the_cache_and_its_own_lag(scoped):
    scoped.rows("Add-DistributionGroupMember", Identity="g", Member="ceo", BypassSecurityGroupManagerCheck=True)
    assert reads(scoped, CEO) == 403
    scoped.advance(IDLE)
    assert reads(scoped, CEO) == 200
    scoped.tenant.exchange.caches.clear()
    change = {"Identity": "g", "Member": "ceo", "Confirm": False, "BypassSecurityGroupManagerCheck": True}
    scoped.rows("Remove-DistributionGroupMember", **change)
    scoped.advance(299)
    assert reads(scoped, CEO) == 200


def test_changed_scope_hits_the_assignments_that_use_it(contoso):
    pointer(contoso)
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter="Alias -eq 'support'")
    assign(contoso, CustomResourceScope="s")
    assert reads(contoso, CEO) == 403
    change = {"Identity": "s", "RecipientRestrictionFilter": "Alias -eq 'ceo'", "Confirm": False}
    contoso.rows("Set-ManagementScope", **change)
    assert (reads(contoso, SUPPORT), reads(contoso, CEO)) == (200, 403)
    contoso.advance(IDLE)
    assert (reads(contoso, SUPPORT), reads(contoso, CEO)) == (403, 200)


def test_deleted_enterprise_application_loses_its_rights(scoped):
    scoped.tenant.service_principals[OBJECT_ID].deleted = scoped.tenant.clock.now()
    assert reads(scoped, SUPPORT) == 403


def test_tokens_of_users_get_nothing_from_assignments():
    tenant = Tenant("t", "T", "t.example", ["t.example"])
    person = Recipient("m0", "m0", "m0", "m0", "m0", "m0", "UserMailbox", ["m0@t.example"], Span(START))
    tenant.recipients["m0"] = person
    tenant.service_principals[OBJECT_ID] = ServicePrincipal(OBJECT_ID, APP, Span(START))
    tenant.exchange.pointers = [Pointer("p", OBJECT_ID, APP, "p", Span(START))]
    tenant.exchange.assignments = [_assignment("Application Mail.Send", "Organization", "", Span(START))]
    app = Caller(APP, OBJECT_ID, frozenset(), frozenset())
    user = Caller(APP, OBJECT_ID, frozenset(), frozenset(), user_id="m1")
    assert "Mail.Send" in access.effective(tenant, app, person)
    assert access.effective(tenant, user, person) == frozenset() == access.anywhere(tenant, user)


# The rules again, in words, against random worlds: application-rbac and auth-limit-mailbox-access.

START = datetime(2026, 1, 1, tzinfo=UTC)
MAILBOXES, GROUPS = ("m0", "m1"), ("g0", "g1")
ROLES = {
    "Application Mail.Read": {"Mail.Read"},
    "Application Mail.Send": {"Mail.Send"},
    "Application Mail Full Access": {"Mail.ReadWrite", "Mail.Send"},
    "Distribution Groups": set(),
}
SPAN = st.just((0, None)) | st.tuples(st.integers(0, 40), st.none() | st.integers(0, 40))
MEMBERSHIP = st.tuples(st.sampled_from(GROUPS), st.sampled_from(MAILBOXES + GROUPS), SPAN)
SCOPE = st.just(("Organization", "")) | st.sampled_from(
    [*(("Group", g) for g in GROUPS), *(("Filter", g) for g in GROUPS)]
)
ASSIGNMENT = st.tuples(st.sampled_from(sorted(ROLES)), SCOPE, st.booleans(), SPAN)
POLICY = st.tuples(st.sampled_from(GROUPS + MAILBOXES), st.sampled_from(["RestrictAccess", "DenyAccess"]), SPAN)
CONSENTS = st.sets(st.sampled_from(["Mail.Read", "Mail.Send", "MailboxItem.Read.All"]))


@dataclass(slots=True)
class SetClock(VirtualClock):
    at: datetime = START

    def now(self) -> datetime:
        return self.at


def span(times: tuple[int, int | None]) -> Span:
    made, lasts = times
    removed = None if lasts is None else START + timedelta(seconds=made + lasts)
    return Span(START + timedelta(seconds=made), removed)


def was(times: tuple[int, int | None], moment: int) -> bool:
    made, lasts = times
    return made <= moment and (lasts is None or moment < made + lasts)


def _assignment(role: str, kind: str, scope: str, lasts: Span, *, delegating: bool = False) -> RoleAssignment:
    return RoleAssignment("a", "a", role, OBJECT_ID, delegating, kind, scope, lasts)


def build(policies: list[Any], memberships: list[Any], assignments: list[Any], *, nested: bool) -> Tenant:
    tenant = Tenant("t", "T", "t.example", ["t.example"], clock=SetClock())
    tenant.delays.policy = tenant.delays.membership = 0
    tenant.exchange.settings.nested_groups_in_policies = nested
    for name in (*GROUPS, *MAILBOXES):
        kind = "MailUniversalSecurityGroup" if name in GROUPS else "UserMailbox"
        tenant.recipients[name] = Recipient(
            name, name, name, name, name, name, kind, [f"{name}@t.example"], Span(START)
        )
    for holder, member, times in memberships:
        tenant.recipients[holder].memberships.setdefault(member, []).append(span(times))
    tenant.policies = [AccessPolicy(APP, scope, right, "", span(times)) for scope, right, times in policies]
    tenant.service_principals[OBJECT_ID] = ServicePrincipal(OBJECT_ID, APP, Span(START))
    tenant.exchange.pointers = [Pointer("p", OBJECT_ID, APP, "p", Span(START))]
    for name in GROUPS:
        text = f"MemberOfGroup -eq '{dn(tenant, tenant.recipients[name])}'"
        tenant.exchange.scopes.append(ManagementScope(name, name, text, False, Span(START)))
    kinds = {"Filter": "CustomRecipientScope"}
    tenant.exchange.assignments = [
        _assignment(role, kinds.get(kind, kind), scope, span(times), delegating=delegating)
        for role, (kind, scope), delegating, times in assignments
    ]
    return tenant


def inside(memberships: list[Any], scope: str, mailbox: str, moment: int, *, nested: bool) -> bool:
    reached, todo = set(), [scope]
    while todo:
        holder = todo.pop()
        for group_, member, times in memberships:
            if group_ == holder and was(times, moment) and member not in reached:
                reached.add(member)
                todo += [member] if nested else []
    return mailbox in reached


def expected(
    policies: Any, memberships: Any, assignments: Any, consents: Any, mailbox: str, now: int, loaded: int, nested: bool
) -> set[str]:
    """Walk through the rules: consent less what policies take, and what assignments gave when they were loaded."""
    seen = [p for p in policies if was(p[2], now)]
    hit = [p for p in seen if p[0] == mailbox or inside(memberships, p[0], mailbox, now, nested=nested)]
    denied = any(right == "DenyAccess" for _, right, _ in hit)
    restricted = any(right == "RestrictAccess" for _, right, _ in seen)
    allowed = not denied and (not restricted or any(right == "RestrictAccess" for _, right, _ in hit))
    granted = set(consents) if allowed else set(consents) & {"MailboxItem.Read.All"}
    for role, (kind, scope), delegating, times in assignments:
        reaches = kind == "Organization" or inside(memberships, scope, mailbox, loaded, nested=False)
        if was(times, loaded) and not delegating and reaches:
            granted |= ROLES[role]
    return granted


@settings(max_examples=500, deadline=None)
@given(
    st.lists(POLICY, max_size=3),
    st.lists(MEMBERSHIP, max_size=6),
    st.lists(ASSIGNMENT, max_size=4),
    CONSENTS,
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(MAILBOXES)), min_size=1, max_size=12),
    st.integers(1, 12),
    st.integers(5, 30),
    st.booleans(),
)
def test_calls_in_any_order_get_what_the_rules_say(
    policies, memberships, assignments, consents, calls, idle, busy, nested
):
    tenant = build(policies, memberships, assignments, nested=nested)
    tenant.delays.rbac_idle, tenant.delays.rbac_busy = idle, busy
    clock = tenant.clock
    assert isinstance(clock, SetClock)
    caller = Caller(APP, OBJECT_ID, frozenset(consents), frozenset())
    now, loaded, called = 0, None, None
    for wait, mailbox in calls:
        now += wait
        clock.at = START + timedelta(seconds=now)
        if loaded is None or now - called >= idle or now - loaded >= busy:
            loaded = now
        called = now
        wanted = expected(policies, memberships, assignments, consents, mailbox, now, loaded, nested)
        assert access.effective(tenant, caller, tenant.recipients[mailbox]) == wanted
