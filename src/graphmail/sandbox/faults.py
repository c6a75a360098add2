"""Planned misbehaviour: an answer that is not the service's, before or after what was asked for is done."""

from __future__ import annotations

import asyncio
import json
from fnmatch import fnmatchcase

from graphmail.sandbox.call import Answer, Call, ConnectionDroppedError
from graphmail.sandbox.store import Fault


def planned(service: str, call: Call) -> Fault | None:
    """Take the first fault that fits this call, once."""
    for fault in call.tenant.faults:
        if fault.times > 0 and fault.service == service and _fits(fault, call):
            fault.times -= 1
            call.tenant.touch()
            return fault
    return None


async def strike(fault: Fault) -> Answer:
    """Answer as planned; raises ConnectionDroppedError where no answer is."""
    if fault.status is None:
        raise ConnectionDroppedError(fault.hang)
    await asyncio.sleep(fault.hang)
    body = fault.body.encode() if isinstance(fault.body, str) else fault.body
    return Answer(fault.status, body, dict(fault.headers))


def _fits(fault: Fault, call: Call) -> bool:
    if fault.method not in ("*", call.method) or not fnmatchcase(call.path.lower(), fault.path.lower()):
        return False
    return fault.cmdlet == "*" or fnmatchcase(_cmdlet(call).lower(), fault.cmdlet.lower())


def _cmdlet(call: Call) -> str:
    try:
        return str(json.loads(call.body)["CmdletInput"]["CmdletName"])
    except (ValueError, KeyError, TypeError):
        return ""
