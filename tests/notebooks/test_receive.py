from __future__ import annotations

import socket
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller

from graphmail.mailflow.marker import HEADER

SUPPORT = "support@contoso.example"


@pytest.fixture
def proved(contoso):
    """Make a proof of receiving at contoso: its checks by their last word."""

    def prove(max_wait=7200):
        with contoso.proof("verify_receive", max_wait) as flow:
            flow.sign_in()
            contoso.findings = flow.prove_receive()
        return {check.name.split(" ")[-1]: check for check in flow.checks}

    return prove


class Relay:
    """A relay that keeps what it is given and answers as it is told."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.goodbye = "221 Bye"
        self.mails: list[bytes] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.answer.startswith("550"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return self.goodbye

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(envelope.content)
        return self.answer


@contextmanager
def relay(answer="250 OK"):
    handler = Relay(answer)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        handler.address = f"127.0.0.1:{port}"
        yield handler
    finally:
        controller.stop()


def test_mail_from_outside_reaches_every_mailbox_and_is_removed_again(onboarded):
    fabrikam = onboarded("fabrikam")
    with fabrikam.proof("verify_receive") as flow:
        flow.sign_in()
        findings = flow.prove_receive()
    assert [check.verdict for check in findings.checks] == ["passed"] * 5
    assert all("in Inbox after" in c.observed and "marked as read" in c.observed for c in findings.checks[:4])
    assert findings.plot().data.startswith(b"\x89PNG")
    assert fabrikam.everywhere() == []


def test_the_mail_is_really_marked_as_read_before_it_is_removed(contoso, proved):
    proved()
    writes = [entry["request"] for entry in contoso.sandbox.ledger(contoso.tenant)]
    mails = [request for request in writes if "/messages/" in request or "DATA" in request]
    assert mails[0] == "DATA"
    assert mails[1].startswith("PATCH")
    assert all(request.startswith("DELETE") for request in mails[2:])


def test_a_relay_that_is_not_there_leaves_it_unknown(contoso, proved):
    contoso.changed_inventory(probe={"relay": "127.0.0.1:1", "sender": "probe@outside.example"})
    checks = proved()
    assert checks[SUPPORT].verdict == "unknown"
    assert "The relay 127.0.0.1:1 takes no mail" in checks[SUPPORT].observed
    assert "Connection refused" in checks[SUPPORT].observed


def test_a_relay_that_refuses_the_mailbox_fails(contoso, proved):
    with relay("550 5.1.1 no such mailbox") as refusing:
        contoso.changed_inventory(probe={"relay": refusing.address, "sender": "probe@outside.example"})
        checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "550 5.1.1 no such mailbox" in checks[SUPPORT].observed


def test_a_mail_that_the_relay_took_and_that_never_arrives_is_unknown(contoso, proved):
    with relay() as swallowing:
        contoso.changed_inventory(probe={"relay": swallowing.address, "sender": "probe@outside.example"})
        checks = proved(max_wait=300)
    assert checks[SUPPORT].verdict == "unknown"
    assert "not seen within 300 s" in checks[SUPPORT].observed
    assert "later runs look again" in checks["removed"].observed


def test_the_relay_gets_a_marked_mail_and_nothing_of_the_tenant(contoso, proved):
    with relay() as keeping:
        contoso.changed_inventory(probe={"relay": keeping.address, "sender": "probe@outside.example"})
        proved(max_wait=60)
    (mail,) = keeping.mails
    assert f"{HEADER}: ".encode() in mail
    assert b"X-Auto-Response-Suppress: All" in mail
    for secret in (b"Bearer", b"eyJ", contoso.secret.encode(), contoso.tenant.encode(), contoso.app["appId"].encode()):
        assert secret not in mail


def test_an_app_that_may_not_read_fails_and_the_mail_is_told_to_be_left(contoso, proved):
    contoso.withdraw("Mail.ReadWrite")
    contoso.sandbox.settle(contoso.tenant)
    checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "403 ErrorAccessDenied" in checks[SUPPORT].observed
    assert checks["removed"].verdict == "failed"
    assert SUPPORT in checks["removed"].observed


def test_a_relay_that_took_the_mail_may_end_as_it_likes(contoso, proved):
    with relay() as rude:
        rude.goodbye = "421 shutting down"
        contoso.changed_inventory(probe={"relay": rude.address, "sender": "probe@outside.example"})
        checks = proved(max_wait=60)
    assert len(rude.mails) == 1
    assert "not seen within 60 s" in checks[SUPPORT].observed
