"""Get-MailboxPlan, Set-MailboxPlan: the message sizes that new mailboxes get."""

from __future__ import annotations

from uuid import UUID, uuid5

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import not_found
from graphmail.sandbox.exchange.mailbox import checked_sizes
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING, RESULT_SIZE, SIZE, STRING
from graphmail.sandbox.exchange.size import show_size

_NAMESPACE = UUID("5a4d0000-0000-5000-8000-0000000091a7")


def _names(call: Invocation) -> tuple[str, str]:
    guid = str(uuid5(_NAMESPACE, call.tenant.id))
    return f"ExchangeOnline-{guid}", guid


def _check(call: Invocation) -> None:
    name, guid = _names(call)
    if call.identity and call.identity.lower() not in (name.lower(), guid, "exchangeonline"):
        raise not_found(call.identity)


def _get(call: Invocation) -> list[Row]:
    _check(call)
    name, guid = _names(call)
    return [
        {
            "Name": name,
            "Identity": name,
            "DisplayName": "ExchangeOnline",
            "Guid": UUID(guid),
            "IsDefault": True,
            "MaxSendSize": show_size(call.tenant.exchange.plan_max_send_size),
            "MaxReceiveSize": show_size(call.tenant.exchange.plan_max_receive_size),
        },
    ]


def _set(call: Invocation) -> list[Row]:
    _check(call)
    plan = call.tenant.exchange
    sizes = checked_sizes(call)
    now = {"MaxSendSize": plan.plan_max_send_size, "MaxReceiveSize": plan.plan_max_receive_size}
    changed = {n: s for n, s in sizes.items() if now[n] != s}
    if not changed:
        call.unchanged(_names(call)[0])
        return []
    plan.plan_max_send_size = changed.get("MaxSendSize", plan.plan_max_send_size)
    plan.plan_max_receive_size = changed.get("MaxReceiveSize", plan.plan_max_receive_size)
    call.commit(_names(call)[0], **changed)
    return []


CMDLETS = [
    Cmdlet("Get-MailboxPlan", _get, {"Identity": STRING, "ResultSize": RESULT_SIZE}),
    Cmdlet("Set-MailboxPlan", _set, {"Identity": REQUIRED_STRING, "MaxSendSize": SIZE, "MaxReceiveSize": SIZE}),
]
