"""Other views of the same recipients: Get-User, Get-Group, Get-MailUser, Get-MailContact, New-MailContact."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from graphmail.sandbox.clock import Span
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import address_taken, invalid
from graphmail.sandbox.exchange.group_address import default_alias, is_address, secure_alias, secure_name
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING, RESULT_SIZE, STRING, STRINGS
from graphmail.sandbox.exchange.recipient import (
    CONTACTS,
    MAIL_USERS,
    MAILBOXES,
    MEMBERSHIP,
    filtered,
    members,
    recipient_row,
    select,
)
from graphmail.sandbox.recipient_index import dn
from graphmail.sandbox.recipient_records import Recipient

PEOPLE = MAILBOXES | MAIL_USERS | {"User"}


def _user_row(call: Invocation, recipient: Recipient) -> Row:
    """Users without a mailbox are users here, and no recipients."""
    row = recipient_row(call, recipient)
    mail = {"PrimarySmtpAddress", "EmailAddresses", "HiddenFromAddressListsEnabled", "Alias"}
    return {name: value for name, value in row.items() if name not in mail} | {
        "UserPrincipalName": recipient.user_principal_name,
        "WindowsEmailAddress": recipient.primary_address if recipient.mailbox else "",
        "AccountDisabled": not recipient.account_enabled,
        "Sid": recipient.sid,
    }


def _group_row(call: Invocation, group: Recipient) -> Row:
    """Without ExternalDirectoryObjectId, which Get-Group does not return (public reports)."""
    row = recipient_row(call, group)
    del row["ExternalDirectoryObjectId"]
    owners = [call.tenant.recipients[o].name for o in group.owners if o in call.tenant.recipients]
    inside = [m.name for m in members(call.tenant, group)]
    return row | {"Sid": group.sid, "ManagedBy": owners, "Members": inside}


def _contact_row(call: Invocation, contact: Recipient) -> Row:
    return recipient_row(call, contact) | {"ExternalEmailAddress": f"SMTP:{contact.primary_address}"}


def _reader(
    types: Iterable[str], row: Callable[[Invocation, Recipient], Row]
) -> Callable[[Invocation], list[Row]]:  # fmt: skip
    return lambda call: filtered(call, select(call, types), row)


def _new_contact(call: Invocation) -> list[Row]:
    """The address is somebody's elsewhere, so it may be in any domain; it is nobody else's here."""
    tenant, name = call.tenant, call.get("Name")
    alias = call.get("Alias") or default_alias(name)
    address = call.get("ExternalEmailAddress").removeprefix("SMTP:").removeprefix("smtp:")
    secure_name(tenant, name)
    secure_alias(tenant, alias)
    if not is_address(address):
        raise invalid(f'The value "{address}" of property ExternalEmailAddress isn\'t a valid SMTP address.')
    if other := tenant.recipient_with(address):
        raise address_taken(address, dn(tenant, other))
    contact = Recipient(
        id=str(uuid.uuid4()),
        guid=str(uuid.uuid4()),
        sid="",
        name=name,
        display_name=call.get("DisplayName") or name,
        alias=alias,
        type_details="MailContact",
        addresses=[address],
        span=Span(tenant.clock.now()),
    )
    tenant.recipients[contact.id] = contact
    call.commit(address, name=name)
    return [_contact_row(call, contact)]


_READ = {"Identity": STRING, "Filter": STRING, "RecipientTypeDetails": STRINGS, "ResultSize": RESULT_SIZE}

CMDLETS = [
    Cmdlet("Get-User", _reader(PEOPLE, _user_row), _READ, pages=True),
    Cmdlet("Get-Group", _reader(MEMBERSHIP, _group_row), _READ, pages=True),
    Cmdlet("Get-MailUser", _reader(MAIL_USERS, recipient_row), _READ, pages=True),
    Cmdlet("Get-MailContact", _reader(CONTACTS, _contact_row), _READ, pages=True),
    Cmdlet(
        "New-MailContact",
        _new_contact,
        {"Name": REQUIRED_STRING, "ExternalEmailAddress": REQUIRED_STRING, "Alias": STRING, "DisplayName": STRING},
    ),
]
