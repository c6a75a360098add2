"""One process, one event loop, one TLS socket on loopback for each service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from graphmail.sandbox.certificates import make_certificates, new_authority
from graphmail.sandbox.control.pages import control_app
from graphmail.sandbox.doors import PORTS, Doors
from graphmail.sandbox.front_door.dispatch import Dispatch
from graphmail.sandbox.front_door.listener import FrontDoor, refuse_strangers
from graphmail.sandbox.services import make_services
from graphmail.sandbox.smtp.server import Listener
from graphmail.sandbox.smtp.server import start as start_smtp
from graphmail.sandbox.sockets import LOOPBACK, ORDER, open_all, open_socket
from graphmail.sandbox.state.folder import hold
from graphmail.sandbox.state.kept import KeptState
from graphmail.sandbox.timestamp.authority import TimestampAuthority
from graphmail.sandbox.wire import Protocol
from graphmail.sandbox.world import Blueprint

SETTINGS = "sandbox.json"
KEEP_ALIVE = 120  # seconds; longer than a client's pool keeps an idle connection


class _Server(uvicorn.Server):
    """Signals are the process's business: several servers share one loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def protocol(self) -> asyncio.Protocol:
        """One connection's HTTP, for a connection that this server did not accept itself."""
        return Protocol(self.config, self.server_state, self.lifespan.state)

    def stop_listening(self) -> None:
        """Let connecting be refused; connections without a request end, others with their answer."""
        self.port = self.servers[0].sockets[0].getsockname()[1]
        self.servers.pop().close()
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def listen_again(self) -> None:
        loop = asyncio.get_running_loop()
        sock = open_socket(self.port)
        self.servers.append(await loop.create_server(self.protocol, sock=sock, ssl=self.config.ssl, backlog=512))


@dataclass(slots=True)
class Running:
    """A sandbox that listens: its addresses as `sandbox.json` has them."""

    addresses: dict[str, Any]
    servers: list[tuple[_Server, asyncio.Task[None]]]
    smtp: Listener
    front_door: FrontDoor
    settings: Path
    held: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)  # the folder, the sockets, the state

    async def close(self) -> None:
        """Take the settings file away, if it is still this sandbox's, and stop listening."""
        with self.held:
            with contextlib.suppress(OSError, ValueError):
                if json.loads(self.settings.read_text()) == self.addresses:
                    self.settings.unlink()
            await self.front_door.close()
            for server, _ in self.servers:
                server.should_exit = True
            await asyncio.gather(*(task for _, task in self.servers))
            await self.smtp.close()


async def start(
    blueprint: Blueprint, port: int, state: Path, *, fresh: bool = False, keep: bool = True,
) -> Running:  # fmt: skip
    """Listen for everything, then write `state/sandbox.json`, mode 0600; `port` 0 takes any, else consecutive ones.

    Goes on from what `state` holds, unless `fresh`; raises StateError where it cannot, OSError for a port that is
    taken. Without `keep` it neither reads nor writes what happens in the tenants. Another sandbox's folder is left as
    it is, and nothing in the own one is written or forgotten before all ports are had.
    """
    state.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        held.enter_context(hold(state))
        (state / SETTINGS).unlink(
            missing_ok=True
        )  # a killed process left it behind: it says "ready" to nobody's profit
        sockets = open_all(port, held)
        if keep:
            kept = KeptState.open(state, blueprint.digest, fresh=fresh)
            held.callback(kept.close)
            blueprint.go_on(kept)
        running = await _listen(blueprint, state, sockets)
        running.held = held.pop_all()
    _write_private(running.settings, running.addresses)
    return running


async def _listen(blueprint: Blueprint, state: Path, sockets: dict[str, socket.socket]) -> Running:
    authority = new_authority()
    tls, ca = make_certificates(state, authority)
    refuse_strangers(tls)
    world = blueprint.build()
    names = ORDER[:4]
    roots = {name: f"https://{LOOPBACK}:{sockets[name].getsockname()[1]}" for name in names}
    services = make_services(world, roots)
    control = control_app(world, blueprint, services, TimestampAuthority(authority))
    apps: dict[str, ASGIApp] = {**services.apps, "control": control}
    servers = [await _serve(apps[name], sockets[name], tls) for name in names]
    world.doors = Doors(
        {name: server for name, (server, _) in zip(names, servers, strict=True) if name in PORTS.values()}
    )
    smtp = await start_smtp(world, sockets["smtp"], tls)
    behind = await _serve(Dispatch(services.apps), None, tls)
    door = FrontDoor(world, sockets["proxy"], behind[0].protocol, tls)
    addresses = {
        **roots,
        "ca": str(ca.resolve()),
        "proxy": f"http://{LOOPBACK}:{door.port}",
        "smtp": f"{LOOPBACK}:{smtp.port}",
        "timestamp": f"{roots['control']}/timestamp",
        "admins": blueprint.admins(),
        "applications": blueprint.applications(),
    }
    return Running(addresses, [*servers, behind], smtp, door, state / SETTINGS)


async def _serve(
    app: ASGIApp, sock: socket.socket | None, tls: ssl.SSLContext,
) -> tuple[_Server, asyncio.Task[None]]:  # fmt: skip
    """Serve what the socket accepts; without one, only the connections that `_Server.protocol` is given."""
    config = uvicorn.Config(
        app, http=Protocol, ws="none", lifespan="off", loop="none", access_log=False, log_level="critical",
        date_header=False, server_header=False, timeout_keep_alive=KEEP_ALIVE, timeout_graceful_shutdown=1,
        backlog=512,
    )  # fmt: skip
    config.load()
    config.ssl = tls  # a context made in memory: the private key never touches a disk
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock] if sock else []))
    while not server.started:
        if task.done():
            task.result()
            raise RuntimeError("a service stopped while starting")
        await asyncio.sleep(0.005)
    return server, task


def _write_private(path: Path, content: dict[str, Any]) -> None:
    """Write all or nothing, readable by the owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sandbox-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    os.replace(name, path)
