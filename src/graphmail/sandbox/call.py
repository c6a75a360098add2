"""One request to an emulated service and its answer, apart from any web framework.

`$batch` dispatches to the same handlers as the socket does, so handlers take a `Call` and return an `Answer`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from graphmail.sandbox.store import Tenant, World


@dataclass(slots=True)
class Caller:
    """Who a verified bearer speaks for."""

    client_id: str
    service_principal_id: str
    roles: frozenset[str]  # the token's `roles`, as issued
    directory_roles: frozenset[str]  # the token's `wids`, as issued
    by_hand: bool = False  # a change made through the control pages, as a person with all rights would
    user_id: str = ""  # a delegated token's user; `roles` are then the scopes as far as the user's own rights go

    @property
    def actor(self) -> str:
        """Who the ledger says did it: the person who signed in, else the application."""
        return self.user_id or self.client_id

    def own(self, path: str) -> str:
        """Return Graph's `/me/…` as what it stands for, the signed-in user's own `/users/{id}/…`."""
        mine = bool(self.user_id) and path[:4].lower() == "/me/"
        return f"/users/{self.user_id}{path[3:]}" if mine else path

    @classmethod
    def hand(cls) -> Caller:
        """Somebody at a portal; the ledger names them `by-hand`."""
        return cls("by-hand", "by-hand", frozenset(), frozenset(), by_hand=True)

    @classmethod
    def nobody(cls) -> Caller:
        """A request without a bearer, where none is asked for."""
        return cls("", "", frozenset(), frozenset())


@dataclass(slots=True)
class Call:
    world: World
    tenant: Tenant
    caller: Caller
    method: str
    path: str  # without Graph's prefix (/v1.0); percent-decoded but for %2F
    query: Mapping[str, str]
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    root: str  # the service's own root URL, for nextLink and upload URLs
    params: dict[str, str] = field(default_factory=dict)  # filled by the route's template
    request_id: str = ""

    dispatch: Callable[[Call], Awaitable[Answer]] | None = None  # the same service, for $batch
    batch: str = ""  # the request id of the $batch this came in
    refused: str = ""  # why a credential was refused, for the request log; nothing of the credential

    def json(self) -> Any:
        """Return the body; a body that is no JSON raises ValueError, which the service answers with its own 400."""
        return json.loads(self.body) if self.body else {}


@dataclass(slots=True)
class Wire:
    """How an answer goes over its connection when it does not go well.

    `share` of the body is sent, under the length of the whole or as the start of a chunk; then the connection ends.
    """

    end: Literal["close", "reset", "reset-on-reuse"]
    share: float = 1.0
    chunked: bool = False


@dataclass(slots=True)
class Answer:
    status: int = 200
    body: Any = None  # a JSON value, bytes, or None for an empty body
    headers: dict[str, str] = field(default_factory=dict)
    wire: Wire | None = None


class ServiceError(Exception):
    """An error that a service answers; each service's `errors.py` makes these in its own format."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}")
        self.answer = answer


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """A documented operation. `permissions`: any one of these application permissions suffices; none means any token.

    `template` holds `{name}` for a segment, alternate keys included: `/applications(appId='{app_id}')`.
    """

    method: str
    template: str
    handler: Handler
    permissions: tuple[str, ...] = ()
    source: str = ""  # the public page it comes from
    from_page: bool = False  # the form of a page sends it: refused where another site's page does
    authenticated: bool = True  # False: no bearer is asked for, and the template's `{tenant}` names the tenant


class ConnectionDroppedError(Exception):
    """The service answers nothing: the connection is closed after `hang` real seconds, or reset."""

    def __init__(self, hang: float, *, reset: bool = False) -> None:
        super().__init__(f"dropped after {hang} s")
        self.hang = hang
        self.reset = reset
