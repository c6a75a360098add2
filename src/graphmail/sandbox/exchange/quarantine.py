"""Get-QuarantineMessage: what the tenant's mail rules held back.

learn.microsoft.com/powershell/module/exchangepowershell/get-quarantinemessage
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import invalid
from graphmail.sandbox.exchange.moment import MOMENT
from graphmail.sandbox.exchange.parameter import STRING, STRINGS, Parameter, whole_number

MOST_ROWS = 1000
_DEFAULT_ROWS = 100
_KEPT = timedelta(days=30)


def _get(call: Invocation) -> list[Row]:
    """One page, newest first; `Page` begins at 1."""
    size, page = call.get("PageSize", _DEFAULT_ROWS), call.get("Page", 1)
    if not 1 <= size <= MOST_ROWS or page < 1:
        raise invalid(f"PageSize must be between 1 and {MOST_ROWS}, and Page at least 1.")
    numbered = list(enumerate(call.tenant.quarantined, 1))
    rows = [_row(call, number, held) for number, held in reversed(numbered) if _wanted(call, held)]
    rows = [r for r in rows if call.identity in ("", r["Identity"])]
    return rows[(page - 1) * size : page * size]


def _wanted(call: Invocation, held: dict[str, Any]) -> bool:
    at = datetime.fromisoformat(held["at"])
    if call.tenant.clock.now() >= at + _KEPT:
        return False
    for name, value in (("SenderAddress", held["from"]), ("RecipientAddress", held["to"])):
        given = call.get(name)
        if given and str(value).lower() not in (v.lower() for v in given):
            return False
    if call.get("MessageId") not in (None, held["internet_message_id"]):
        return False
    start, end = call.get("StartReceivedDate"), call.get("EndReceivedDate")
    return (start is None or start <= at) and (end is None or at <= end)


def _row(call: Invocation, number: int, held: dict[str, Any]) -> Row:
    at = datetime.fromisoformat(held["at"])
    return {
        "Identity": f"{call.tenant.id}\\{number:08x}",
        "ReceivedTime": at,
        "Organization": call.tenant.initial_domain,
        "MessageId": held["internet_message_id"],
        "SenderAddress": held["from"],
        "RecipientAddress": [held["to"]],
        "Subject": held["subject"],
        "Type": "High Confidence Phish",
        "Direction": "Inbound",
        "ReleaseStatus": "NotReleased",
        "Released": False,
        "Expires": at + _KEPT,
    }


_NUMBER = Parameter(whole_number, "System.Int32")

CMDLETS = [
    Cmdlet(
        "Get-QuarantineMessage",
        _get,
        {
            "Identity": STRING,
            "SenderAddress": STRINGS,
            "RecipientAddress": STRINGS,
            "MessageId": STRING,
            "PageSize": _NUMBER,
            "Page": _NUMBER,
            "StartReceivedDate": MOMENT,
            "EndReceivedDate": MOMENT,
        },
    ),
]
