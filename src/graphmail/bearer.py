"""Requests that carry a token: to the chosen cloud's hosts alone, and again with a new token where the old is stale."""

from __future__ import annotations

from collections.abc import Callable

from graphmail.auth import Token
from graphmail.errors import TenantError
from graphmail.printable import printable
from graphmail.retry import Operation
from graphmail.transport import Reply, Request, Transport


class Bearer:
    """A transport with a token. `token(fresh)` gives the current one or mints another.

    `takes` says to which URLs the token may go.
    """

    def __init__(self, transport: Transport, token: Callable[[bool], Token], takes: Callable[[str], bool]) -> None:
        self.transport = transport
        self.token = token
        self._takes = takes

    def send(
        self,
        request: Request,
        operation: Operation,
        *,
        stale: Callable[[Reply], bool],
        transient: Callable[[Reply], bool],
    ) -> Reply:
        """The service's answer. `stale` recognises a refused token: nothing was done, so anything is safe again."""
        reply = self._send(request, operation, transient, fresh=False)
        if stale(reply):
            reply = self._send(request, operation, transient, fresh=True)
        return reply

    def _send(
        self, request: Request, operation: Operation, transient: Callable[[Reply], bool], *, fresh: bool
    ) -> Reply:
        if not self._takes(request.url):
            raise TenantError(
                f"{request.asked} would carry a token to a host that is not the chosen cloud's",
                expected=f"a host of cloud {self.transport.cloud.name}",
                found=_host(request.url),
                remedy="nothing was sent; report this with the request that came before it",
            )
        request.headers["Authorization"] = f"Bearer {self.token(fresh).value}"
        return self.transport.send(request, operation, transient=transient)


def _host(url: str) -> str:
    # The URL is another's: of what stands before an `@` nothing is shown.
    authority = url.partition("//")[2].partition("/")[0]
    return printable(authority.rpartition("@")[2], 100) or "no host"
