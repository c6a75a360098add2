"""The port for clients that know nothing of the sandbox: an HTTPS proxy, and TLS with the services' own host names.

Both end here: what a CONNECT asks for is never connected to, the sandbox itself answers. Any other host is refused,
so a client that is pointed here cannot reach the real services or anybody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httptools

from graphmail.sandbox.front_door.hosts import PLACES, place_of
from graphmail.sandbox.request_log import note_refused
from graphmail.sandbox.store import World

PATIENCE = 30  # real seconds for the first bytes of a connection
_LARGEST_HEAD = 16 * 1024  # bytes of a CONNECT request
_HOST = re.compile(r"([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?", re.IGNORECASE)
_TLS_HANDSHAKE = 0x16  # the first byte of a ClientHello


class FrontDoor:
    """Accepts on one socket; `protocol` makes the HTTP protocol of a connection once its TLS is up."""

    def __init__(
        self, world: World, sock: socket.socket, protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext,
    ) -> None:  # fmt: skip
        self._world = world
        self._sock = sock
        self._protocol = protocol
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        refuse_strangers(tls, world)
        sock.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())

    @property
    def port(self) -> int:
        return int(self._sock.getsockname()[1])

    async def close(self) -> None:
        self._accepting.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(self._accepting, *self._tasks, return_exceptions=True)
        self._sock.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._sock)
            task = asyncio.create_task(self._admit(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _admit(self, connection: socket.socket) -> None:
        """Hand the connection to the services, or refuse it and close."""
        connection.setblocking(False)
        handed_over = False
        # A stranger's connection may break off anywhere; nobody is told but the stranger.
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE):
                passes = await _begins_with_tls(connection) or await self._connect(connection)
            if passes:
                handed_over = True  # from here on the event loop closes it
                loop = asyncio.get_running_loop()
                await loop.connect_accepted_socket(self._protocol, connection, ssl=self._tls)
        if not handed_over:
            connection.close()

    async def _connect(self, connection: socket.socket) -> bool:
        """Answer a proxy request; true when TLS may begin."""
        loop = asyncio.get_running_loop()
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = await loop.sock_recv(connection, 4096)
            head += chunk
            if not chunk or len(head) > _LARGEST_HEAD:
                return False
        method, target = _request_line(head)
        if method == "CONNECT" and _is_shut(self._world, target):
            await loop.sock_sendall(connection, _UNREACHABLE)
            return False
        if method == "CONNECT" and place_of(target):
            await loop.sock_sendall(connection, b"HTTP/1.1 200 Connection established\r\n\r\n")
            return True
        host = _host_of(target)
        note_refused(
            self._world, "", "host that the sandbox does not answer for", service="proxy", method=method or "?",
            path=host, status=403, request_id="", client_request_id=None,
        )  # fmt: skip
        await loop.sock_sendall(connection, _refusal(host))
        return False


# What a proxy says of a host that refuses the connection.
_UNREACHABLE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def _is_shut(world: World, host: str) -> bool:
    """Whether a drill has shut the service at this host."""
    place = place_of(host)
    return place is not None and world.doors is not None and bool(world.doors.is_shut(place.service))


def refuse_strangers(tls: ssl.SSLContext, world: World | None = None) -> None:
    """Let no TLS begin for a name that is neither loopback's nor a service's, nor one that a drill has shut."""

    def check(_: Any, name: str | None, __: ssl.SSLContext) -> int | None:
        if world is not None and name and _is_shut(world, name):
            return ssl.ALERT_DESCRIPTION_ACCESS_DENIED
        known = name is None or name == "localhost" or place_of(name)
        return None if known else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    tls.sni_callback = check


async def _begins_with_tls(connection: socket.socket) -> bool:
    """Look at the first byte without taking it."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(connection)
    first = connection.recv(1, socket.MSG_PEEK)
    return bool(first) and first[0] == _TLS_HANDSHAKE


class _Target:
    """What httptools tells of a request."""

    url = b""

    def on_url(self, url: bytes) -> None:
        self.url += url


def _request_line(head: bytes) -> tuple[str, str]:
    """Return method and target; blanks for what is no HTTP."""
    target = _Target()
    parser = httptools.HttpRequestParser(target)
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        pass  # how the parser ends a CONNECT
    except httptools.HttpParserError:
        return "", ""
    return parser.get_method().decode("ascii", "replace"), target.url.decode("ascii", "replace")


def _host_of(target: str) -> str:
    """Return host and port of an authority or an absolute URL; blank for anything else.

    Nothing more of it is kept or told: user, path and query may hold credentials for the service that was meant.
    """
    try:
        place = urlsplit(target if "://" in target else f"//{target}").netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return place if _HOST.fullmatch(place) else ""


def _refusal(host: str) -> bytes:
    text = f"The sandbox answers for these hosts alone, by CONNECT to port 443: {', '.join(sorted(PLACES))}.\n"
    body = (f"{host!r} is refused. {text}" if host else text).encode()
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return head.encode() + b"\r\n" + body
