"""The Exchange administration endpoint: InvokeCommand, its $batch, and the list of cmdlets a caller may run."""

from __future__ import annotations

import dataclasses
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from graphmail.sandbox.call import Answer, Call, Route
from graphmail.sandbox.exchange import (
    audit,
    authorization,
    blocked_sender,
    customization,
    envelope,
    errors,
    group,
    group_member,
    mailbox,
    mailbox_plan,
    mailbox_statistics,
    management_scope,
    message_trace,
    organization,
    people,
    policy,
    quarantine,
    recipient,
    role_assignment,
    role_group,
    service_principal,
)
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation
from graphmail.sandbox.exchange.errors import CmdletError
from graphmail.sandbox.exchange.known_parameters import not_emulated_parameter
from graphmail.sandbox.exchange.parameter import bind
from graphmail.sandbox.exchange.rights import allowed, management_roles
from graphmail.sandbox.exchange.role import denied_parameters
from graphmail.sandbox.exchange.transport import check_anchor, elsewhere, forbidden, is_write, signed

_PARTS = (
    organization,
    customization,
    recipient,
    people,
    mailbox,
    mailbox_plan,
    mailbox_statistics,
    group,
    group_member,
    policy,
    service_principal,
    management_scope,
    role_assignment,
    role_group,
    authorization,
    audit,
    message_trace,
    quarantine,
    blocked_sender,
)
CMDLETS: dict[str, Cmdlet] = {cmdlet.name.lower(): cmdlet for part in _PARTS for cmdlet in part.CMDLETS}

LARGEST_BATCH = 10
_MODULE = "learn.microsoft.com/powershell/exchange/exchange-online-powershell-v2"


def _refused(call: Call) -> Answer | None:
    """Sent to a regional host, or refused: a token of another tenant, without the app role or without any role."""
    if call.params["tenant"].lower() not in {call.tenant.id, *call.tenant.domains}:
        return forbidden(call)
    if not call.caller.by_hand and not _is_licensed(call):
        return forbidden(call)
    if not call.caller.by_hand and not allowed(call.tenant, call.caller):
        return forbidden(call, anything=False)
    return elsewhere(call)


def _is_licensed(call: Call) -> bool:
    """A tenant without any licence for Exchange has none, and nobody is let in."""
    plans = (plan["servicePlanName"] for sku in call.tenant.skus for plan in sku["servicePlans"])
    return any(name.startswith("EXCHANGE_") for name in plans)


async def invoke(call: Call) -> Answer:
    """Run one cmdlet."""
    return signed(call, _refused(call) or _invoke(call))


def _invoke(call: Call) -> Answer:
    wanted = _cmdlet_input(call)
    if wanted is None:
        return Answer(400, {"error": {"code": "BadRequest", "message": "The request has no valid CmdletInput."}})
    name, given = wanted
    cmdlet = CMDLETS.get(name.lower())
    if cmdlet is None:
        message = f"The sandbox does not emulate the cmdlet {name}"
        return Answer(501, {"error": {"code": "NotImplemented", "message": message}})
    if not call.caller.by_hand and cmdlet.name not in allowed(call.tenant, call.caller):
        return forbidden(call)
    try:
        return _run(call, cmdlet, given)
    except CmdletError as error:
        return errors.answer(cmdlet.name, error)


def _run(call: Call, cmdlet: Cmdlet, given: dict[str, Any]) -> Answer:
    if missing := not_emulated_parameter(cmdlet.name, given, cmdlet.parameters):
        raise errors.not_emulated(f"the parameter {missing} of {cmdlet.name}")
    run = Invocation(call.tenant, call.caller, cmdlet.name, bind(cmdlet.parameters, given))
    if denied_parameters(management_roles(call.tenant, call.caller), run.parameters):
        raise errors.parameters_denied(cmdlet.name)
    if cmdlet.confirms and run.get("Confirm"):
        return envelope.confirmation(call, run)
    check_anchor(call, cmdlet.name, ran=False)
    if cmdlet.customizes:
        customization.check(run)
    rows = [] if run.get("WhatIf") else cmdlet.run(run)
    check_anchor(call, cmdlet.name, ran=True)
    if is_write(cmdlet.name) and not rows and call.tenant.exchange.settings.silent_body == "empty":
        return Answer(200)
    return envelope.answer(call, run, rows, pages=cmdlet.pages)


def _cmdlet_input(call: Call) -> tuple[str, dict[str, Any]] | None:
    body = call.json()
    asked = body.get("CmdletInput") if isinstance(body, dict) else None
    if not isinstance(asked, dict) or not isinstance(asked.get("CmdletName"), str):
        return None
    given = asked.get("Parameters") or {}
    return (asked["CmdletName"], given) if isinstance(given, dict) else None


async def batch(call: Call) -> Answer:
    """Run up to ten; the answers come in another order than the requests, to be told apart by `id`."""
    if refused := _refused(call):
        return signed(call, refused)
    body = call.json()
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not all(isinstance(r, dict) for r in requests):
        return Answer(400, {"error": {"code": "BadRequest", "message": "A batch holds a list of requests."}})
    if len(requests) > LARGEST_BATCH:
        message = f"The batch request exceeds the maximum of {LARGEST_BATCH} requests."
        return Answer(400, {"error": {"code": "BadRequest", "message": message}})
    return signed(call, Answer(200, {"responses": [await _batched(call, part) for part in reversed(requests)]}))


async def _batched(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(str(request.get("url", "")))
    headers = {k.lower(): str(v) for k, v in (request.get("headers") or {}).items()}
    part = dataclasses.replace(
        call,
        method=str(request.get("method", "")).upper(),
        path=url.path,
        query=dict(parse_qsl(url.query)),
        headers={**call.headers, **headers},
        body=json.dumps(request.get("body")).encode(),
        params=dict(call.params),
        batch=call.request_id,
    )
    answer = await (call.dispatch or invoke)(part)
    inner = None if isinstance(answer.body, bytes) else answer.body
    return {"id": str(request.get("id", "")), "status": answer.status, "headers": {}, "body": inner}


async def module_file(call: Call) -> Answer:
    """List the cmdlets this caller may run, of those asked for in the header CommandName (`*`: all)."""
    if refused := _refused(call):
        return signed(call, refused)
    may = sorted(c.name for c in CMDLETS.values() if call.caller.by_hand or c.name in allowed(call.tenant, call.caller))
    asked = {name.strip().lower() for name in call.headers.get("commandname", "*").split(",")}
    exported = [name for name in may if "*" in asked or name.lower() in asked]
    return Answer(200, {"value": [{"exportedCmdlets": ",".join(exported)}]})


async def not_allowed(call: Call) -> Answer:
    """Only `beta` answers InvokeCommand, and its pages are POSTed for too."""
    return Answer(405, None, {"Allow": "POST" if call.method == "GET" else "GET"})


ROUTES = [
    Route("POST", "/adminapi/beta/{tenant}/InvokeCommand", invoke, source=_MODULE),
    Route("POST", "/adminapi/beta/{tenant}/$batch", batch, source=_MODULE),
    Route("GET", "/adminapi/v1.0/{tenant}/EXOModuleFile", module_file, source=_MODULE),
    Route("POST", "/adminapi/v1.0/{tenant}/InvokeCommand", not_allowed, source=_MODULE),
    Route("GET", "/adminapi/beta/{tenant}/InvokeCommand", not_allowed, source=_MODULE),
]
