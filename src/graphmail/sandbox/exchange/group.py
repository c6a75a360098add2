"""Mail-enabled security groups and distribution groups: New-, Get-, Set-, Remove-DistributionGroup."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from graphmail.sandbox.clock import Span
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import invalid, not_manager, synced, task_failed
from graphmail.sandbox.exchange.group_address import checked_address, default_alias, secure_alias, secure_name
from graphmail.sandbox.exchange.identifiers import new_sid
from graphmail.sandbox.exchange.organization import default_domain
from graphmail.sandbox.exchange.parameter import (
    BOOLEAN,
    CHANGE,
    REQUIRED_STRING,
    RESULT_SIZE,
    STRING,
    STRINGS,
    SWITCH,
    Change,
    Parameter,
    one_of,
)
from graphmail.sandbox.exchange.recipient import (
    DISTRIBUTION_GROUP,
    GROUPS,
    MAIL_USERS,
    MAILBOXES,
    SECURITY_GROUP,
    filtered,
    find,
    recipient_row,
    ripe,
    select,
)
from graphmail.sandbox.recipient_records import Recipient

OWNER_TYPES = MAILBOXES | MAIL_USERS | {SECURITY_GROUP}
MEMBER_TYPES = MAILBOXES | MAIL_USERS | GROUPS | {"MailContact"}

# Exchange's own name of a setting that is kept as given, and what it is when never given.
SETTINGS: dict[str, Any] = {
    "RequireSenderAuthenticationEnabled": True,
    "HiddenFromAddressListsEnabled": False,
    "HiddenGroupMembershipEnabled": False,
    "MemberJoinRestriction": "Closed",
    "MemberDepartRestriction": "Closed",
    "ModerationEnabled": False,
}


def check_manager(call: Invocation, group: Recipient) -> None:
    """Raises CmdletError unless the caller owns the group or bypasses that: an application never owns one."""
    if not (call.caller.by_hand or call.get("BypassSecurityGroupManagerCheck") or _owns(call, group)):
        raise not_manager()


def check_cloud(call: Invocation, group: Recipient, parameter: str) -> None:
    """Raises CmdletError for a group that is mastered on premises."""
    if group.synced:
        raise synced(call.cmdlet, parameter, group.name)


def _owns(call: Invocation, group: Recipient) -> bool:
    return (call.caller.user_id or call.caller.service_principal_id) in group.owners


def group_row(call: Invocation, group: Recipient) -> Row:
    known = call.tenant.recipients
    owners = [known[o].name for o in group.owners if o in known]
    row = recipient_row(call, group) | {
        "GroupType": "Universal, SecurityEnabled" if group.type_details == SECURITY_GROUP else "Universal",
        "ManagedBy": owners,
        "Description": [d] if (d := group.properties.get("description")) else [],
        "Notes": group.properties.get("Notes", ""),
    }
    return row | {name: group.properties.get(name, default) for name, default in SETTINGS.items()}


def _get(call: Invocation) -> list[Row]:
    return filtered(call, select(call, GROUPS), group_row)


def _owner_ids(call: Invocation, identities: Iterable[str]) -> list[str]:
    owners = [ripe(call, find(call, identity)) for identity in identities]
    for owner in owners:
        if owner.type_details not in OWNER_TYPES:
            raise task_failed(
                f'The owner "{owner.name}" must be a mailbox, a mail user or a mail-enabled security group; '
                f"it is a {owner.type_details}.",
            )
    return [owner.id for owner in owners]


def member_of_group(call: Invocation, identity: str) -> Recipient:
    """Return the recipient that may be a member. Raises CmdletError when it is missing or of a type that may not."""
    member = ripe(call, find(call, identity))
    if member.type_details not in MEMBER_TYPES:
        raise task_failed(f'The recipient "{member.name}" of type {member.type_details} can\'t be a member of a group.')
    return member


def _settings(call: Invocation) -> dict[str, Any]:
    """Return the kept settings that were given, `description` under the name that Graph knows it by."""
    given = {name: call.get(name) for name in (*SETTINGS, "Notes") if call.get(name) is not None}
    description: Change | None = call.get("Description")
    if description is not None and (lines := description.of([])):
        given["description"] = lines[0]
    elif description is not None and description.replace == ():
        given["description"] = ""
    return given


def _restrictions(call: Invocation, *, security: bool) -> None:
    if security and call.get("MemberJoinRestriction") == "Open":
        raise invalid("Security groups can't have the member join restriction Open.")


def _new(call: Invocation) -> list[Row]:
    tenant = call.tenant
    security = call.get("Type") == "Security"
    _restrictions(call, security=security)
    name, alias = call.get("Name"), call.get("Alias") or default_alias(call.get("Name"))
    secure_name(tenant, name)
    secure_alias(tenant, alias)
    domain = default_domain(tenant.domains, tenant.initial_domain)
    address = checked_address(tenant, call.get("PrimarySmtpAddress") or f"{alias}@{domain}")
    # Who makes a group owns it, unless that is an application.
    owners = _owner_ids(call, call.get("ManagedBy", Change()).of([])) or [u for u in [call.caller.user_id] if u]
    members = [member_of_group(call, m).id for m in call.get("Members", ())]
    members += owners if call.get("CopyOwnerToMember") else []
    now = tenant.clock.now()
    routing = f"{alias}@{tenant.initial_domain}"
    group = Recipient(
        id=str(uuid.uuid4()),
        guid=str(uuid.uuid4()),
        sid=new_sid(),
        name=name,
        display_name=call.get("DisplayName") or name,
        alias=alias,
        type_details=SECURITY_GROUP if security else DISTRIBUTION_GROUP,
        addresses=[address] if tenant.recipient_with(routing) else list(dict.fromkeys([address, routing])),
        span=Span(now),
        properties=SETTINGS | _settings(call),
        owners=owners,
        memberships={member: [Span(now)] for member in dict.fromkeys(members)},
    )
    tenant.recipients[group.id] = group
    call.commit(address, name=name, owners=owners, members=members)
    return [group_row(call, group)]


def _set(call: Invocation) -> list[Row]:
    tenant = call.tenant
    group = find(call, call.identity, GROUPS)
    check_manager(call, group)
    check_cloud(call, group, next((name for name in call.parameters if name in _SETTABLE), "DisplayName"))
    _restrictions(call, security=group.type_details == SECURITY_GROUP)
    if call.get("EmailAddresses") is not None and call.get("PrimarySmtpAddress"):
        raise invalid("The EmailAddresses and PrimarySmtpAddress parameters can't be used together.")
    wanted: dict[str, Any] = {
        "name": call.get("Name") or group.name,
        "display_name": call.get("DisplayName") or group.display_name,
        "alias": call.get("Alias") or group.alias,
        "addresses": _wanted_addresses(call, group),
        "owners": _wanted_owners(call, group),
        "properties": group.properties | _settings(call),
    }
    if wanted["name"] != group.name:
        secure_name(tenant, wanted["name"], group)
    if wanted["alias"] != group.alias:
        secure_alias(tenant, wanted["alias"], group)
    changed = {field: value for field, value in wanted.items() if getattr(group, field) != value}
    if not changed:
        call.unchanged(group.name)
        return []
    for field, value in changed.items():
        setattr(group, field, value)
    call.commit(group.primary_address, **changed)
    return []


def _wanted_owners(call: Invocation, group: Recipient) -> list[str]:
    change: Change | None = call.get("ManagedBy")
    if change is None:
        return group.owners
    ids = Change(
        None if change.replace is None else tuple(_owner_ids(call, change.replace)),
        tuple(_owner_ids(call, change.add)),
        tuple(find(call, gone).id for gone in change.remove),
    )
    owners = ids.of(group.owners)
    if not owners and group.owners:
        raise task_failed("The group must have at least one owner.")
    return owners


def _wanted_addresses(call: Invocation, group: Recipient) -> list[str]:
    if primary := call.get("PrimarySmtpAddress"):
        checked_address(call.tenant, primary, group)
        return [primary, *(a for a in group.addresses if a.lower() != primary.lower())]
    change: Change | None = call.get("EmailAddresses")
    if change is None:
        return group.addresses
    current = [("SMTP:" if a == group.primary_address else "smtp:") + a for a in group.addresses]
    wanted = change.of(current, _bare)
    wanted.sort(key=lambda a: not a.startswith("SMTP:"))  # stable: the primary one first
    bare = [a.partition(":")[2] or a for a in wanted]
    for address in bare:
        checked_address(call.tenant, address, group)
    if not bare:
        raise invalid("A group must have a primary SMTP address.")
    return bare


def _bare(address: str) -> str:
    return address.lower().removeprefix("smtp:")


def _remove(call: Invocation) -> list[Row]:
    group = find(call, call.identity, GROUPS)
    check_manager(call, group)
    check_cloud(call, group, "Identity")
    now = call.tenant.clock.now()
    group.span.removed = now
    for spans in group.memberships.values():
        for span in spans:
            span.removed = span.removed or now
    call.commit(group.primary_address, name=group.name)
    return []


_RESTRICTION = Parameter(one_of("Open", "Closed", "ApprovalRequired"), "Microsoft.Exchange.Data.MemberUpdateType")
_TYPE = Parameter(one_of("Distribution", "Security"), "Microsoft.Exchange.Data.Directory.Recipient.GroupType")
_KEPT = {
    "Alias": STRING,
    "Description": CHANGE,
    "DisplayName": STRING,
    "HiddenGroupMembershipEnabled": SWITCH,
    "IgnoreNamingPolicy": SWITCH,
    "ManagedBy": CHANGE,
    "MemberDepartRestriction": _RESTRICTION,
    "MemberJoinRestriction": _RESTRICTION,
    "ModerationEnabled": BOOLEAN,
    "PrimarySmtpAddress": STRING,
    "RequireSenderAuthenticationEnabled": BOOLEAN,
}
_SETTABLE = (*_KEPT, "EmailAddresses", "HiddenFromAddressListsEnabled", "Name")

CMDLETS = [
    Cmdlet(
        "Get-DistributionGroup",
        _get,
        {"Identity": STRING, "Filter": STRING, "RecipientTypeDetails": STRINGS, "ResultSize": RESULT_SIZE},
        pages=True,
    ),
    Cmdlet(
        "New-DistributionGroup",
        _new,
        {
            **_KEPT,
            "Name": REQUIRED_STRING,
            "CopyOwnerToMember": SWITCH,
            "Members": STRINGS,
            "Notes": STRING,
            "Type": _TYPE,
        },
    ),
    Cmdlet(
        "Set-DistributionGroup",
        _set,
        {
            **_KEPT,
            "Identity": REQUIRED_STRING,
            "BypassSecurityGroupManagerCheck": SWITCH,
            "EmailAddresses": CHANGE,
            "HiddenFromAddressListsEnabled": BOOLEAN,
            "Name": STRING,
        },
    ),
    Cmdlet(
        "Remove-DistributionGroup",
        _remove,
        {"Identity": REQUIRED_STRING, "BypassSecurityGroupManagerCheck": SWITCH},
        confirms=True,
    ),
]
