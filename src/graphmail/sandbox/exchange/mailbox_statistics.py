"""Get-MailboxStatistics: how full a mailbox is.

learn.microsoft.com/powershell/module/exchangepowershell/get-mailboxstatistics
"""

from __future__ import annotations

from uuid import UUID

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import not_found
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING
from graphmail.sandbox.exchange.recipient import MAILBOXES, find
from graphmail.sandbox.exchange.size import show_size
from graphmail.sandbox.graph.mail_item import held_bytes


def _get(call: Invocation) -> list[Row]:
    recipient = find(call, call.identity, MAILBOXES)
    box = recipient.mailbox
    if box is None:
        raise not_found(call.identity)
    return [
        {
            "DisplayName": recipient.display_name,
            "MailboxGuid": UUID(box.exchange_guid),
            "MailboxTypeDetail": recipient.type_details,
            "ItemCount": len(box.messages),
            "TotalItemSize": show_size(held_bytes(box)),
        },
    ]


CMDLETS = [Cmdlet("Get-MailboxStatistics", _get, {"Identity": REQUIRED_STRING})]
