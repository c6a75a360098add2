"""What every emulated service does with a call: find the operation, check rights, plan faults, keep the log."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

from graphmail.sandbox.call import Answer, Call, Caller, Route, ServiceError
from graphmail.sandbox.drills.schedule import through
from graphmail.sandbox.faults import planned, strike
from graphmail.sandbox.own_names import is_own_page
from graphmail.sandbox.request_log import note
from graphmail.sandbox.router import Router
from graphmail.sandbox.store import REQUEST_ID, Tenant, World

_ALIAS = "/myorganization"  # of the caller's own tenant
# learn.microsoft.com/graph/api/user-list-memberof: what suffices for /me.
_OF_ONESELF = {"User.Read", "User.ReadWrite"}


class Dialect(Protocol):
    """How one service words the errors that come before any handler."""

    def unauthorized(self, problem: str) -> Answer: ...
    def forbidden(self) -> Answer: ...
    def bad_json(self) -> Answer: ...
    def too_large(self) -> Answer: ...
    def unavailable(self, status: int, message: str) -> Answer: ...
    def sign(self, answer: Answer, request_id: str, client_request_id: str | None, at: datetime) -> None: ...


class Service:
    """One emulated service. `name` is the ledger's and the log's: entra, graph, exchange."""

    def __init__(self, name: str, routes: Iterable[Route], dialect: Dialect, prefix: str = "") -> None:
        self.name = name
        self.dialect = dialect
        self.prefix = prefix
        self.root = ""  # its own URL, known once it listens
        routes = list(routes)
        self.router = Router(r for r in routes if r.authenticated)
        self.open_router = Router(r for r in routes if not r.authenticated)

    def strip(self, path: str) -> str | None:
        """The path without the prefix, or None where the prefix is missing.

        As Microsoft's own clients for Python and Node need it, slashes after the prefix are one (`/v1.0//users`), and
        `/v1.0/myorganization/users` is `/v1.0/users`.
        """
        if not self.prefix:
            return path
        head, rest = path[: len(self.prefix)], path[len(self.prefix) :]
        if head.lower() != self.prefix or not rest.startswith("/"):
            return None
        rest = f"/{rest.lstrip('/')}"
        return rest[len(_ALIAS) :] if rest.lower().startswith(f"{_ALIAS}/") else rest

    async def dispatch(self, call: Call, route: Route | None = None, refusal: Answer | None = None) -> Answer:
        """Answer a call whose caller is known; the same for the socket, $batch and the control pages.

        With a `refusal` the operation is only logged, and that is the answer.
        """
        if route is None and (found := self._find(call)):
            route, call.params = found
        call.dispatch = self.dispatch
        REQUEST_ID.set(call.request_id)
        fault = None if call.caller.by_hand else planned(self.name, call)
        status = 0
        try:
            if fault and fault.when == "before":
                answer = await strike(fault)
            else:
                answer = await self._answer(call, route, refusal)
                if fault:
                    answer = await strike(fault)
            status = answer.status
            self.dialect.sign(answer, call.request_id, call.headers.get("client-request-id"), call.tenant.clock.now())
        finally:
            if not call.caller.by_hand:
                note(self.name, call, route, status)
        return answer

    def _find(self, call: Call) -> tuple[Route, dict[str, str]] | None:
        """The operation; `/me/…` of somebody who signed in is their own `/users/{id}/…`, where there is that."""
        mine = call.caller.own(call.path)
        return (self.router.find(call.method, mine) if mine != call.path else None) or self.router.find(
            call.method, call.path
        )

    def _may(self, call: Call, route: Route) -> bool:
        """Whether the token has what the route asks for; of oneself one reads with less."""
        caller = call.caller
        if not route.permissions or caller.by_hand or not caller.roles.isdisjoint(route.permissions):
            return True
        of_oneself = call.method == "GET" and caller.own(call.path) != call.path
        return of_oneself and not caller.roles.isdisjoint(_OF_ONESELF)

    async def _answer(self, call: Call, route: Route | None, refusal: Answer | None) -> Answer:
        if not call.tenant.drills:
            return refusal or await self._handle(call, route)

        async def handle() -> Answer:
            return refusal or await self._handle(call, route)

        return await through(self.name, call, handle)

    async def _handle(self, call: Call, route: Route | None) -> Answer:
        if route is None:
            return not_implemented(f"{call.method} {self.prefix}{call.path}")
        if route.from_page and not is_own_page(call.headers.get("host", ""), call.headers):
            call.refused = "a page of another site"
            error = {"code": "CrossSite", "message": "A page of another site may change nothing in the sandbox"}
            return Answer(403, {"error": error})
        if not self._may(call, route):
            return self.dialect.forbidden()
        try:
            return await route.handler(call)
        except ServiceError as error:
            return error.answer
        except json.JSONDecodeError:
            return self.dialect.bad_json()
        except Exception:  # an emulated service answers 500 and says why on stderr, as a real one would in its log
            traceback.print_exc(file=sys.stderr)
            return self.dialect.unavailable(500, "The sandbox failed; its stderr says why.")


def not_implemented(what: str) -> Answer:
    """What is not emulated is never an invented success."""
    error = {"code": "NotImplemented", "message": f"The sandbox does not emulate {what}"}
    return Answer(501, {"error": error})


def make_call(
    service: Service,
    world: World,
    tenant: Tenant,
    caller: Caller,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | Any,
    request_id: str,
) -> Call:
    """Make a call from a relative URL (path and query, percent-decoded path); a body that is no bytes becomes JSON."""
    path, _, query = url.partition("?")
    if body is None:
        body = b""
    elif not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return Call(
        world, tenant, caller, method.upper(), path, dict(parse_qsl(query, keep_blank_values=True)), headers, body,
        service.root, request_id=request_id,
    )  # fmt: skip
