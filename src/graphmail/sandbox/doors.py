"""The sockets that listen, which a drill may shut for a while: then connecting is refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from graphmail.sandbox.clock import VirtualClock

PORTS = {"entra": "login", "graph": "graph", "exchange": "exchange"}  # service -> name of its socket


class Listener(Protocol):
    """One listening server."""

    def stop_listening(self) -> None: ...
    async def listen_again(self) -> None: ...


@dataclass(slots=True)
class Doors:
    """`listeners` by name: login, graph, exchange."""

    listeners: dict[str, Listener]
    _shut: dict[str, tuple[VirtualClock, datetime]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def shut(self, service: str, clock: VirtualClock, seconds: float) -> None:
        """Refuse connections to a service until that clock is so much further; idle connections end."""
        name = PORTS[service]
        if name not in self._shut:
            self.listeners[name].stop_listening()
        self._shut[name] = (clock, clock.now() + timedelta(seconds=seconds))
        self._wait(name)

    def is_shut(self, name: str) -> bool:
        """Whether the service is not to be reached now, by the name of its socket; `upload` lies behind graph."""
        return ("graph" if name == "upload" else name) in self._shut

    async def reopen(self, *, everything: bool = False) -> None:
        """Listen again where the time is over; called whenever a clock is advanced."""
        for name, (clock, until) in list(self._shut.items()):
            if everything or clock.now() >= until:
                del self._shut[name]
                await self.listeners[name].listen_again()

    def _wait(self, name: str) -> None:
        """Look again when the time should be over: a timer counts whole milliseconds, and may be early by less."""
        if name not in self._shut:
            return
        clock, until = self._shut[name]
        left = (until - clock.now()).total_seconds()
        if left > 0:
            asyncio.get_running_loop().call_later(max(left, 0.001), self._wait, name)
            return
        task = asyncio.ensure_future(self.reopen())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
