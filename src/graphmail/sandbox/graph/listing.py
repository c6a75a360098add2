"""Which objects a list shows, and as what: the directory's replicas, or the index of advanced queries behind them.

learn.microsoft.com/graph/aad-advanced-queries: "the response will be eventually consistent". The index is
`delays.index` behind: a new object is not in it yet, a deleted one still is, a changed one is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from graphmail.sandbox.call import Call
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import Application, Outdated, ServicePrincipal
from graphmail.sandbox.graph.query_options import advanced
from graphmail.sandbox.recipient_records import Recipient

Listed = TypeVar("Listed", Application, ServicePrincipal, Recipient)
_ZERO = timedelta()
_OBJECTS = 100  # so many may have an outdated form that nobody looks at before they are gone through
_STORED = frozenset({"description", "displayName", "tags", "uniqueName"})  # shown as they are stored


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
    made_by, gone_by = now - made, now - gone
    there = [o for o in objects if o.span.made <= made_by and ((end := _end(o)) is None or end > gone_by)]
    if not gone or not call.tenant.outdated:
        return [LazyValues(o, partial(values, call, o)) for o in there]
    return [values(call, o) | _as_indexed(call, o.id, now - gone) for o in there]


class LazyValues(dict[str, Any]):
    """An object's values, worked out when something is asked for that is not stored as it is shown.

    A list shows a page of its objects, and most filters look at a name: the other values of the rest are never needed.
    """

    __slots__ = ("_make", "_stored")

    def __init__(self, item: Application | ServicePrincipal | Recipient, make: Callable[[], dict[str, Any]]) -> None:
        super().__init__(id=item.id)
        self._make: Callable[[], dict[str, Any]] | None = make
        self._stored = item.properties
        if isinstance(item, Recipient):
            self._stored = {"displayName": item.display_name}

    def get(self, name: str, default: Any = None) -> Any:
        if self._make is not None and name in _STORED and name in self._stored:
            return self._stored[name]
        self._fill()
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        if name != "id":
            self._fill()
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._fill()
        return super().__contains__(name)

    def _fill(self) -> None:
        if self._make is not None:
            make, self._make = self._make, None
            self.update(make())


def is_member(call: Call, spans: Iterable[Span]) -> bool:
    """Whether this reader sees a membership."""
    made, gone = lags(call)
    now = call.tenant.clock.now()
    return any(s.made + made <= now and (s.removed is None or now < s.removed + gone) for s in spans)


def keep_indexed(call: Call, object_id: str, values: dict[str, Any]) -> None:
    """Remember what an object looks like, before it is changed; what the index has forgotten too is dropped."""
    tenant, now = call.tenant, call.tenant.clock.now()
    gone_by = now - tenant.delays.of("index")
    if len(tenant.outdated) > _OBJECTS:
        tenant.outdated = {i: olds for i, olds in tenant.outdated.items() if olds[-1].until > gone_by}
    kept = [old for old in tenant.outdated.get(object_id, ()) if old.until > gone_by]
    shown = {name: value for name, value in values.items() if not callable(value)}
    tenant.outdated[object_id] = [*kept, Outdated(now, shown)]


def _end(item: Application | ServicePrincipal | Recipient) -> datetime | None:
    return item.span.removed if isinstance(item, Recipient) else item.deleted


def _as_indexed(call: Call, object_id: str, at: datetime) -> dict[str, Any]:
    return next((old.values for old in call.tenant.outdated.get(object_id, ()) if old.until > at), {})
