"""What a person sends from a page's form: made into the JSON that a program would send, and answered with the page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message

from graphmail.sandbox import drills
from graphmail.sandbox.control.look import NotFoundError, Page, shown_or_missing
from graphmail.sandbox.control.paper import paper
from graphmail.sandbox.store import World

_TENANT = "/_sandbox/tenants/{tenant}"
_NUMBER = re.compile(r"-?\d{1,15}")
_FRACTION = re.compile(r"-?\d{1,15}\.\d{1,9}")
_PARAMETER = "parameter."

# Where a form is sent: what it does. Every one of them is a POST.
FORMS = (
    ("/_sandbox/reset", "reset", "put one tenant or all back to the tenants file"),
    (f"{_TENANT}/clock", "clock", "advance the clock"),
    (f"{_TENANT}/delays", "delays", "change delays"),
    (f"{_TENANT}/limits", "limits", "change limits"),
    (f"{_TENANT}/sign-in", "sign_in", "allow or block the device code flow"),
    (f"{_TENANT}/drills", "drills", "plan a drill"),
    (f"{_TENANT}/drills/forget", "forget_drills", "forget one drill, or all"),
    (f"{_TENANT}/faults/forget", "forget_faults", "forget the planned faults"),
    (f"{_TENANT}/requests/forget", "forget_requests", "forget the request log"),
)


class Forms:
    """A method for each form. `programs` are the handlers of the JSON pages, by method and path."""

    def __init__(self, world: World, programs: Mapping[tuple[str, str], Page]) -> None:
        self.world = world
        self.programs = programs

    def routes(self) -> list[Route]:
        return [Route(path, shown_or_missing(getattr(self, name)), methods=["POST"]) for path, name, _ in FORMS]

    async def reset(self, request: Request) -> Response:
        tenant = (await _fields(request)).get("tenant")
        return await self._do(request, "POST", "/_sandbox/reset", {"tenant": tenant} if tenant else {})

    async def clock(self, request: Request) -> Response:
        fields = await _fields(request)
        amount, unit = _number(fields.get("advance", "")), _number(fields.get("unit", "1"))
        wanted = amount * unit if not isinstance(amount, str) and not isinstance(unit, str) else None
        return await self._do(request, "POST", f"{_TENANT}/clock", {"advance": wanted})

    async def delays(self, request: Request) -> Response:
        wanted = {name: _number(value) for name, value in (await _fields(request)).items()}
        return await self._do(request, "PATCH", f"{_TENANT}/delays", wanted)

    async def limits(self, request: Request) -> Response:
        wanted = {name: _number(value) for name, value in (await _fields(request)).items()}
        return await self._do(request, "PATCH", f"{_TENANT}/limits", wanted)

    async def sign_in(self, request: Request) -> Response:
        allowed = (await _fields(request)).get("device_code_flow") == "allowed"
        return await self._do(request, "PATCH", f"{_TENANT}/sign-in", {"device_code_flow": allowed})

    async def drills(self, request: Request) -> Response:
        return await self._do(request, "POST", f"{_TENANT}/drills", plan_of(await _fields(request)), "drills")

    async def forget_drills(self, request: Request) -> Response:
        name = request.path_params["tenant"]
        tenant = self.world.tenants.get(name) or self.world.tenant_of_domain(name)
        if tenant is None:
            raise NotFoundError(f"no tenant {request.path_params['tenant']}")
        number = (await _fields(request)).get("number")
        if number is not None and not _NUMBER.fullmatch(number):
            raise NotFoundError(f"no drill {number}")
        drills.forget(tenant, None if number is None else int(number))
        return _back(request, "drills")

    async def forget_faults(self, request: Request) -> Response:
        return await self._do(request, "DELETE", f"{_TENANT}/faults", {}, "drills")

    async def forget_requests(self, request: Request) -> Response:
        return await self._do(request, "DELETE", f"{_TENANT}/requests", {}, "requests")

    async def _do(
        self, request: Request, method: str, path: str, wanted: dict[str, Any], then: str = "clock"
    ) -> Response:
        """Do what a program would have asked for, and lead to the page that shows it."""
        answer = await self.programs[method, path](_asking(request, wanted))
        if answer.status_code < 400:
            return _back(request, then)
        return paper("problem.html", answer.status_code, problem=json.loads(bytes(answer.body))["error"])


def plan_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the drill that a form asks for; what is left empty is as the drill has it, `always` is without end."""
    given = {name: value.strip() for name, value in fields.items() if value.strip()}
    known = drills.DRILLS[given["name"]].parameters if given.get("name") in drills.DRILLS else {}
    plan: dict[str, Any] = {
        name: given[name] for name in ("name", "service", "method", "path", "cmdlet") if name in given
    }
    plan |= {name: _number(given[name]) for name in ("nth", "times", "seed", "probability") if name in given}
    if given.get("times") == "always":
        plan["times"] = None
    plan["parameters"] = {
        name: _like(known.get(name), value)
        for name, value in ((n.removeprefix(_PARAMETER), v) for n, v in given.items() if n.startswith(_PARAMETER))
    }
    return plan


async def _fields(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def _number(text: str) -> int | float | str:
    """Return a number where it is one; the page it goes to says what is wrong with anything else."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text


def _like(default: Any, text: str) -> Any:
    """Return a parameter's value with its default's type: a text, numbers as `[0, 20]`, a number."""
    if isinstance(default, list | tuple):
        return [_number(part) for part in text.strip("[] ").split(",")]
    return text if isinstance(default, str) else _number(text)


def _asking(request: Request, wanted: dict[str, Any]) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(wanted).encode(), "more_body": False}

    return Request(request.scope, receive)


def _back(request: Request, then: str) -> Response:
    """See other: loading the page anew sends nothing a second time."""
    tenant = request.path_params.get("tenant")
    if tenant:
        return RedirectResponse(f"/_sandbox/tenants/{tenant}/{then}", 303)
    return RedirectResponse("/_sandbox/", 303)
