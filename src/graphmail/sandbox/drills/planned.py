"""One drill planned for one tenant: which requests, from which on, how often, with what chance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.drills.drill import Drill, Turn
from graphmail.sandbox.drills.requests import cmdlet_of


@dataclass(slots=True)
class Planned:
    """`method`, `path` and `cmdlet` are shell patterns. `matched` counts the requests that fit, `struck` lists strikes.

    Every request that fits takes one number of the seeded dice, so the same seed strikes the same requests again.
    """

    number: int
    drill: Drill
    values: Mapping[str, Any]
    service: str = "*"
    method: str = "*"
    path: str = "*"
    cmdlet: str = "*"
    nth: int = 1
    times: int | None = 1
    seed: int | str = 0
    probability: float = 1.0
    matched: int = 0
    struck: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[Any, Any] = field(default_factory=dict)
    _dice: Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = Random(str(self.seed))  # noqa: S311 - chance that can be repeated, no secret

    def due(self, service: str, call: Call) -> bool:
        """Count the request if it fits, and say whether the drill strikes now."""
        if not self._fits(service, call):
            return False
        self.matched += 1
        chance = self._dice.random()
        first = self.nth - 1 if self.drill.moment == "between" else self.nth
        left = self.times is None or len(self.struck) < self.times
        return left and 1 <= first <= self.matched and chance < self.probability

    def around(
        self, service: str, call: Call, proceed: Callable[[], Awaitable[Answer]]
    ) -> Callable[[], Awaitable[Answer]]:
        """What the service does, with the drill around it."""
        match = self.matched

        async def strike() -> Answer:
            dice = Random(f"{self.seed}/{match}")  # noqa: S311
            turn = Turn(service, call, self.values, dice, self.memory, proceed)
            entry = self._entry(service, call, match)
            self.struck.append(entry)
            try:
                return await self.drill.act(turn)
            finally:
                if turn.missed:
                    self.struck.remove(entry)

        return strike

    def told(self) -> dict[str, Any]:
        """For a page: the plan as it can be given again, and what came of it."""
        names = ("service", "method", "path", "cmdlet", "nth", "times", "seed", "probability", "matched", "struck")
        plan = {name: getattr(self, name) for name in names}
        return {"number": self.number, "name": self.drill.name, **plan, "parameters": dict(self.values)}

    def _fits(self, service: str, call: Call) -> bool:
        if service not in ((self.service,) if self.service != "*" else self.drill.services):
            return False
        if call.batch and not self.drill.in_batch:
            return False
        if self.method not in ("*", call.method) or not fnmatchcase(call.path.lower(), self.path.lower()):
            return False
        if self.cmdlet != "*" and not fnmatchcase(cmdlet_of(call).lower(), self.cmdlet.lower()):
            return False
        return self.drill.fits(service, call)

    @staticmethod
    def _entry(service: str, call: Call, match: int) -> dict[str, Any]:
        return {
            "at": call.tenant.clock.now().isoformat(),
            "match": match,
            "service": service,
            "method": call.method,
            "path": call.path,
            "cmdlet": cmdlet_of(call) or None,
            "request_id": call.request_id,
            "client_request_id": call.headers.get("client-request-id"),
        }
