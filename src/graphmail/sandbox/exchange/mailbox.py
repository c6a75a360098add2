"""Get-Mailbox and Set-Mailbox."""

from __future__ import annotations

from uuid import UUID

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import invalid
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING, RESULT_SIZE, SIZE, STRING, STRINGS
from graphmail.sandbox.exchange.recipient import MAILBOXES, filtered, find, recipient_row, select
from graphmail.sandbox.exchange.size import show_size
from graphmail.sandbox.store import Recipient

# learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
LARGEST_MESSAGE = 150 * 1024 * 1024


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
            "ProhibitSendQuota": show_size(int(49.5 * 1024**3)),
        }
    return row


def _get_mailbox(call: Invocation) -> list[Row]:
    found = [r for r in select(call, MAILBOXES) if r.mailbox]
    return filtered(call, found, mailbox_row)


def _set_mailbox(call: Invocation) -> list[Row]:
    recipient = find(call, call.identity, MAILBOXES)
    box = recipient.mailbox
    sizes: dict[str, int] = {n: call.get(n) for n in ("MaxSendSize", "MaxReceiveSize") if call.get(n) is not None}
    for name, size in sizes.items():
        if not 0 <= size <= LARGEST_MESSAGE:
            raise invalid(f"{name} must be between 0 B and {show_size(LARGEST_MESSAGE)}; it is {show_size(size)}.")
    now = {"MaxSendSize": box.max_send_size, "MaxReceiveSize": box.max_receive_size} if box else {}
    changed = {n: s for n, s in sizes.items() if now.get(n) != s}
    if box is None or not changed:
        call.unchanged(recipient.name)
        return []
    box.max_send_size = changed.get("MaxSendSize", box.max_send_size)
    box.max_receive_size = changed.get("MaxReceiveSize", box.max_receive_size)
    call.commit(recipient.primary_address, **changed)
    return []


CMDLETS = [
    Cmdlet(
        "Get-Mailbox",
        _get_mailbox,
        {"Identity": STRING, "Filter": STRING, "RecipientTypeDetails": STRINGS, "ResultSize": RESULT_SIZE},
        pages=True,
    ),
    Cmdlet(
        "Set-Mailbox", _set_mailbox, {"Identity": REQUIRED_STRING, "MaxSendSize": SIZE, "MaxReceiveSize": SIZE},
    ),
]  # fmt: skip
