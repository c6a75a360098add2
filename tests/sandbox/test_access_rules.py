"""The rules of role assignments, consent and policies again, in words, against random worlds.

learn.microsoft.com/exchange/permissions-exo/application-rbac, learn.microsoft.com/graph/auth-limit-mailbox-access
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graphmail.sandbox import access
from graphmail.sandbox.call import Caller
from graphmail.sandbox.clock import Span, VirtualClock
from graphmail.sandbox.directory_records import ServicePrincipal
from graphmail.sandbox.exchange_records import ManagementScope, Pointer, RoleAssignment
from graphmail.sandbox.recipient_index import dn
from graphmail.sandbox.recipient_records import AccessPolicy, Recipient
from graphmail.sandbox.store import Tenant
from tests.sandbox.rbac_world import APP, OBJECT_ID

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
