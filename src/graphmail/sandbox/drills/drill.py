"""One named drill: what it imitates, from which public page, and what it does to a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Any, Literal

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.drills.parameter import Parameter
from graphmail.sandbox.store import Tenant

SERVICES = ("entra", "graph", "exchange")
Moment = Literal["arrival", "answer", "between", "standing"]


@dataclass(slots=True)
class Turn:
    """One request that a drill strikes.

    `proceed` lets the service do and answer what was asked, each time it is called. `memory` is the planned drill's
    own, from one strike to the next. `random` is seeded by the plan and the request's number. A drill that found
    nothing to spoil sets `missed`.
    """

    service: str
    call: Call
    values: Mapping[str, Any]
    random: Random
    memory: dict[Any, Any]
    proceed: Callable[[], Awaitable[Answer]]
    missed: bool = False


Act = Callable[[Turn], Awaitable[Answer]]
Switch = Callable[[Tenant, Mapping[str, Any], dict[Any, Any]], None]


def any_request(service: str, call: Call) -> bool:
    return True


async def untouched(turn: Turn) -> Answer:
    return await turn.proceed()


@dataclass(frozen=True, slots=True)
class Drill:
    """`takes` has the parameters that a plan may give.

    `moment`: at a request's `arrival`, before its body is read; around its `answer`; `between` this request and the
    next; or `standing`: while it is planned, `delays` are its `seconds`, and no request is struck. `fits` narrows which
    requests the drill is about, beside the plan's own filters. `in_batch`: whether it can strike an item of a batch.
    """

    name: str
    imitates: str
    source: str
    act: Act = untouched
    takes: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    services: tuple[str, ...] = SERVICES
    fits: Callable[[str, Call], bool] = any_request
    times: int | None = 1  # how often it strikes unless the plan says; None: always
    moment: Moment = "answer"
    in_batch: bool = True
    begin: Switch | None = None
    after: Switch | None = None  # called after each request of the tenant, by hand too
    delays: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """The defaults."""
        return {name: parameter.default for name, parameter in self.takes.items()}
