"""Which objects a list shows, and as what: the directory's replicas, or the index of advanced queries behind them.

learn.microsoft.com/graph/aad-advanced-queries: "the response will be eventually consistent". The index is
`delays.index` behind: a new object is not in it yet, a deleted one still is, a changed one is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from graphmail.sandbox.call import Call
from graphmail.sandbox.clock import Span
from graphmail.sandbox.graph.query_options import advanced
from graphmail.sandbox.store import Application, Outdated, Recipient, ServicePrincipal

Listed = TypeVar("Listed", Application, ServicePrincipal, Recipient)
_ZERO = timedelta()


def lags(call: Call) -> tuple[timedelta, timedelta]:
    """Seconds until this reader sees what was made, and what was changed or removed."""
    if call.caller.by_hand:
        return _ZERO, _ZERO
    replication = call.tenant.delays.of("replication")
    if not advanced(call):
        return replication, _ZERO
    index = call.tenant.delays.of("index")
    return max(replication, index), index


def listed(
    call: Call, objects: Iterable[Listed], values: Callable[[Call, Listed], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The values of the objects that this reader's list has."""
    made, gone = lags(call)
    now = call.tenant.clock.now()
    there = [o for o in objects if o.span.made + made <= now and not _past(_end(o), now, gone)]
    if not gone or not call.tenant.outdated:
        return [values(call, o) for o in there]
    return [values(call, o) | _as_indexed(call, o.id, now - gone) for o in there]


def is_member(call: Call, spans: Iterable[Span]) -> bool:
    """Whether this reader sees a membership."""
    made, gone = lags(call)
    now = call.tenant.clock.now()
    return any(s.made + made <= now and not _past(s.removed, now, gone) for s in spans)


def keep_indexed(call: Call, object_id: str, values: dict[str, Any]) -> None:
    """Remember what an object looks like, before it is changed."""
    now = call.tenant.clock.now()
    lag = call.tenant.delays.of("index")
    kept = [old for old in call.tenant.outdated.get(object_id, ()) if old.until + lag > now]
    shown = {name: value for name, value in values.items() if not callable(value)}
    call.tenant.outdated[object_id] = [*kept, Outdated(now, shown)]


def _end(item: Application | ServicePrincipal | Recipient) -> datetime | None:
    return item.span.removed if isinstance(item, Recipient) else item.deleted


def _past(end: datetime | None, now: datetime, lag: timedelta) -> bool:
    return end is not None and end + lag <= now


def _as_indexed(call: Call, object_id: str, at: datetime) -> dict[str, Any]:
    return next((old.values for old in call.tenant.outdated.get(object_id, ()) if old.until > at), {})
