"""Get-, Add-, Remove-, Update-DistributionGroupMember. One change of a membership is one Span begun or ended."""

from __future__ import annotations

from graphmail.sandbox.clock import Span
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import member_exists, member_missing
from graphmail.sandbox.exchange.group import check_cloud, check_manager, member_of_group
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING, RESULT_SIZE, STRING, STRINGS, SWITCH
from graphmail.sandbox.exchange.recipient import GROUPS, find, members, recipient_row, select
from graphmail.sandbox.recipient_records import Recipient

# What public readers of member rows use; the object id on them is not documented.
_SHOWN = (
    "Identity",
    "Name",
    "DisplayName",
    "Alias",
    "PrimarySmtpAddress",
    "RecipientType",
    "Guid",
    "DistinguishedName",
)


def _get(call: Invocation) -> list[Row]:
    """A blank Identity returns the members of all groups."""
    hidden = bool(call.get("IncludeSoftDeletedObjects"))
    groups = select(call, GROUPS)
    found = {m.id: m for group in groups for m in members(call.tenant, group, soft_deleted=hidden)}
    rows = (recipient_row(call, member) for member in found.values())
    return [{name: row[name] for name in _SHOWN} for row in rows]


def _group(call: Invocation) -> Recipient:
    group = find(call, call.identity, GROUPS)
    check_manager(call, group)
    check_cloud(call, group, "Members")
    return group


def _begin(call: Invocation, group: Recipient, member: Recipient) -> None:
    group.memberships.setdefault(member.id, []).append(Span(call.tenant.clock.now()))


def _end(call: Invocation, group: Recipient, member: Recipient) -> None:
    now = call.tenant.clock.now()
    for span in group.memberships.get(member.id, ()):
        span.removed = span.removed or now


def _add(call: Invocation) -> list[Row]:
    group = _group(call)
    member = member_of_group(call, call.get("Member"))
    if member in members(call.tenant, group):
        raise member_exists(member.name, group.name)
    _begin(call, group, member)
    call.commit(group.primary_address, member=member.primary_address)
    return []


def _remove(call: Invocation) -> list[Row]:
    group = _group(call)
    member = find(call, call.get("Member"))
    if member not in members(call.tenant, group):
        raise member_missing(member.name, group.name)
    _end(call, group, member)
    call.commit(group.primary_address, member=member.primary_address)
    return []


def _update(call: Invocation) -> list[Row]:
    """Members replaces them all; like any list sent empty, an empty one changes nothing."""
    group = _group(call)
    wanted = {m.id: m for m in (member_of_group(call, identity) for identity in call.get("Members", ()))}
    current = {m.id: m for m in members(call.tenant, group)}
    if not wanted or wanted.keys() == current.keys():
        call.unchanged(group.name)
        return []
    for gone in current.keys() - wanted.keys():
        _end(call, group, current[gone])
    for new in wanted.keys() - current.keys():
        _begin(call, group, wanted[new])
    call.commit(group.primary_address, members=[m.primary_address for m in wanted.values()])
    return []


_CHANGE = {"Identity": REQUIRED_STRING, "BypassSecurityGroupManagerCheck": SWITCH}

CMDLETS = [
    Cmdlet(
        "Get-DistributionGroupMember",
        _get,
        {"Identity": STRING, "ResultSize": RESULT_SIZE, "IncludeSoftDeletedObjects": SWITCH},
        pages=True,
    ),
    Cmdlet("Add-DistributionGroupMember", _add, {**_CHANGE, "Member": REQUIRED_STRING}),
    Cmdlet("Remove-DistributionGroupMember", _remove, {**_CHANGE, "Member": REQUIRED_STRING}, confirms=True),
    Cmdlet("Update-DistributionGroupMember", _update, {**_CHANGE, "Members": STRINGS}, confirms=True),
]
