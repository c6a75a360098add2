"""The thin shell between the socket and a service: bytes in, a `Call`, an `Answer`, bytes out."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graphmail.sandbox.call import Answer, Call, Caller, ConnectionDroppedError, Route
from graphmail.sandbox.drills.schedule import arrive
from graphmail.sandbox.front_door.dispatch import ROOT, misdirected
from graphmail.sandbox.front_door.hosts import place_of
from graphmail.sandbox.own_names import is_loopback
from graphmail.sandbox.request_log import note, note_refused
from graphmail.sandbox.router import decode_path
from graphmail.sandbox.service import Service, not_implemented
from graphmail.sandbox.store import Tenant, World
from graphmail.sandbox.wire import CONNECTION, drop, send_badly

_JSON = {"Content-Type": "application/json"}


class RefusedError(Exception):
    """A request that gets an answer before it is a call. `why` is for the request log."""

    def __init__(self, answer: Answer, why: str, tenant_id: str = "") -> None:
        super().__init__(why)
        self.answer = answer
        self.why = why
        self.tenant_id = tenant_id


class Gate:
    """Says whose tenant a request is for and who asks; each service has its own."""

    def admit(self, headers: dict[str, str], params: dict[str, str], path: str) -> tuple[Tenant, Caller]:
        """Raise RefusedError where nobody may pass."""
        raise NotImplementedError


class Shell:
    """The ASGI application of one service."""

    def __init__(
        self, service: Service, world: World, gate: Gate, headers: dict[str, str], answers: dict[str, str] = _JSON
    ) -> None:
        self.service = service
        self.world = world
        self.gate = gate
        self.answers = answers  # headers of a good answer in JSON
        self.headers = headers  # response header -> "" for a request id of ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request_id = str(uuid4())
        request = Request(scope, receive)
        connection = scope["extensions"][CONNECTION]
        if connection.doomed:
            drop(connection, reset=True)
            return
        try:
            answer, now = await self._answer(request, scope, request_id)
        except (ConnectionDroppedError, ClientDisconnect) as dropped:
            await asyncio.sleep(getattr(dropped, "hang", 0))
            drop(connection, reset=getattr(dropped, "reset", False))
            return
        response = self._response(answer, now, request_id, request)
        if answer.wire is None:
            await response(scope, receive, send)
            return
        await send_badly(answer.wire, response, scope, receive, send)

    async def _answer(self, request: Request, scope: Scope, request_id: str) -> tuple[Answer, datetime]:
        try:
            call, route = self._call(scope, request_id)
        except RefusedError as refused:
            await _drain(request)
            return self._refuse(refused, scope, request_id), datetime.now(UTC)
        tenant = call.tenant
        if tenant.drills:
            await self._arrive(call, route)
        body = await _read(request, tenant.limits.request)
        call.body = body or b""
        try:
            refusal = self.service.dialect.too_large() if body is None else None
            answer = await self.service.dispatch(call, route, refusal)
        finally:  # a cut connection hides what was committed, and undoes nothing
            self.world.changes.elsewhere |= self.service.name == "entra"
            self.world.write_down()
        return answer, tenant.clock.now()

    def _call(self, scope: Scope, request_id: str) -> tuple[Call, Route | None]:
        """The call, still without its body, and its route where that asks for no bearer. Raises RefusedError."""
        service, method, path, headers = self.service, scope["method"], _path(scope), _headers(scope)
        _for_own_name(scope)
        found = service.open_router.find(method, path)
        route, params = found or (None, {})
        tenant, caller = self._open(params, route) if found else self.gate.admit(headers, params, path)
        inner = path if found else service.strip(path)
        if inner is None:
            raise RefusedError(not_implemented(f"{method} {path}"), "unknown route", tenant.id)
        query = dict(parse_qsl(scope["query_string"].decode("ascii", "replace"), keep_blank_values=True))
        call = Call(
            self.world, tenant, caller, method, inner, query, headers, b"",
            scope["extensions"].get(ROOT, service.root), params, request_id,
        )  # fmt: skip
        return call, route

    def _refuse(self, refused: RefusedError, scope: Scope, request_id: str) -> Answer:
        """Log what never became a call, and answer it."""
        asked = _headers(scope).get("client-request-id")
        note_refused(
            self.world, refused.tenant_id, refused.why, service=self.service.name, method=scope["method"],
            path=_path(scope), status=refused.answer.status, request_id=request_id, client_request_id=asked,
        )  # fmt: skip
        self.service.dialect.sign(refused.answer, request_id, asked, datetime.now(UTC))
        return refused.answer

    async def _arrive(self, call: Call, route: Route | None) -> None:
        try:
            await arrive(self.service.name, call)
        except ConnectionDroppedError:
            note(self.service.name, call, route, 0)
            raise

    def _open(self, params: dict[str, str], route: Route | None) -> tuple[Tenant, Caller]:
        tenant = self.world.tenants.get(params.get("tenant", "").lower())
        if tenant is None:
            raise RefusedError(Answer(404), "no such tenant")
        return tenant, Caller.nobody()

    def _response(self, answer: Answer, now: datetime, request_id: str, request: Request) -> Response:
        body: Any = answer.body
        told: dict[str, str] = {}
        if body is None:
            content = b""
        elif isinstance(body, bytes):
            content, told = body, {"Content-Type": "application/octet-stream"}
        else:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
            told = self.answers if answer.status < 400 else _JSON
        response = Response(content, answer.status)
        headers = {name: value or request_id for name, value in self.headers.items()}
        headers["Date"] = format_datetime(now, usegmt=True)
        if asked := request.headers.get("client-request-id"):
            headers["client-request-id"] = asked
        for name, value in (headers | told | answer.headers).items():
            response.headers[name] = value
        return response


def _path(scope: Scope) -> str:
    return decode_path(scope["raw_path"].decode("ascii", "replace"))


def _headers(scope: Scope) -> dict[str, str]:
    return {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}


def _for_own_name(scope: Scope) -> None:
    """Refuse another host's name: one that leads to 127.0.0.1 would make these pages part of somebody's site."""
    hosts = [v.decode("latin-1") for k, v in scope["headers"] if k == b"host"]
    if len(hosts) != 1 or not (is_loopback(hosts[0]) or place_of(hosts[0])):
        raise RefusedError(misdirected(", ".join(hosts)), "another host's name")


async def _read(request: Request, limit: int) -> bytes | None:
    """Read the body; None when it is over the limit, but read to its end, so that the client sees the answer."""
    size = 0
    chunks: list[bytes] = []
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
    return None if size > limit else b"".join(chunks)


async def _drain(request: Request) -> None:
    async for _ in request.stream():
        pass
