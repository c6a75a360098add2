"""The authorization code flow with PKCE, led back to a listener on loopback.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow; of a registered `http://localhost` Entra
lets the port be any: https://learn.microsoft.com/entra/identity-platform/reply-url
"""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from graphmail.clock import Clock

PATIENCE = 900  # seconds, as long as a device code is good
LOOPBACK = ("localhost", "127.0.0.1")
LONGEST = 65536  # bytes of an answer; codes are some kilobytes
LOOK = 3.0  # seconds from one look at the answer to the next

_DONE = b"<!doctype html><title>Signed in</title><p>Go back to where you came from; this window can be closed."
_OTHER = b"<!doctype html><title>Nothing here</title><p>This is no answer to the sign-in that was begun."


def by_authorization_code(
    application: Any, scopes: list[str], clock: Clock, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Show a link, and wait for the browser to come back; msal's answer, with or without a token."""
    with Listener() as listener:
        # By form_post the code is in no address, so in no browser's history.
        flow = application.initiate_auth_code_flow(
            scopes, redirect_uri=listener.redirect_uri, prompt="select_account", response_mode="form_post"
        )
        listener.state = flow["state"]
        deadline = clock.deadline(PATIENCE)
        tell(
            f"open this in a browser on this machine, within {PATIENCE // 60} minutes, and sign in: {flow['auth_uri']}"
        )
        while not listener.answer:
            if deadline.expired:
                return {"error": "expired_token"}
            clock.wait_for_person(LOOK)
        return dict(application.acquire_token_by_auth_code_flow(flow, listener.answer))


class Listener(ThreadingHTTPServer):
    """Takes one answer to the sign-in of that `state`, in threads of its own; all else is answered and forgotten.

    Browsers open connections that they may never use, so none may stand in another's way.
    """

    daemon_threads = True
    block_on_close = False
    state = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: dict[str, str] = {}
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def redirect_uri(self) -> str:
        return f"http://localhost:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing is printed: a browser that hangs up is no news, and a trace might hold the code."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    timeout = 10  # seconds

    def do_GET(self) -> None:
        self._take(urlsplit(self.path).query)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        size = min(int(length), LONGEST) if length.isdecimal() else 0
        self._take(self.rfile.read(size).decode("ascii", "replace"))

    def _take(self, form: str) -> None:
        given = dict(parse_qsl(form))
        # Pages of other sites can make a browser ask here, by a name of theirs that leads to loopback.
        here = self.headers.get("Host", "") in {f"{name}:{self.server.server_port}" for name in LOOPBACK}
        ours = here and given.get("state") == self.server.state and ("code" in given or "error" in given)
        if ours:
            self.server.answer = given
        body = _DONE if ours else _OTHER
        self.send_response(200 if ours else 404)
        for name, value in (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: the path holds the code."""
