"""Who may ask the control pages: programs and browsers on this machine, and no other site's page in such a browser."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphmail.sandbox.own_names import is_loopback, is_own_page

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Around the control pages: 421 for another host's name, 403 for a change that another site's page asks for.

    A name of somebody's own that leads to 127.0.0.1 (DNS rebinding) would make the pages part of their site.
    """

    def __init__(self, pages: ASGIApp) -> None:
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def signing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = refusal(scope["method"], Headers(scope=scope))
        await (refused or self.pages)(scope, receive, signing)


def refusal(method: str, headers: Headers) -> JSONResponse | None:
    """What a request is refused with, or None."""
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(hosts[0]):
        return JSONResponse({"error": f"the sandbox does not answer for the host {', '.join(hosts)!r}"}, 421)
    if method in _READING or is_own_page(hosts[0], headers):
        return None
    return JSONResponse({"error": "a page of another site may change nothing here"}, 403)
