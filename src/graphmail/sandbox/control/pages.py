"""The control pages under /_sandbox/, for tests and people: docs/architecture.md lists them."""

from __future__ import annotations

from dataclasses import asdict, fields
from json import JSONDecodeError
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from graphmail.sandbox import drills
from graphmail.sandbox.control.by_hand import by_hand
from graphmail.sandbox.control.exchange_settings import change_exchange, exchange_view
from graphmail.sandbox.control.forms import Forms
from graphmail.sandbox.control.guard import Guard
from graphmail.sandbox.control.json_page import JsonPage
from graphmail.sandbox.control.kept import KeptBeforeAnswer
from graphmail.sandbox.control.listed import PAGES
from graphmail.sandbox.control.look import ForPeople, Looks, Page
from graphmail.sandbox.control.mail_rules import change_rules, shown_rules
from graphmail.sandbox.control.mailbox_view import mailbox_view
from graphmail.sandbox.issuers import trust_issuer
from graphmail.sandbox.services import Services
from graphmail.sandbox.store import Fault, Tenant, World
from graphmail.sandbox.tenant_settings import Delays, Limits
from graphmail.sandbox.timestamp.authority import TimestampAuthority
from graphmail.sandbox.world import Blueprint

_SERVICES = ("entra", "graph", "exchange")


class _RefusedError(Exception):
    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class ControlPages:
    """The pages of one world; each is a method of the name its route has in the documentation."""

    def __init__(self, world: World, blueprint: Blueprint, services: Services) -> None:
        self.world = world
        self.blueprint = blueprint
        self.services = services

    def routes(self) -> list[Route]:
        handlers: list[Page] = [
            self.health,
            self.reset,
            self.foreign_requests,
            self.issuers,
            self.trust_issuer,
            self.clock,
            self.advance,
            self.delays,
            self.change_delays,
            self.limits,
            self.change_limits,
            self.mail_rules,
            self.change_mail_rules,
            self.sign_in,
            self.change_sign_in,
            self.exchange,
            self.change_exchange,
            self.ledger,
            self.requests,
            self.forget_requests,
            self.by_hand,
            self.mailbox,
            self.left_the_sandbox,
            self.faults,
            self.plan_fault,
            self.forget_faults,
            self.catalogue,
            self.drills,
            self.plan_drill,
            self.forget_drills,
        ]
        return [
            Route(path, _answering(page), methods=[method])
            for (method, path, _), page in zip(PAGES, handlers, strict=True)
        ]

    async def health(self, _: Request) -> Response:
        """200: this page is served last, when all services listen."""
        return JsonPage({"status": "ok", "tenants": list(self.world.tenants)})

    async def reset(self, request: Request) -> Response:
        tenant_id = (await _body(request)).get("tenant")
        if tenant_id is not None and tenant_id not in self.world.tenants:
            raise _RefusedError(404, f"no tenant {tenant_id}")
        self.blueprint.reset(self.world, tenant_id)
        if self.world.doors:
            await self.world.doors.reopen(everything=True)
        return JsonPage({})

    async def foreign_requests(self, _: Request) -> Response:
        """Requests that belong to no tenant: bearers not minted here, unknown tenants."""
        return JsonPage({"requests": list(self.world.requests)})

    async def issuers(self, _: Request) -> Response:
        return JsonPage({"issuers": list(self.world.trusted_issuers)})

    async def trust_issuer(self, request: Request) -> Response:
        try:
            trust_issuer(self.world, await _body(request))
        except ValueError as error:
            raise _RefusedError(400, str(error)) from None
        return await self.issuers(request)

    async def clock(self, request: Request) -> Response:
        clock = self._tenant(request).clock
        return JsonPage({"now": clock.now().isoformat(), "offset": clock.offset.total_seconds()})

    async def advance(self, request: Request) -> Response:
        seconds = (await _body(request)).get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise _RefusedError(400, "advance is a number of seconds, not negative")
        try:
            self._tenant(request).clock.advance(seconds)
        except (ValueError, OverflowError) as error:
            raise _RefusedError(400, str(error)) from None
        if self.world.doors:
            await self.world.doors.reopen()
        return await self.clock(request)

    async def delays(self, request: Request) -> Response:
        return JsonPage(asdict(self._tenant(request).delays))

    async def change_delays(self, request: Request) -> Response:
        tenant = self._tenant(request)
        drills.change_delays(tenant, asdict(_changed(tenant.delays, await _body(request))))
        return await self.delays(request)

    async def limits(self, request: Request) -> Response:
        return JsonPage(asdict(self._tenant(request).limits))

    async def change_limits(self, request: Request) -> Response:
        tenant = self._tenant(request)
        tenant.limits = _changed(tenant.limits, await _body(request))
        return await self.limits(request)

    async def sign_in(self, request: Request) -> Response:
        return JsonPage({"device_code_flow": self._tenant(request).device_code_flow})

    async def change_sign_in(self, request: Request) -> Response:
        wanted = await _body(request)
        if set(wanted) != {"device_code_flow"} or not isinstance(wanted["device_code_flow"], bool):
            raise _RefusedError(400, "device_code_flow is true or false")
        self._tenant(request).device_code_flow = wanted["device_code_flow"]
        return await self.sign_in(request)

    async def exchange(self, request: Request) -> Response:
        return JsonPage(exchange_view(self._tenant(request)))

    async def change_exchange(self, request: Request) -> Response:
        try:
            change_exchange(self._tenant(request), await _body(request))
        except ValidationError as error:
            raise _RefusedError(400, _problems(error)) from None
        return await self.exchange(request)

    async def mail_rules(self, request: Request) -> Response:
        return JsonPage(shown_rules(self._tenant(request)))

    async def change_mail_rules(self, request: Request) -> Response:
        try:
            change_rules(self._tenant(request), await _body(request))
        except ValueError as error:
            raise _RefusedError(400, str(error)) from None
        return await self.mail_rules(request)

    async def ledger(self, request: Request) -> Response:
        entries = [asdict(c) | {"at": c.at.isoformat()} for c in self._tenant(request).ledger]
        return JsonPage({"ledger": entries})

    async def requests(self, request: Request) -> Response:
        return JsonPage({"requests": list(self._tenant(request).requests)})

    async def forget_requests(self, request: Request) -> Response:
        self._tenant(request).requests.clear()
        return Response(status_code=204)

    async def by_hand(self, request: Request) -> Response:
        wanted = await _body(request)
        try:
            answer = await by_hand(self.world, self._tenant(request), self.services, wanted)
        except (ValueError, KeyError) as error:
            raise _RefusedError(400, f"not understood: {error}") from None
        body = answer.body if not isinstance(answer.body, bytes) else answer.body.decode("utf-8", "replace")
        return JsonPage({"status": answer.status, "body": body})

    async def mailbox(self, request: Request) -> Response:
        tenant = self._tenant(request)
        recipient = tenant.recipient_with(request.path_params["address"])
        if recipient is None or recipient.mailbox is None:
            raise _RefusedError(404, f"no mailbox {request.path_params['address']}")
        return JsonPage(mailbox_view(tenant, recipient, recipient.mailbox))

    async def left_the_sandbox(self, request: Request) -> Response:
        return JsonPage({"messages": self._tenant(request).left_the_sandbox})

    async def faults(self, request: Request) -> Response:
        return JsonPage({"faults": [asdict(f) for f in self._tenant(request).faults if f.times > 0]})

    async def plan_fault(self, request: Request) -> Response:
        tenant = self._tenant(request)
        try:
            fault = _FAULT.validate_python(await _body(request))
        except ValidationError as error:
            raise _RefusedError(400, _problems(error)) from None
        if fault.service not in _SERVICES or fault.when not in ("before", "after"):
            raise _RefusedError(400, f"service is one of {', '.join(_SERVICES)}; when is before or after")
        tenant.faults.append(fault)
        return JsonPage(asdict(fault), 201)

    async def forget_faults(self, request: Request) -> Response:
        self._tenant(request).faults.clear()
        return Response(status_code=204)

    async def catalogue(self, _: Request) -> Response:
        return JsonPage({"drills": drills.catalogue()})

    async def drills(self, request: Request) -> Response:
        return JsonPage({"drills": drills.planned(self._tenant(request))})

    async def plan_drill(self, request: Request) -> Response:
        try:
            return JsonPage(drills.plan(self.world, self._tenant(request), await _body(request)), 201)
        except drills.DrillRefusedError as error:
            raise _RefusedError(400, str(error)) from None

    async def forget_drills(self, request: Request) -> Response:
        drills.forget(self._tenant(request))
        return Response(status_code=204)

    def _tenant(self, request: Request) -> Tenant:
        tenant_id = request.path_params["tenant"]
        tenant = self.world.tenants.get(tenant_id) or self.world.tenant_of_domain(tenant_id)
        if tenant is None:
            raise _RefusedError(404, f"no tenant {tenant_id}")
        return tenant


