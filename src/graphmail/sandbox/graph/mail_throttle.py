"""Outlook's limits for one application on one mailbox.

learn.microsoft.com/graph/throttling-limits#outlook-service-limits
Windows are fixed and run on the tenant's clock; a refused request counts too. How many come at once is real time.
"""

from __future__ import annotations

import asyncio
import math
from functools import cache

from graphmail.sandbox.call import Answer, Call, Handler
from graphmail.sandbox.graph.errors import graph_answer
from graphmail.sandbox.graph.mail_box import find_user
from graphmail.sandbox.mail_traffic import AppOnMailbox

_UPLOADS = ("POST", "PATCH", "PUT")
_MOMENT = 1  # seconds to wait where too many come at once


@cache  # one for each handler: operations that share a handler stay one operation
def throttled(handler: Handler) -> Handler:
    """Let a mail operation count against its application's limits on the mailbox. Answers 429 above them."""

    async def handle(call: Call) -> Answer:
        traffic = _traffic(call)
        if traffic is None:
            return await handler(call)
        if refusal := _refusal(call, traffic):
            return refusal
        traffic.in_flight += 1
        try:
            answer = await handler(call)
            # Items of a batch come one after the other; a slice has taken its time while its bytes came.
            if not call.batch and call.method != "PUT" and (held := call.tenant.limits.mailbox_milliseconds):
                await asyncio.sleep(held / 1000)
            return answer
        finally:
            traffic.in_flight -= 1

    return handle


def _traffic(call: Call) -> AppOnMailbox | None:
    """Return what the application did on this mailbox; None where there is no mailbox, or a person acts."""
    if session := call.tenant.upload_sessions.get(call.params.get("session", "")):
        who, mailbox = session.client_id, session.recipient_id
    else:
        name = call.params.get("user_id")
        recipient = find_user(call.tenant, name) if name else None  # an upload URL that is no more names none
        if recipient is None or call.caller.by_hand:
            return None
        who, mailbox = call.caller.client_id, recipient.id
    return call.tenant.mail_traffic.by_app.setdefault((who, mailbox), AppOnMailbox())


def _refusal(call: Call, traffic: AppOnMailbox) -> Answer | None:
    now, limits = call.tenant.clock.now(), call.tenant.limits
    wait = traffic.requests.room(now, limits.mailbox_requests)
    traffic.requests.add(1)
    if wait:
        return _over("Request", wait)
    if traffic.in_flight >= limits.mailbox_concurrency:
        return _over("MailboxConcurrency", _MOMENT)
    if call.method in _UPLOADS:
        if wait := traffic.upload.room(now, limits.mailbox_upload):
            return _over("IncomingBytes", wait)
        traffic.upload.add(len(call.body))
    return None


def _over(limit: str, wait: float) -> Answer:
    text = f"Application is over its {limit} limit."
    return graph_answer(429, "ApplicationThrottled", text, headers={"Retry-After": str(math.ceil(wait))})
