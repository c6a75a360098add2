"""A TLS server on loopback that answers as a test says, also as no service should: cut off, silent, in nonsense.

`answer(...)`, `reset`, `silent`, … are steps; `TlsServer.then(*steps)` plans one for each request to come.
"""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import trustme

Step = Callable[["Connection"], None]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; `target` is the request line's, unchanged."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits for the client to acknowledge its headers
    server: _Server

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "")
        owner = self.server.owner
        owner.received.append(Received(self.command, host, self.path, headers, self.rfile.read(size)))
        step = owner.steps.popleft() if owner.steps else owner.otherwise
        step(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - names of the library

    def raw(self) -> socket.socket:
        """The TCP connection below TLS; this handler is done with it."""
        self.close_connection = True
        return socket.socket(fileno=self.connection.detach())

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    owner: TlsServer

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        # The handshake is made by the connection's own thread.
        return self.owner.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or was cut off is what these tests are about."""


@dataclass(slots=True)
class TlsServer:
    """`received` holds every request that arrived; `otherwise` is the step when none is planned."""

    context: ssl.SSLContext
    received: list[Received] = field(default_factory=list)
    steps: deque[Step] = field(default_factory=deque)
    otherwise: Step = lambda connection: answer(599)(connection)
    stopped: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def then(self, *steps: Step) -> None:
        self.steps.extend(steps)

    def targets(self) -> list[str]:
        return [request.target for request in self.received]


@contextmanager
def listening(authority: trustme.CA, *hosts: str) -> Iterator[TlsServer]:
    """A server with a certificate for these hosts (127.0.0.1 if none), issued by `authority`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(hosts or ("127.0.0.1",))).configure_cert(context)
    owner = TlsServer(context)
    with _Server(("127.0.0.1", 0), Connection) as server:
        server.owner = owner
        owner.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield owner
        finally:
            owner.stopped.set()
            server.shutdown()


def authority_file(authority: trustme.CA, folder: Path) -> str:
    """The authority's certificate as a file, for `Cloud.ca`."""
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


# What a server does with a request


def answer(status: int = 200, body: Any = None, **headers: str) -> Step:
    """An ordinary answer; a body that is no bytes becomes JSON. `Retry_After="3"` is the header Retry-After."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()

    def step(connection: Connection) -> None:
        connection.send_response_only(status)
        for name, value in headers.items():
            connection.send_header(name.replace("_", "-"), value)
        connection.send_header("Content-Length", str(len(content)))
        connection.end_headers()
        connection.wfile.write(content)

    return step


def reset(connection: Connection) -> None:
    """The connection is reset in place of an answer."""
    with connection.raw() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closed(connection: Connection) -> None:
    """The connection is closed in place of an answer."""
    connection.close_connection = True


def silent(connection: Connection) -> None:
    """No answer, until the test is over."""
    connection.server.owner.stopped.wait(30)


def broken_tls(connection: Connection) -> None:
    """The request is read, and then comes a TLS record that nobody can decrypt."""
    with connection.raw() as raw:
        raw.sendall(b"\x17\x03\x03\x00\x40" + b"x" * 64)


def cut(body: Any) -> Step:
    """An answer 200 whose connection is reset in the middle of the body."""
    content = json.dumps(body).encode()

    def step(connection: Connection) -> None:
        connection.send_response_only(200)
        connection.send_header("Content-Length", str(len(content)))
        connection.end_headers()
        connection.wfile.write(content[: len(content) // 2])
        connection.wfile.flush()
        reset(connection)

    return step


# A forward proxy


class _Tunnel(socketserver.StreamRequestHandler):
    server: _Proxy

    def handle(self) -> None:
        host, _, _port = self.rfile.readline().decode().split(" ")[1].rpartition(":")
        while self.rfile.readline().strip():
            pass
        self.server.asked.append(host)
        port = self.server.ports.get(host)
        if port is None:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port)) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(there, self.connection), daemon=True)
            back.start()
            _copy(self.connection, there)
            back.join(5)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


class _Proxy(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    ports: dict[str, int]
    asked: list[str]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """As above."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """`asked` names every host that somebody wanted to reach."""

    url: str
    asked: list[str]


@contextmanager
def proxying(**ports: int) -> Iterator[Proxy]:
    """An HTTP proxy that reaches these hosts on these loopback ports (`_` for a dot) and refuses all others."""
    with _Proxy(("127.0.0.1", 0), _Tunnel) as server:
        server.ports = {host.replace("_", "."): port for host, port in ports.items()}
        server.asked = []
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield Proxy(f"http://127.0.0.1:{server.server_address[1]}", server.asked)
        finally:
            server.shutdown()
