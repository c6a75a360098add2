"""Who may do what to which mailbox: policies against an oracle, and the refusals on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphmail.sandbox import access
from graphmail.sandbox.clock import Span, VirtualClock
from graphmail.sandbox.recipient_records import AccessPolicy, Recipient
from graphmail.sandbox.store import Tenant
from tests.sandbox_in_process import APP, MAIL, mail

START = datetime(2026, 1, 1, tzinfo=UTC)
APPS = ("aaaaaaaa-0000-4000-8000-000000000001", "AAAAAAAA-0000-4000-8000-000000000001", "bbbb", "*")
MAILBOXES = ("m0", "m1", "m2")
GROUPS = ("g0", "g1")


@dataclass(slots=True)
class FixedClock(VirtualClock):
    at: datetime = START

    def now(self) -> datetime:
        return self.at


# One membership or policy: made at, removed after (None: never), in seconds.
SPAN = st.tuples(st.integers(0, 40), st.none() | st.integers(0, 40))
MEMBERSHIP = st.tuples(st.sampled_from(GROUPS), st.sampled_from(MAILBOXES), SPAN)
POLICY = st.tuples(
    st.sampled_from(APPS), st.sampled_from(GROUPS + MAILBOXES), st.sampled_from(["RestrictAccess", "DenyAccess"]), SPAN
)


def span(made: int, lasts: int | None) -> Span:
    removed = None if lasts is None else START + timedelta(seconds=made + lasts)
    return Span(START + timedelta(seconds=made), removed)


def oracle(
    policies: list[Any], memberships: list[Any], app: str, mailbox: str, now: int, policy_lag: int, membership_lag: int
) -> bool:
    """Walk through the published rules in words: exchange.md 4."""

    def seen(times: tuple[int, int | None], lag: int) -> bool:
        made, lasts = times
        moment = now - lag  # what a reader sees now is what was so this long ago
        return moment >= made and (lasts is None or moment < made + lasts)

    restricted = False
    allowed = False
    for policy_app, scope, right, times in policies:
        if policy_app != "*" and policy_app.casefold() != app.casefold():
            continue
        if not seen(times, policy_lag):
            continue
        matches = scope == mailbox
        for group, member, member_times in memberships:
            if group == scope and member == mailbox and seen(member_times, membership_lag):
                matches = True
        if right == "DenyAccess":
            if matches:
                return False
        else:
            restricted = True
            allowed = allowed or matches
    return allowed if restricted else True


@settings(max_examples=600, deadline=None)
@given(
    st.lists(POLICY, max_size=5),
    st.lists(MEMBERSHIP, max_size=6),
    st.sampled_from(APPS[:3]),
    st.sampled_from(MAILBOXES),
    st.integers(0, 90),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_policies_evaluate_as_the_rules_say(policies, memberships, app, mailbox, now, policy_lag, membership_lag):
    tenant = Tenant("t", "T", "t.example", ["t.example"], clock=FixedClock(at=START + timedelta(seconds=now)))
    for name in (*GROUPS, *MAILBOXES):
        tenant.recipients[name] = Recipient(name, name, name, name, name, name, "", [f"{name}@t.example"], Span(START))
    for group, member, times in memberships:
        tenant.recipients[group].memberships.setdefault(member, []).append(span(*times))
    tenant.policies = [AccessPolicy(a, scope, right, "", span(*times)) for a, scope, right, times in policies]
    lags = {"policy_lag": timedelta(seconds=policy_lag), "membership_lag": timedelta(seconds=membership_lag)}
    expected = oracle(policies, memberships, app, mailbox, now, policy_lag, membership_lag)
    assert access.policy_allows(tenant, app, mailbox, **lags) is expected


@pytest.fixture
def restricted(contoso):
    """The app may use support@ alone, and everything has acted."""
    contoso.rows("New-DistributionGroup", Name="g", Type="Security", Members=["support"])
    contoso.advance(10)
    policy = {"AppId": APP.upper(), "AccessRight": "RestrictAccess", "PolicyScopeGroupId": "g", "Description": " "}
    contoso.rows("New-ApplicationAccessPolicy", **policy)
    contoso.advance(901)
    return contoso


INBOX = "/users/{}/mailFolders/inbox?$select=id"


def test_member_passes_and_outsider_gets_the_raop_text(restricted):
    assert restricted.graph("GET", INBOX.format("support@contoso.example")).status_code == 200
    message = restricted.refused(403, "ErrorAccessDenied", "GET", INBOX.format("ceo@contoso.example"))
    assert (
        message == "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."
    )


def test_policy_holds_for_every_name_of_a_mailbox(restricted):
    ceo, support = (restricted.recipient(f"{name}@contoso.example") for name in ("ceo", "support"))
    for name in (support.id, support.id.upper(), "SUPPORT@contoso.example", "help@contoso.example"):
        assert restricted.graph("GET", INBOX.format(name)).status_code == 200
    for name in (ceo.id, "CEO@contoso.example"):
        assert restricted.graph("GET", INBOX.format(name)).status_code == 403


def test_unsendable_send_is_400_where_the_app_may_and_403_where_not(restricted):
    send = {"message": {"subject": "probe", "toRecipients": []}}
    restricted.refused(400, "ErrorInvalidRecipients", "POST", "/users/support@contoso.example/sendMail", json=send)
    restricted.refused(403, "ErrorAccessDenied", "POST", "/users/ceo@contoso.example/sendMail", json=send)


def test_missing_role_is_refused_in_other_words(restricted):
    path = INBOX.format("support@contoso.example")
    message = restricted.refused(403, "ErrorAccessDenied", "GET", path, roles=("Mail.Send",))
    assert message == "Access is denied. Check credentials and try again."
    path = "/users/support@contoso.example/sendMail"
    restricted.refused(403, "ErrorAccessDenied", "POST", path, roles=("Mail.ReadWrite",), json=mail("a@b.example"))


def test_new_policy_acts_on_the_data_plane_long_after_the_test_cmdlet_says_so(contoso):
    contoso.rows("New-DistributionGroup", Name="g", Type="Security")
    contoso.advance(1000)
    policy = {"AppId": APP, "AccessRight": "RestrictAccess", "PolicyScopeGroupId": "g"}
    contoso.rows("New-ApplicationAccessPolicy", **policy)
    contoso.advance(890)
    verdict = contoso.rows("Test-ApplicationAccessPolicy", Identity="ceo", AppId=APP)[0]["AccessCheckResult"]
    assert verdict == "Denied"
    assert contoso.graph("GET", INBOX.format("ceo@contoso.example")).status_code == 200
    contoso.advance(11)
    assert contoso.graph("GET", INBOX.format("ceo@contoso.example")).status_code == 403


def test_removed_policy_goes_on_acting_for_a_while(restricted):
    identity = restricted.rows("Get-ApplicationAccessPolicy")[0]["Identity"]
    restricted.rows("Remove-ApplicationAccessPolicy", Identity=identity)
    restricted.advance(890)
    assert restricted.graph("GET", INBOX.format("ceo@contoso.example")).status_code == 403
    restricted.advance(11)
    assert restricted.graph("GET", INBOX.format("ceo@contoso.example")).status_code == 200


def test_membership_acts_late_in_both_directions(restricted):
    change = {"Identity": "g", "Member": "ceo", "BypassSecurityGroupManagerCheck": True}
    restricted.rows("Add-DistributionGroupMember", **change)
    restricted.advance(290)
    assert restricted.graph("GET", INBOX.format("ceo@contoso.example")).status_code == 403
    restricted.advance(11)
    assert restricted.graph("GET", INBOX.format("ceo@contoso.example")).status_code == 200
    restricted.rows("Remove-DistributionGroupMember", **change)
    restricted.advance(290)
    assert restricted.graph("GET", INBOX.format("ceo@contoso.example")).status_code == 200
    restricted.advance(11)
    assert restricted.graph("GET", INBOX.format("ceo@contoso.example")).status_code == 403


def test_removed_group_leaves_nobody_in_scope(restricted):
    restricted.rows("Remove-DistributionGroup", Identity="g", BypassSecurityGroupManagerCheck=True)
    restricted.advance(301)
    assert restricted.graph("GET", INBOX.format("support@contoso.example")).status_code == 403


def test_shared_mailbox_in_the_group_is_reachable(fabrikam):
    fabrikam.rows("New-DistributionGroup", Name="g", Type="Security", Members=["info"])
    fabrikam.advance(10)
    policy = {"AppId": APP, "AccessRight": "RestrictAccess", "PolicyScopeGroupId": "g"}
    fabrikam.rows("New-ApplicationAccessPolicy", **policy)
    fabrikam.advance(901)
    assert fabrikam.graph("GET", INBOX.format("info@fabrikam.example")).status_code == 200
    assert fabrikam.graph("GET", INBOX.format("hr@fabrikam.example")).status_code == 403


def test_another_app_is_not_limited(restricted):
    path = INBOX.format("ceo@contoso.example")
    assert restricted.graph("GET", path, client_id="99999999-2222-4333-8444-555555555555").status_code == 200


@pytest.mark.parametrize(
    ("user", "code"),
    [
        ("trainee@contoso.example", "MailboxNotEnabledForRESTAPI"),
        ("nobody@contoso.example", "ErrorInvalidUser"),
        ("everybody@contoso.example", "ErrorInvalidUser"),
        ("12345678-1234-4123-8123-123456789012", "Request_ResourceNotFound"),
    ],
)
def test_who_has_no_mailbox_is_404(contoso, user, code):
    contoso.refused(404, code, "GET", INBOX.format(user))
    contoso.refused(403, "ErrorAccessDenied", "GET", INBOX.format(user), roles=("User.Read.All",))


def test_each_reading_role_suffices_for_folders(contoso):
    for role in ("Mail.ReadBasic", "Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"):
        assert contoso.graph("GET", INBOX.format("ceo@contoso.example"), roles=(role,)).status_code == 200


def test_read_basic_shows_no_bodies_and_no_attachments(contoso):
    contoso.got("POST", "/users/ceo@contoso.example/sendMail", 202, json=mail("ceo@contoso.example"))
    contoso.advance(4)
    path = "/users/ceo@contoso.example/messages"
    item = contoso.got("GET", path, roles=("Mail.ReadBasic.All",))["value"][0]
    assert item["subject"] == "hello"
    assert item.keys().isdisjoint({"body", "bodyPreview"})
    path += f"/{item['id']}/attachments"
    contoso.refused(403, "ErrorAccessDenied", "GET", path, roles=("Mail.ReadBasic.All",))


def test_reading_does_not_include_writing(contoso):
    path = "/users/ceo@contoso.example/messages"
    contoso.refused(403, "ErrorAccessDenied", "POST", path, roles=("Mail.Read", "Mail.Send"), json={"subject": "x"})
    contoso.got("POST", path, 201, roles=MAIL, json={"subject": "x"})
