"""One ASGI application for all real host names: the Host header says which service is meant."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from graphmail.sandbox.call import Answer
from graphmail.sandbox.front_door.hosts import Place, place_of

ROOT = "sandbox.root"  # in the scope's extensions: the URL that answers name this service by


class Dispatch:
    """`apps` has the services' applications as login, graph and exchange."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self.apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        host = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"host"), "")
        place = place_of(host)
        if place is None:
            await JSONResponse(misdirected(host).body, 421)(scope, receive, send)
            return
        scope["extensions"][ROOT] = f"https://{host.lower().removesuffix(':443')}"
        await self.apps[_service(place, scope["path"])](scope, receive, send)


def _service(place: Place, path: str) -> str:
    """Outlook's hosts serve both the administration endpoint and the upload URLs, which Graph hands out."""
    if place.service in ("exchange", "upload"):
        return "exchange" if path.lower().startswith("/adminapi/") else "graph"
    return place.service


def misdirected(host: str) -> Answer:
    error = {"code": "MisdirectedRequest", "message": f"The sandbox does not answer for the host {host!r}"}
    return Answer(421, {"error": error})