def control_app(world: World, blueprint: Blueprint, services: Services, timestamps: TimestampAuthority) -> ASGIApp:
    pages = ControlPages(world, blueprint, services).routes()
    programs = Starlette(routes=[*pages, Route("/timestamp", timestamps.answer, methods=["POST"])])
    handlers = {(method, page.path): page.endpoint for (method, _, _), page in zip(PAGES, pages, strict=True)}
    looks, forms = Looks(world, blueprint.file), Forms(world, handlers)
    return Guard(KeptBeforeAnswer(ForPeople(looks.routes(), forms.routes(), programs), world))


def _answering(page: Page) -> Page:
    async def answer(request: Request) -> Response:
        try:
            return await page(request)
        except _RefusedError as refused:
            return JsonPage({"error": str(refused)}, refused.status)

    return answer


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json() if await request.body() else {}
    except JSONDecodeError:
        raise _RefusedError(400, "the body is no JSON") from None
    if not isinstance(body, dict):
        raise _RefusedError(400, "the body is no JSON object")
    return body


_FAULT = TypeAdapter(with_config(ConfigDict(extra="forbid"))(Fault))
_Settings = TypeVar("_Settings", Delays, Limits)


def _changed(old: _Settings, changes: dict[str, Any]) -> _Settings:
    """Return `old` with changes; every field is a number, not negative."""
    names = {f.name for f in fields(old)}
    for name, value in changes.items():
        if name not in names:
            raise _RefusedError(400, f"no {name!r}; there are {', '.join(sorted(names))}")
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise _RefusedError(400, f"{name} is a number, not negative")
    return type(old)(**(asdict(old) | changes))


def _problems(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
