"""The control pages: /_sandbox/, for tests and people."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from graphmail.sandbox.services import Services
from graphmail.sandbox.store import World
from graphmail.sandbox.world import Blueprint


def control_app(world: World, blueprint: Blueprint, services: Services) -> Starlette:
    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def reset(request: Request) -> JSONResponse:
        body = await request.json() if await request.body() else {}
        blueprint.reset(world, body.get("tenant"))
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/_sandbox/health", health),
            Route("/_sandbox/reset", reset, methods=["POST"]),
        ],
    )
