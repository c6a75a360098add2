"""Mail from outside: SMTP on loopback, for the mailboxes of every tenant.

Refusals as learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online words them.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from graphmail.sandbox.graph.mail_item import blank
from graphmail.sandbox.graph.mail_mime import parse
from graphmail.sandbox.graph.mail_names import name_recipients
from graphmail.sandbox.smtp.auto_reply import auto_reply
from graphmail.sandbox.smtp.transport import FULL, Routing, deliver, log_inbound, route
from graphmail.sandbox.store import World

LARGEST = 150 * 1024 * 1024  # bytes; no mailbox takes more
_OK = "250 2.1.5 Recipient OK"
_TOO_LARGE = "552 5.3.4 Message size exceeds fixed maximum message size"


class Inbound:
    """aiosmtpd's handler, hence its methods' names.

    It answers each RCPT by the mailboxes there are, and puts what DATA brings into them.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str],
    ) -> str:  # fmt: skip
        routing = route(self.world, address, None)
        if routing.outside:
            return "550 5.7.64 TenantAttribution; Relay Access Denied"
        if address in routing.refused:
            return routing.refused[address]
        declared = _declared_size(envelope)
        if declared and not any(t.fits(declared) for t in routing.mailboxes.values()):
            return _TOO_LARGE
        envelope.rcpt_tos.append(address)
        return _OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content
        if not isinstance(raw, bytes):  # text only where the server decodes, which this one does not
            return "451 4.3.0 Temporary server error"
        routing = Routing()
        for address in envelope.rcpt_tos:
            route(self.world, address, None, routing)
        targets = [target for target in routing.mailboxes.values() if target.refusal(len(raw)) is None]
        if not targets:
            return _TOO_LARGE if not any(t.fits(len(raw)) for t in routing.mailboxes.values()) else FULL
        at = targets[0].tenant.clock.now()
        given, headers, attachments = parse(raw, at)
        properties = blank(at, "sender.invalid") | given
        name_recipients(targets[0].tenant, properties)
        for target in targets:
            deliver(target, properties, headers, attachments)
            log_inbound(target, properties)
        if envelope.mail_from not in (None, "", "<>"):  # a report, which has no sender, is answered by nobody
            auto_reply(self.world, targets, properties, headers)
        self.world.write_down()
        return f"250 2.6.0 {properties['internetMessageId']} Queued mail for delivery"


class Listener:
    """An SMTP server that listens on `port`."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self.port: int = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()


async def start(world: World, sock: socket.socket, tls: ssl.SSLContext | None = None) -> Listener:
    """Listen on the socket, in the running loop; STARTTLS is offered when `tls` is given, and asked of nobody."""
    loop = asyncio.get_running_loop()
    handler: Any = Inbound(world)

    def session() -> SMTP:
        return SMTP(
            handler,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="sandbox.example",
            tls_context=tls,
            loop=loop,
        )

    return Listener(await loop.create_server(session, sock=sock))


def _declared_size(envelope: Envelope) -> int:
    for option in envelope.mail_options:
        name, _, value = option.upper().partition("=")
        if name == "SIZE" and value.isdecimal():
            return int(value)
    return 0
