"""Get-, Set-, New-, Remove-Mailbox."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from graphmail.sandbox.clock import Span
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import binding, invalid, not_emulated, not_found, synced
from graphmail.sandbox.exchange.group_address import checked_address, default_alias, secure_alias, secure_name
from graphmail.sandbox.exchange.identifiers import new_sid
from graphmail.sandbox.exchange.organization import default_domain
from graphmail.sandbox.exchange.parameter import (
    BOOLEAN,
    REQUIRED_STRING,
    RESULT_SIZE,
    SIZE,
    STRING,
    STRINGS,
    SWITCH,
    Parameter,
    one_of,
)
from graphmail.sandbox.exchange.recipient import MAILBOXES, filtered, find, recipient_row, select
from graphmail.sandbox.exchange.recipient_attributes import CUSTOM
from graphmail.sandbox.exchange.size import show_size
from graphmail.sandbox.mail_records import Mailbox
from graphmail.sandbox.object_ids import opaque_id
from graphmail.sandbox.recipient_index import names
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.tenant_builder import FOLDERS

# learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
LARGEST_MESSAGE = 150 * 1024 * 1024

_TYPES = {
    "Regular": "UserMailbox",
    "Shared": "SharedMailbox",
    "Room": "RoomMailbox",
    "Equipment": "EquipmentMailbox",
}


def mailbox_row(call: Invocation, recipient: Recipient) -> Row:
    row = recipient_row(call, recipient)
    if box := recipient.mailbox:
        row |= {
            "ExchangeGuid": UUID(box.exchange_guid),
            "UserPrincipalName": recipient.user_principal_name,
            "IsShared": recipient.type_details == "SharedMailbox",
            "AccountDisabled": not recipient.account_enabled,
            "MaxSendSize": show_size(box.max_send_size),
            "MaxReceiveSize": show_size(box.max_receive_size),
            "ProhibitSendQuota": show_size(box.quota or int(49.5 * 1024**3)),
        }
    return row


def _get(call: Invocation) -> list[Row]:
    found = _soft_deleted(call) if call.get("SoftDeletedMailbox") else [r for r in select(call, MAILBOXES) if r.mailbox]
    return filtered(call, found, mailbox_row)


def _soft_deleted(call: Invocation) -> list[Recipient]:
    gone = [r for r in call.tenant.recipients.values() if r.mailbox and r.span.removed is not None]
    if not call.identity:
        return gone
    wanted = call.identity.lower()
    found = [r for r in gone if wanted in (n.lower() for n in names(call.tenant, r))]
    if not found:
        raise not_found(call.identity)
    return found


def checked_sizes(call: Invocation) -> dict[str, int]:
    """The message sizes that were given. Raises CmdletError for one that no mailbox can have."""
    sizes: dict[str, int] = {n: call.get(n) for n in ("MaxSendSize", "MaxReceiveSize") if call.get(n) is not None}
    for name, size in sizes.items():
        if not 0 <= size <= LARGEST_MESSAGE:
            raise invalid(f"{name} must be between 0 B and {show_size(LARGEST_MESSAGE)}; it is {show_size(size)}.")
    return sizes


def _set(call: Invocation) -> list[Row]:
    recipient = find(call, call.identity, MAILBOXES)
    sizes, box = checked_sizes(call), recipient.mailbox
    if box is None:
        raise not_found(call.identity)
    wanted: dict[str, Any] = {
        "display_name": call.get("DisplayName") or recipient.display_name,
        "type_details": _TYPES.get(call.get("Type"), recipient.type_details),
        "properties": recipient.properties | _attributes(call),
    }
    changed = {field: value for field, value in wanted.items() if getattr(recipient, field) != value}
    attribute = next((n for n, v in _attributes(call).items() if recipient.properties.get(n) != v), "")
    mastered = {"display_name": "DisplayName", "properties": attribute}
    if recipient.synced and (refused := next((mastered[f] for f in changed if f in mastered), None)):
        raise synced(call.cmdlet, refused, recipient.name)
    now = {"MaxSendSize": box.max_send_size, "MaxReceiveSize": box.max_receive_size}
    resized = {n: s for n, s in sizes.items() if now[n] != s}
    if not (changed or resized):
        call.unchanged(recipient.name)
        return []
    for field, value in changed.items():
        setattr(recipient, field, value)
    box.max_send_size = resized.get("MaxSendSize", box.max_send_size)
    box.max_receive_size = resized.get("MaxReceiveSize", box.max_receive_size)
    call.commit(recipient.primary_address, **changed, **resized)
    return []


def _attributes(call: Invocation) -> dict[str, Any]:
    return {n: call.get(n) for n in ("HiddenFromAddressListsEnabled", *CUSTOM) if call.get(n) is not None}


def _new(call: Invocation) -> list[Row]:
    """A shared, room or equipment mailbox, or a user's with the sizes of the mailbox plan."""
    tenant, kind = call.tenant, _kind(call)
    name = call.get("Name")
    alias = call.get("Alias") or default_alias(name)
    secure_name(tenant, name)
    secure_alias(tenant, alias)
    sign_in = call.get("MicrosoftOnlineServicesID")
    domain = default_domain(tenant.domains, tenant.initial_domain)
    address = checked_address(tenant, call.get("PrimarySmtpAddress") or sign_in or f"{alias}@{domain}")
    plan = tenant.exchange
    guid = str(uuid.uuid4())
    recipient = Recipient(
        id=str(uuid.uuid4()),
        guid=str(uuid.uuid4()),
        sid=new_sid(),
        name=name,
        display_name=call.get("DisplayName") or name,
        alias=alias,
        type_details=kind,
        addresses=_with_routing(call, address, alias),
        span=Span(tenant.clock.now()),
        user_principal_name=sign_in or address,
        account_enabled=kind == "UserMailbox",
        mailbox=Mailbox(
            guid, plan.plan_max_send_size, plan.plan_max_receive_size, {f: opaque_id(f"{guid} {f}") for f in FOLDERS},
        ),
    )  # fmt: skip
    tenant.recipients[recipient.id] = recipient
    call.commit(address, name=name, kind=kind)
    return [mailbox_row(call, recipient)]


