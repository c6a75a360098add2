"""Planning and forgetting the drills of one tenant, and what they do with each of its requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.drills.catalogue import DRILLS
from graphmail.sandbox.drills.drill import SERVICES, Drill
from graphmail.sandbox.drills.lag import put_in_force
from graphmail.sandbox.drills.planned import Planned
from graphmail.sandbox.store import Tenant, World


class DrillRefusedError(ValueError):
    """A plan that cannot be made; the text says why."""


class _Plan(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    service: str = "*"
    method: str = "*"
    path: str = "*"
    cmdlet: str = "*"
    nth: int = Field(1, ge=1)
    times: int | None = Field(1, ge=1)
    seed: int | str = 0
    probability: float = Field(1.0, gt=0, le=1)
    parameters: dict[str, Any] = Field(default_factory=dict)


def plan(world: World, tenant: Tenant, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Plan a drill and tell it as `planned` does. DrillRefusedError: no such drill, filter or parameter."""
    try:
        asked = _Plan.model_validate(wanted)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise DrillRefusedError("; ".join(problems)) from None
    drill = DRILLS.get(asked.name)
    if drill is None:
        raise DrillRefusedError(f"no drill {asked.name!r}; there are {', '.join(DRILLS)}")
    if asked.service != "*" and asked.service not in drill.services:
        raise DrillRefusedError(f"{drill.name} is about {', '.join(drill.services)}")
    if drill.moment == "between" and asked.service == "*":
        raise DrillRefusedError(f"{drill.name} needs a service: {', '.join(SERVICES)}")
    given = asked.model_dump(exclude={"name", "parameters"})
    if "times" not in asked.model_fields_set:
        given["times"] = drill.times
    number = max((p.number for p in tenant.drills), default=0) + 1
    made = Planned(number, drill, _values(drill, asked.parameters), **given)
    if drill.begin:
        drill.begin(tenant, made.values, made.memory)
    if drill.moment == "between" and made.nth == 1:
        _at_once(world, tenant, made)
    tenant.drills.append(made)
    put_in_force(tenant)
    return made.told()


def planned(tenant: Tenant) -> list[dict[str, Any]]:
    """Every drill of the tenant, with the requests that it struck."""
    return [p.told() for p in tenant.drills]


def forget(tenant: Tenant, number: int | None = None) -> None:
    """Forget one drill, or all; delays are then as the drills that still stand have them, or as before."""
    tenant.drills[:] = [p for p in tenant.drills if number not in (None, p.number)]
    put_in_force(tenant)


async def arrive(service: str, call: Call) -> None:
    """Let drills strike a request whose body is not read yet. Raises ConnectionDroppedError where one does."""
    for made in call.tenant.drills:
        if made.drill.moment == "arrival" and made.due(service, call):
            await made.around(service, call, _nothing)()


async def through(service: str, call: Call, handle: Callable[[], Awaitable[Answer]]) -> Answer:
    """The service's answer, with every drill that is due around it; those planned first are outermost."""
    tenant = call.tenant
    due: list[Planned] = []
    if not call.caller.by_hand:
        asked = [p for p in tenant.drills if p.drill.moment in ("answer", "between")]
        due = [p for p in asked if p.due(service, call)]
    for made in reversed(due):
        handle = made.around(service, call, handle)
    try:
        return await handle()
    finally:
        for made in tenant.drills:
            if made.drill.after:
                made.drill.after(tenant, made.values, made.memory)


def _values(drill: Drill, given: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with what the plan gives instead."""
    for name, value in given.items():
        parameter = drill.takes.get(name)
        if parameter is None:
            known = ", ".join(drill.takes) or "none"
            raise DrillRefusedError(f"{drill.name} has no parameter {name!r}; there are: {known}")
        if not parameter.fits(value):
            raise DrillRefusedError(f"{name} of {drill.name} is {parameter.allowed}")
    return {**drill.parameters, **given}


def _at_once(world: World, tenant: Tenant, made: Planned) -> None:
    """A drill that strikes between two requests, and before the first."""
    if world.doors is None:
        raise DrillRefusedError(f"{made.drill.name} needs sockets of its own")
    world.doors.shut(made.service, tenant.clock, made.values["seconds"])
    made.struck.append({"at": tenant.clock.now().isoformat(), "match": 0, "service": made.service, "request_id": None})


async def _nothing() -> Answer:
    return Answer()
