"""Recipients as Exchange sees them: what identifies one, what it looks like, Get-Recipient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import ambiguous, not_found
from graphmail.sandbox.exchange.opath import Lookup, parse
from graphmail.sandbox.exchange.parameter import RESULT_SIZE, STRING, STRINGS
from graphmail.sandbox.exchange.recipient_attributes import attributes
from graphmail.sandbox.recipient_index import dn, index_of
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.store import Tenant

SECURITY_GROUP = "MailUniversalSecurityGroup"
DISTRIBUTION_GROUP = "MailUniversalDistributionGroup"
GROUPS = frozenset({SECURITY_GROUP, DISTRIBUTION_GROUP})
MAILBOXES = frozenset({"UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"})
MAIL_USERS = frozenset({"MailUser", "GuestMailUser"})
CONTACTS = frozenset({"MailContact"})
UNIFIED_GROUP = "GroupMailbox"  # a Microsoft 365 group
MEMBERSHIP = GROUPS | {UNIFIED_GROUP}  # what has members that Exchange knows
MAIL_ENABLED = GROUPS | MAILBOXES | MAIL_USERS | CONTACTS | {UNIFIED_GROUP}


def recipients(tenant: Tenant, types: Iterable[str] = MAIL_ENABLED) -> list[Recipient]:
    """All of these types that are not removed, by name."""
    wanted = frozenset(types)
    return [r for r in index_of(tenant).by_name if r.span.removed is None and r.type_details in wanted]


def readable(call: Invocation, recipient: Recipient) -> bool:
    """Whether a read finds it: in the first half of the replication delay the reading controller lacks it."""
    return recipient.span.holds(call.tenant.clock.now(), call.lag("replication") / 2)


def in_entra(call: Invocation, recipient: Recipient) -> bool:
    """Whether its ExternalDirectoryObjectId is there yet."""
    return recipient.span.holds(call.tenant.clock.now(), call.lag("replication"))


def find(call: Invocation, identity: str, types: Iterable[str] = MAIL_ENABLED, *, read: bool = False) -> Recipient:
    """Return the one recipient meant: name, alias, DN, any SMTP address, UPN, Guid and Entra object id all identify.

    Raises CmdletError when none or several are. `read`: with a reader's lag.
    """
    wanted = frozenset(types)
    found = [r for r in index_of(call.tenant).named(identity) if r.span.removed is None and r.type_details in wanted]
    found = [r for r in found if in_entra(call, r) or identity.lower() != r.id]
    found = [r for r in found if readable(call, r)] if read else found
    if not found:
        raise not_found(identity)
    if len(found) > 1:
        raise ambiguous(identity)
    return found[0]


def ripe(call: Invocation, recipient: Recipient) -> Recipient:
    """Return the recipient; a mailbox just made is not found yet by what makes it a member, an owner or a scope."""
    if recipient.mailbox and not recipient.span.holds(call.tenant.clock.now(), call.lag("new_mailbox")):
        raise not_found(recipient.name)
    return recipient


def select(call: Invocation, types: Iterable[str]) -> list[Recipient]:
    """What a Get- cmdlet returns: the one identified, or all when the Identity is blank."""
    if call.identity:
        return [find(call, call.identity, types, read=True)]
    found = [r for r in recipients(call.tenant, types) if readable(call, r)]
    kinds = {k.lower() for k in call.get("RecipientTypeDetails", ())}
    return [r for r in found if not kinds or r.type_details.lower() in kinds]


def filtered(call: Invocation, found: list[Recipient], row: Callable[[Invocation, Recipient], Row]) -> list[Row]:
    """Make rows of what the Filter keeps; `Members` and `MemberOfGroup` can be filtered by and are not shown."""
    rows = [(r, row(call, r)) for r in found]
    if text := call.get("Filter"):
        keep, groups = parse(text), Groups(call.tenant)
        rows = [(r, shown) for r, shown in rows if keep.holds(_lookup(groups, r, shown))]
    return [shown for _, shown in rows]


def _lookup(groups: Groups, recipient: Recipient, shown: Row) -> Lookup:
    values = {name.lower(): value for name, value in shown.items()}

    def lookup(name: str) -> Any:
        if name == "members":
            return groups.members_of(recipient)
        return groups.around(recipient) if name == "memberofgroup" else values.get(name)

    return lookup


class Groups:
    """Who is in which group, as DNs; made at the first question, because few filters ask."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._around: dict[str, list[str]] | None = None

    def members_of(self, group: Recipient) -> list[str]:
        inside = members(self._tenant, group) if group.type_details in GROUPS else []
        return [dn(self._tenant, m) for m in inside]

    def around(self, member: Recipient) -> list[str]:
        if self._around is None:
            self._around = {}
            for group in recipients(self._tenant, MEMBERSHIP):
                for inside in members(self._tenant, group):
                    self._around.setdefault(inside.id, []).append(dn(self._tenant, group))
        return self._around.get(member.id, [])


def recipient_row(call: Invocation, recipient: Recipient) -> Row:
    primary, *others = recipient.addresses
    kind = "UserMailbox" if recipient.type_details in MAILBOXES else recipient.type_details
    return {
        "Identity": recipient.name,
        "Name": recipient.name,
        "DisplayName": recipient.display_name,
        "Alias": recipient.alias,
        "PrimarySmtpAddress": primary,
        "EmailAddresses": [f"SMTP:{primary}", *(f"smtp:{a}" for a in others)],
        "RecipientType": kind,
        "RecipientTypeDetails": recipient.type_details,
        "HiddenFromAddressListsEnabled": bool(recipient.properties.get("HiddenFromAddressListsEnabled", False)),
        "DistinguishedName": dn(call.tenant, recipient),
        "Guid": UUID(recipient.guid),
        "ExternalDirectoryObjectId": recipient.id if in_entra(call, recipient) else "",
        "IsDirSynced": recipient.synced,
        **attributes(recipient),
        "OrganizationId": call.tenant.initial_domain,
        "WhenCreated": recipient.span.made,
        "WhenChanged": recipient.span.made,
    }


def members(tenant: Tenant, group: Recipient, *, soft_deleted: bool = False) -> list[Recipient]:
    """Who is a member by the last commit, direct ones only; those deleted meanwhile only where asked for."""
    now = tenant.clock.now()
    held = [tenant.recipients.get(i) for i, spans in group.memberships.items() if any(s.holds(now) for s in spans)]
    kept = (m for m in held if m is not None and (soft_deleted or m.span.removed is None))
    return sorted(kept, key=lambda m: m.name.lower())


def _get_recipient(call: Invocation) -> list[Row]:
    return filtered(call, select(call, MAIL_ENABLED), recipient_row)


CMDLETS = [
    Cmdlet(
        "Get-Recipient",
        _get_recipient,
        {
            "Identity": STRING,
            "Filter": STRING,
            "RecipientTypeDetails": STRINGS,
            "Properties": STRINGS,
            "ResultSize": RESULT_SIZE,
        },
        pages=True,
    ),
]
