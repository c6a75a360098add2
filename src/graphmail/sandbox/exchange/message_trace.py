"""Get-MessageTraceV2: one row for each mail and recipient.

learn.microsoft.com/powershell/module/exchangepowershell/get-messagetracev2: 90 days back, ten days a query, the last 48
hours by default; no pages: whoever wants more asks again from the last row on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import invalid
from graphmail.sandbox.exchange.moment import MOMENT
from graphmail.sandbox.exchange.parameter import STRING, STRINGS, Parameter, whole_number
from graphmail.sandbox.exchange_records import MessageTrace

DEFAULT_ROWS = 1000
MOST_ROWS = 5000
_LONGEST = timedelta(days=10)
_FURTHEST = timedelta(days=90)
_USUAL = timedelta(hours=48)


def _trace(call: Invocation) -> list[Row]:
    now = call.tenant.clock.now()
    end = call.get("EndDate") or now
    start = call.get("StartDate") or end - _USUAL
    _check_dates(start, end, now)
    size = call.get("ResultSize", DEFAULT_ROWS)
    if not 1 <= size <= MOST_ROWS:
        raise invalid(f"ResultSize must be between 1 and {MOST_ROWS}; it is {size}.")
    found = [
        t for t in call.tenant.exchange_traffic.traces if start <= t.received <= min(end, now) and _fits(call, t, end)
    ]
    found.sort(key=lambda t: t.recipient.lower())
    found.sort(key=lambda t: t.received, reverse=True)
    if len(found) > size:
        last = found[size - 1]
        call.warnings.append(
            "There are more results, use the following command to get more. Get-MessageTraceV2 "
            f'-StartDate "{start:%Y-%m-%dT%H:%M:%S.%fZ}" -EndDate "{last.received:%Y-%m-%dT%H:%M:%S.%fZ}" '
            f'-StartingRecipientAddress "{last.recipient}" -ResultSize {size}',
        )
    return [_row(call, t) for t in found[:size]]


def _check_dates(start: datetime, end: datetime, now: datetime) -> None:
    if start > end:
        raise invalid("The StartDate must be earlier than the EndDate.")
    if end - start > _LONGEST:
        raise invalid("The date range of a query can't be longer than 10 days.")
    if start < now - _FURTHEST:
        raise invalid("The StartDate can't be more than 90 days ago.")


def _fits(call: Invocation, trace: MessageTrace, end: datetime) -> bool:
    """At the very moment where the last query ended, only the recipients after its last one."""
    after = call.get("StartingRecipientAddress")
    if after and trace.received == end and trace.recipient.lower() <= after.lower():
        return False
    asked = (
        ("SenderAddress", trace.sender),
        ("RecipientAddress", trace.recipient),
        ("MessageId", trace.message_id),
        ("MessageTraceId", trace.trace_id),
        ("Status", trace.status),
    )
    for name, held in asked:
        given = call.get(name)
        if given and held.lower() not in (v.lower() for v in ((given,) if isinstance(given, str) else given)):
            return False
    return str(call.get("Subject") or "").lower() in trace.subject.lower()


def _row(call: Invocation, trace: MessageTrace) -> Row:
    return {
        "Organization": call.tenant.initial_domain,
        "MessageId": trace.message_id,
        "MessageTraceId": trace.trace_id,
        "Received": trace.received,
        "SenderAddress": trace.sender,
        "RecipientAddress": trace.recipient,
        "Subject": trace.subject,
        "Status": trace.status,
        "Size": trace.size,
        "FromIP": None,
        "ToIP": None,
    }


CMDLETS = [
    Cmdlet(
        "Get-MessageTraceV2",
        _trace,
        {
            "StartDate": MOMENT,
            "EndDate": MOMENT,
            "SenderAddress": STRINGS,
            "RecipientAddress": STRINGS,
            "StartingRecipientAddress": STRING,
            "MessageId": STRINGS,
            "MessageTraceId": STRING,
            "Status": STRINGS,
            "Subject": STRING,
            "ResultSize": Parameter(whole_number, "System.Int32"),
        },
    ),
]
