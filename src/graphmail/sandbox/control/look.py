"""The pages a person looks at, at the addresses that answer JSON to programs. They work without script or network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from graphmail.sandbox import drills
from graphmail.sandbox.control.excerpt import Excerpt
from graphmail.sandbox.control.exchange_settings import exchange_view
from graphmail.sandbox.control.mailbox_view import mailbox_folders, message_view
from graphmail.sandbox.control.paper import paper
from graphmail.sandbox.control.tenant_names import names_in
from graphmail.sandbox.mail_records import Mailbox
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.store import Tenant, World
from graphmail.sandbox.tenants_file import TenantSpec

Page = Callable[[Request], Awaitable[Response]]

_TENANT = "/_sandbox/tenants/{tenant}"

# Path and what the page shows; the handler has the last word of the path as its name, or the one given.
LOOKS = (
    ("/_sandbox/", "tenants", "the tenants as the tenants file has them; none is built for it; reset"),
    ("/_sandbox/requests", "foreign_requests", "requests of no tenant"),
    (_TENANT, "tenant", "one tenant in numbers, what it holds in quarantine, mail that left the sandbox"),
    (f"{_TENANT}/mailboxes", "mailboxes", "mailboxes with the number of their messages"),
    (f"{_TENANT}/mailboxes/{{address}}", "mailbox", "its messages by folder, mail on its way included"),
    (f"{_TENANT}/mailboxes/{{address}}/messages/{{message:path}}", "message", "body as text, headers, attachments"),
    (f"{_TENANT}/applications", "applications", "app registrations: owners, credentials by key id and expiry"),
    (f"{_TENANT}/enterprise-applications", "enterprise_applications", "what is granted to them, and for whom"),
    (f"{_TENANT}/groups", "groups", "groups, owners, members since when"),
    (f"{_TENANT}/exchange", "exchange", "access policies; RBAC: pointers, scopes, assignments, role groups; settings"),
    (f"{_TENANT}/requests", "requests", "the request log, newest first, loaded anew every 5 s"),
    (f"{_TENANT}/ledger", "ledger", "committed changes, newest first: who, with which request"),
    (f"{_TENANT}/clock", "clock", "the clock and a form to advance it; delays, limits, sign-in; reset"),
    (f"{_TENANT}/drills", "drills", "a form for each named drill; what is planned and what it struck; faults"),
)  # fmt: skip


class NotFoundError(Exception):
    """There is nothing to show; the text says what is missing."""


class Looks:
    """A method for each page of LOOKS. `file` is what the tenants file says."""

    def __init__(self, world: World, file: Sequence[TenantSpec]) -> None:
        self.world = world
        self.file = file

    def routes(self) -> list[Route]:
        pages = [Route(path, shown_or_missing(getattr(self, name)), methods=["GET"]) for path, name, _ in LOOKS]
        return [*pages, *(Route(path, _to_the_tenants, methods=["GET"]) for path in ("/", "/_sandbox"))]

    async def tenants(self, _: Request) -> Response:
        return paper("tenants.html", file=self.file, foreign=len(self.world.requests))

    async def foreign_requests(self, request: Request) -> Response:
        return paper("foreign_requests.html", log=Excerpt.of(list(self.world.requests), request))

    async def tenant(self, request: Request) -> Response:
        return self._page(request, "tenant.html")

    async def mailboxes(self, request: Request) -> Response:
        return self._page(request, "mailboxes.html")

    async def mailbox(self, request: Request) -> Response:
        recipient, mailbox = self._mailbox(request)
        folders = mailbox_folders(self._tenant(request), mailbox)
        return self._page(request, "mailbox.html", recipient=recipient, mailbox=mailbox, folders=folders)

    async def message(self, request: Request) -> Response:
        recipient, mailbox = self._mailbox(request)
        message = mailbox.messages.get(request.path_params["message"])
        if message is None:
            raise NotFoundError("no such message in this mailbox; it was moved or deleted")
        view = message_view(self._tenant(request), mailbox, message)
        return self._page(request, "message.html", recipient=recipient, message=view)

    async def applications(self, request: Request) -> Response:
        rows = Excerpt.of(list(self._tenant(request).applications.values()), request)
        return self._page(request, "applications.html", rows=rows)

    async def enterprise_applications(self, request: Request) -> Response:
        rows = Excerpt.of(list(self._tenant(request).service_principals.values()), request)
        return self._page(request, "enterprise_applications.html", rows=rows)

    async def groups(self, request: Request) -> Response:
        groups = [r for r in self._tenant(request).recipients.values() if "Group" in r.type_details]
        return self._page(request, "groups.html", rows=Excerpt.of(groups, request))

    async def exchange(self, request: Request) -> Response:
        return self._page(request, "exchange.html", settings=exchange_view(self._tenant(request)))

    async def requests(self, request: Request) -> Response:
        log = Excerpt.of(list(self._tenant(request).requests), request)
        return self._page(request, "requests.html", log=log, live="still" not in request.query_params)

    async def ledger(self, request: Request) -> Response:
        return self._page(request, "ledger.html", log=Excerpt.of(self._tenant(request).ledger, request))

    async def clock(self, request: Request) -> Response:
        return self._page(request, "clock.html")

    async def drills(self, request: Request) -> Response:
        planned = drills.planned(self._tenant(request))[::-1]
        return self._page(request, "drills.html", planned=planned, catalogue=drills.catalogue())

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        tenant = self._tenant(request)
        here = f"/_sandbox/tenants/{tenant.id}"
        return paper(template, tenant=tenant, here=here, names=names_in(tenant), now=tenant.clock.now(), **values)

    def _tenant(self, request: Request) -> Tenant:
        name = request.path_params["tenant"]
        tenant = self.world.tenants.get(name) or self.world.tenant_of_domain(name)
        if tenant is None:
            raise NotFoundError(f"no tenant {name}")
        return tenant

    def _mailbox(self, request: Request) -> tuple[Recipient, Mailbox]:
        recipient = self._tenant(request).recipient_with(request.path_params["address"])
        if recipient is None or recipient.mailbox is None:
            raise NotFoundError(f"no mailbox {request.path_params['address']}")
        return recipient, recipient.mailbox


class ForPeople:
    """Gives a browser, which asks for `text/html`, a page where there is one; everybody else gets `programs`."""

    def __init__(self, pages: Sequence[Route], forms: Sequence[Route], programs: ASGIApp) -> None:
        self.pages: Mapping[str, Sequence[Route]] = {"GET": pages, "HEAD": pages, "POST": forms}
        self.programs = programs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for route in self._routes(scope):
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.update(found)
                await route.handle(scope, receive, send)
                return
        await self.programs(scope, receive, send)

    def _routes(self, scope: Scope) -> Sequence[Route]:
        """Return the routes that may be meant. curl says `x-www-form-urlencoded` of any body, but accepts anything."""
        headers = Headers(scope=scope)
        asked = "text/html" in headers.get("accept", "").lower()
        sent = headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded")
        return self.pages.get(scope["method"], ()) if asked and (sent or scope["method"] != "POST") else ()


async def _to_the_tenants(_: Request) -> Response:
    """Somebody typed less than the whole address."""
    return RedirectResponse("/_sandbox/")


def shown_or_missing(page: Page) -> Page:
    async def show(request: Request) -> Response:
        try:
            return await page(request)
        except NotFoundError as missing:
            return paper("problem.html", 404, problem=str(missing))

    return show
