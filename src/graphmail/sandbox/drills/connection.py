"""Connections that end at every point of a request, and answers that do not come."""

from __future__ import annotations

import asyncio
from typing import Literal

from graphmail.sandbox.call import Answer, ConnectionDroppedError, Wire
from graphmail.sandbox.drills.drill import Act, Drill, Turn
from graphmail.sandbox.drills.parameter import clock_seconds, real_seconds, share

_KEEP = "www.rfc-editor.org/rfc/rfc9112#section-9.6"
_PAGE = "www.rfc-editor.org/rfc/rfc9293#section-3.5.2"
_CUT = "www.rfc-editor.org/rfc/rfc9112#section-8"
_SDK = "learn.microsoft.com/azure/architecture/best-practices/transient-faults"


async def _reset(turn: Turn) -> Answer:
    raise ConnectionDroppedError(0, reset=True)


async def _reset_after(turn: Turn) -> Answer:
    await turn.proceed()
    raise ConnectionDroppedError(0, reset=True)


def _over(end: Literal["close", "reset", "reset-on-reuse"], *, chunked: bool = False) -> Act:
    async def act(turn: Turn) -> Answer:
        answer = await turn.proceed()
        answer.wire = Wire(end, share=turn.values.get("share", 1.0), chunked=chunked)
        return answer

    return act


async def _refuse(turn: Turn) -> Answer:
    """Close the door behind this request: its own connection ends with the answer."""
    answer = await turn.proceed()
    if turn.call.world.doors is None:
        turn.missed = True
        return answer
    turn.call.world.doors.shut(turn.service, turn.call.tenant.clock, turn.values["seconds"])
    answer.wire = Wire("close")
    return answer


async def _slow(turn: Turn) -> Answer:
    answer = await turn.proceed()
    await asyncio.sleep(turn.values["seconds"])
    return answer


async def _hang(turn: Turn) -> Answer:
    await turn.proceed()
    raise ConnectionDroppedError(turn.values["seconds"])


CONNECTION = (
    Drill(
        "connection_refused", "nobody listens at the service's port, for seconds of the tenant's clock; all tenants",
        _PAGE, _refuse, {"seconds": clock_seconds(5)}, moment="between", in_batch=False,
    ),
    Drill(
        "reset_before_the_request_is_read", "the connection is reset while the request is on its way", _PAGE, _reset,
        moment="arrival", in_batch=False,
    ),
    Drill(
        "reset_after_the_commit", "the connection is reset when all is done and nothing is answered", _PAGE,
        _reset_after, in_batch=False,
    ),
    Drill(
        "reset_inside_the_answer", "the connection is reset in the middle of the body", _PAGE,
        _over("reset"), {"share": share(0.5)}, in_batch=False,
    ),
    Drill(
        "closed_after_the_answer", "the connection is closed after a good answer", _KEEP, _over("close"),
        in_batch=False,
    ),
    Drill(
        "reset_on_reuse", "a kept connection is reset when the next request comes on it, which is not read", _KEEP,
        _over("reset-on-reuse"), in_batch=False,
    ),
    Drill(
        "cut_body", "fewer bytes than Content-Length says", _CUT, _over("close"), {"share": share(0.5)}, in_batch=False,
    ),
    Drill(
        "cut_chunk", "a chunked body that ends inside a chunk", _CUT, _over("close", chunked=True),
        {"share": share(0.5)}, in_batch=False,
    ),
    Drill("slow_answer", "the answer takes this many real seconds", _SDK, _slow, {"seconds": real_seconds(0.2)}),
    Drill(
        "hang", "all is done, nothing is answered, and the connection stays open this many real seconds", _SDK, _hang,
        {"seconds": real_seconds(120.0)}, in_batch=False,
    ),
)  # fmt: skip
