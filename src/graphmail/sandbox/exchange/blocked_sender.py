"""Get-BlockedSenderAddress: own mailboxes that outbound spam protection has stopped.

learn.microsoft.com/powershell/module/exchangepowershell/get-blockedsenderaddress
"""

from __future__ import annotations

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.parameter import STRING

_REASON = "OutboundSpamLast24Hours=1;OutboundMailLast24Hours=1;Last Message MessagetraceId:unknown"


def _get(call: Invocation) -> list[Row]:
    wanted = str(call.get("SenderAddress") or "").lower()
    return [
        {"SenderAddress": address, "Reason": _REASON}
        for address in call.tenant.mail_rules.blocked
        if wanted in ("", address.lower())
    ]


CMDLETS = [Cmdlet("Get-BlockedSenderAddress", _get, {"SenderAddress": STRING})]
