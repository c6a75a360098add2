"""What becomes of a connection: reset, closed too early, or reset when it is used again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from graphmail.sandbox.call import Wire

CONNECTION = "sandbox.connection"  # in a scope's extensions
_DELIVERED = 0.05  # real seconds until what was sent is at the client, so that a reset does not take it back


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which tells the application of itself, so that a fault can cut the connection.

    A `doomed` one is reset when the next request comes on it.
    """

    doomed = False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: self}  # type: ignore[dict-item]


def drop(connection: Protocol, *, reset: bool = False) -> None:
    """End it at once; with `reset` by a TCP reset, whatever is on its way."""
    if reset and (sock := connection.transport.get_extra_info("socket")) is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()


async def send_badly(wire: Wire, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send as much of the response as `wire` says, and do to the connection what it says."""
    connection: Protocol = scope["extensions"][CONNECTION]
    whole = (wire.share >= 1 and not wire.chunked) or not response.body
    if whole:
        connection.doomed = wire.end == "reset-on-reuse"
        await response(scope, receive, send)
    else:
        connection.transport.write(_part(wire, response))
    if wire.end == "reset":
        await asyncio.sleep(_DELIVERED)
        drop(connection, reset=True)
    elif wire.end == "close":
        connection.transport.close()
    if not whole:
        # Nothing is left to say: uvicorn would take the silence for a failure and answer 500.
        await asyncio.wait_for(_gone(receive), 30)


def _part(wire: Wire, response: Response) -> bytes:
    content = bytes(response.body)
    part = content[: max(1, int(len(content) * wire.share))]
    headers = dict(response.headers)
    if wire.chunked:
        headers.pop("content-length", None)
        headers["transfer-encoding"] = "chunked"
        part = f"{len(content):x}\r\n".encode() + part
    status = HTTPStatus(response.status_code)
    head = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + part


async def _gone(receive: Receive) -> Any:
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message
