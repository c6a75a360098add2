"""The sockets that the sandbox listens on, all of them on loopback."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"
ORDER = ("control", "login", "graph", "exchange", "smtp", "proxy")  # consecutive ports


class NotLoopbackError(ValueError):
    """The sandbox would be reachable from elsewhere."""


def open_socket(port: int, host: str = LOOPBACK) -> socket.socket:
    """Listen on loopback, and refuse anything else: what is emulated here must never be met by a stranger."""
    if not ipaddress.ip_address(host).is_loopback:
        raise NotLoopbackError(f"the sandbox listens on loopback only, not on {host}")
    sock = socket.socket()
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(512)
    except OSError:
        sock.close()
        raise
    return sock


def open_all(port: int, held: ExitStack) -> dict[str, socket.socket]:
    """Open a socket for each name of ORDER, `port` and those after it, or any for 0; `held` closes them."""
    sockets = {}
    for i, name in enumerate(ORDER):
        sockets[name] = open_socket(port + i if port else 0)
        held.callback(sockets[name].close)
    return sockets
