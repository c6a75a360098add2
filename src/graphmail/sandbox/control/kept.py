"""What the control pages change is kept like everything else, before they answer."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphmail.sandbox.store import World

_TENANT = re.compile(r"/_sandbox/tenants/([^/]+)/")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class KeptBeforeAnswer:
    """Around the pages: after anything but a reading request, its tenant counts as changed."""

    def __init__(self, pages: ASGIApp, world: World) -> None:
        self.pages = pages
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def keeping(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["method"] not in _READING:
                self._keep(scope["path"])
            await send(message)

        await self.pages(scope, receive, keeping)

    def _keep(self, path: str) -> None:
        found = _TENANT.match(path)
        if found and found[1] in self.world.tenants:
            self.world.changes.tenants.add(found[1])
        self.world.write_down()
