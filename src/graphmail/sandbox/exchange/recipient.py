"""Recipients as Exchange sees them: what identifies one, what it looks like, Get-Recipient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import ambiguous, not_found
from graphmail.sandbox.exchange.opath import predicate
from graphmail.sandbox.exchange.parameter import RESULT_SIZE, STRING, STRINGS
from graphmail.sandbox.store import Recipient, Tenant

SECURITY_GROUP = "MailUniversalSecurityGroup"
DISTRIBUTION_GROUP = "MailUniversalDistributionGroup"
GROUPS = frozenset({SECURITY_GROUP, DISTRIBUTION_GROUP})
MAILBOXES = frozenset({"UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"})
MAIL_USERS = frozenset({"MailUser", "GuestMailUser"})
CONTACTS = frozenset({"MailContact"})
UNIFIED_GROUP = "GroupMailbox"  # a Microsoft 365 group
MAIL_ENABLED = GROUPS | MAILBOXES | MAIL_USERS | CONTACTS | {UNIFIED_GROUP}


def dn(tenant: Tenant, recipient: Recipient) -> str:
    return (
        f"CN={recipient.name},OU={tenant.initial_domain},OU=Microsoft Exchange Hosted Organizations,"
        "DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM"
    )


def recipients(tenant: Tenant, types: Iterable[str] = MAIL_ENABLED) -> list[Recipient]:
    """All of these types that are not removed, by name."""
    wanted = frozenset(types)
    found = [r for r in tenant.recipients.values() if r.span.removed is None and r.type_details in wanted]
    return sorted(found, key=lambda r: r.name.lower())


def readable(call: Invocation, recipient: Recipient) -> bool:
    """Whether a read finds it: in the first half of the replication delay the reading controller lacks it."""
    return recipient.span.holds(call.tenant.clock.now(), call.lag("replication") / 2)


def in_entra(call: Invocation, recipient: Recipient) -> bool:
    """Whether its ExternalDirectoryObjectId is there yet."""
    return recipient.span.holds(call.tenant.clock.now(), call.lag("replication"))


def is_identified(call: Invocation, recipient: Recipient, identity: str) -> bool:
    """Name, alias, DN, any SMTP address, UPN, Guid and Entra object id all identify."""
    wanted = identity.lower()
    keys = [recipient.name, recipient.alias, recipient.guid, recipient.user_principal_name or ""]
    keys += [dn(call.tenant, recipient), *recipient.addresses]
    if recipient.mailbox:
        keys.append(recipient.mailbox.exchange_guid)
    if in_entra(call, recipient):
        keys.append(recipient.id)
    return bool(wanted) and wanted in (key.lower() for key in keys)


def find(call: Invocation, identity: str, types: Iterable[str] = MAIL_ENABLED, *, read: bool = False) -> Recipient:
    """Return the one recipient meant. Raises CmdletError when none or several are. `read`: with a reader's lag."""
    found = [r for r in recipients(call.tenant, types) if is_identified(call, r, identity)]
    found = [r for r in found if readable(call, r)] if read else found
    if not found:
        raise not_found(identity)
    if len(found) > 1:
        raise ambiguous(identity)
    return found[0]


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
        keep = predicate(text)
        rows = [(r, shown) for r, shown in rows if keep({**shown, **_links(call.tenant, r)})]
    return [shown for _, shown in rows]


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
        "OrganizationId": call.tenant.initial_domain,
        "WhenCreated": recipient.span.made,
        "WhenChanged": recipient.span.made,
    }


def members(tenant: Tenant, group: Recipient) -> list[Recipient]:
    """Who is a member by the last commit, direct ones only."""
    now = tenant.clock.now()
    held = [tenant.recipients.get(i) for i, spans in group.memberships.items() if any(s.holds(now) for s in spans)]
    return sorted((m for m in held if m is not None), key=lambda m: m.name.lower())


def _links(tenant: Tenant, recipient: Recipient) -> Row:
    groups = [g for g in recipients(tenant, GROUPS) if recipient in members(tenant, g)]
    inside = members(tenant, recipient) if recipient.type_details in GROUPS else []
    return {"Members": [dn(tenant, m) for m in inside], "MemberOfGroup": [dn(tenant, g) for g in groups]}


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