def _with_routing(call: Invocation, address: str, alias: str) -> list[str]:
    routing = f"{alias}@{call.tenant.initial_domain}"
    taken = call.tenant.recipient_with(routing) is not None
    return [address] if taken else list(dict.fromkeys([address, routing]))


def _kind(call: Invocation) -> str:
    chosen = [name for name in ("Shared", "Room", "Equipment") if call.get(name)]
    if len(chosen) > 1:
        raise binding("Parameter set cannot be resolved using the specified named parameters.")
    if not chosen and not (call.get("MicrosoftOnlineServicesID") and call.get("Password")):
        raise binding(
            "Cannot process command because of one or more missing mandatory parameters: "
            "MicrosoftOnlineServicesID Password.",
        )
    return _TYPES[chosen[0] if chosen else "Regular"]


def _remove(call: Invocation) -> list[Row]:
    """Soft-deleted: it stays a member of its groups, which do not show it, and its names are free."""
    if call.get("PermanentlyDelete"):
        raise not_emulated("Remove-Mailbox with PermanentlyDelete")
    recipient = find(call, call.identity, MAILBOXES)
    if recipient.synced:
        raise synced(call.cmdlet, "Identity", recipient.name)
    recipient.span.removed = call.tenant.clock.now()
    call.commit(recipient.primary_address, name=recipient.name)
    return []


CMDLETS = [
    Cmdlet(
        "Get-Mailbox",
        _get,
        {
            "Identity": STRING,
            "Filter": STRING,
            "RecipientTypeDetails": STRINGS,
            "ResultSize": RESULT_SIZE,
            "SoftDeletedMailbox": SWITCH,
        },
        pages=True,
    ),
    Cmdlet(
        "Set-Mailbox",
        _set,
        {
            "Identity": REQUIRED_STRING,
            "DisplayName": STRING,
            "HiddenFromAddressListsEnabled": BOOLEAN,
            **dict.fromkeys(CUSTOM, STRING),
            "MaxSendSize": SIZE,
            "MaxReceiveSize": SIZE,
            "Type": Parameter(one_of(*_TYPES), "Microsoft.Exchange.Data.ConvertibleRemoteMailboxSubType"),
        },
    ),
    Cmdlet(
        "New-Mailbox",
        _new,
        {
            "Name": REQUIRED_STRING,
            "Alias": STRING,
            "DisplayName": STRING,
            "PrimarySmtpAddress": STRING,
            "MicrosoftOnlineServicesID": STRING,
            "Password": STRING,
            "Shared": SWITCH,
            "Room": SWITCH,
            "Equipment": SWITCH,
        },
    ),
    Cmdlet(
        "Remove-Mailbox",
        _remove,
        {"Identity": REQUIRED_STRING, "PermanentlyDelete": SWITCH, "Force": SWITCH},
        confirms=True,
    ),
]
