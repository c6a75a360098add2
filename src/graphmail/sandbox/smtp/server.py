"""Inbound SMTP."""

from __future__ import annotations

from graphmail.sandbox.store import World


class Controller:
    def __init__(self, port: int) -> None:
        self.port = port

    async def close(self) -> None:
        pass


async def start(world: World, port: int) -> Controller:
    return Controller(port)
