"""Mail from outside."""

from __future__ import annotations

import asyncio
import json
import smtplib
import ssl
import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from graphmail.sandbox.graph.mail_item import blank
from graphmail.sandbox.graph.mail_mime import parse, render
from graphmail.sandbox.smtp.server import start
from graphmail.sandbox.sockets import open_socket


def message(to: str, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ann <ann@outside.test>", to, "Hej på dig"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("plain")
    return made


@pytest.fixture
def smtp(contoso):
    host, _, port = contoso.sockets.addresses["smtp"].partition(":")
    with smtplib.SMTP(host, int(port), timeout=30) as client:
        yield client


def test_mail_arrives_with_headers_and_attachments(contoso, smtp):
    mail = message("help@contoso.example", X_Kundo_Test_Id="7", Message_ID="<out@outside.test>")
    mail.add_alternative("<p>html</p>", subtype="html")
    mail.add_attachment(b"\x00\x01", maintype="image", subtype="png", filename="bild ö.png")
    assert smtp.send_message(mail) == {}
    assert contoso.got("GET", "/users/support@contoso.example/mailFolders/inbox/messages")["value"] == []
    got = contoso.arrived("support@contoso.example")[0]
    headers = {h["name"]: h["value"] for h in got["internetMessageHeaders"]}
    assert (got["subject"], got["internetMessageId"]) == ("Hej på dig", "<out@outside.test>")
    assert got["from"]["emailAddress"] == {"name": "Ann", "address": "ann@outside.test"}
    assert (got["body"]["contentType"], got["isRead"]) == ("html", False)
    assert headers["X-Kundo-Test-Id"] == "7"
    assert [(a["name"], a["contentType"], a["contentBytes"]) for a in got["attachments"]] == [
        ("bild ö.png", "image/png", "AAE="),
    ]


def test_ledger_names_smtp(contoso, smtp):
    smtp.send_message(message("support@contoso.example", Message_ID="<m@outside.test>"))
    commit = contoso.ledger[0]
    assert (commit.actor, commit.service, commit.request) == ("smtp", "smtp", "DATA")
    assert (commit.target, commit.detail) == ("support@contoso.example", {"internet_message_id": "<m@outside.test>"})


def test_one_mail_reaches_mailboxes_of_several_tenants(contoso, fabrikam, smtp):
    smtp.send_message(message("x@y.test"), to_addrs=["ceo@contoso.example", "info@fabrikam.example"])
    assert len(contoso.arrived("ceo@contoso.example")) == len(fabrikam.arrived("info@fabrikam.example")) == 1


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("nobody@contoso.example", (550, b"5.1.10")),
        ("trainee@contoso.example", (550, b"5.1.10")),
        ("somebody@elsewhere.test", (550, b"5.7.64")),
        ("HELP@contoso.example", (250, b"2.1.5")),
        ("everybody@contoso.example", (250, b"2.1.5")),
    ],
)
def test_recipient_is_judged_at_once(smtp, address, answer):
    smtp.ehlo()
    smtp.mail("a@b.test")
    code, text = smtp.rcpt(address)
    assert (code, text.split()[0]) == answer


def test_group_made_in_exchange_takes_nothing_from_outside(contoso, smtp):
    contoso.rows("New-DistributionGroup", Name="g", Type="Security", Members=["support"])
    smtp.ehlo()
    smtp.mail("a@b.test")
    code, text = smtp.rcpt("g@contoso.example")
    assert (code, text.split()[0]) == (550, b"5.7.133")


def test_declared_size_over_the_mailboxs_limit_is_refused(contoso, smtp):
    smtp.ehlo()
    smtp.mail("a@b.test", ["SIZE=40000000"])
    assert smtp.rcpt("support@contoso.example")[0] == 552


def test_mail_over_the_mailboxs_limit_is_refused(contoso, smtp):
    contoso.recipient("support@contoso.example").mailbox.max_receive_size = 2_000
    mail = message("support@contoso.example")
    mail.add_attachment(b"\0" * 3_000, maintype="image", subtype="png", filename="x.png")
    smtp.ehlo()
    smtp.mail("a@b.test")
    smtp.rcpt("support@contoso.example")
    assert smtp.data(mail.as_bytes(policy=SMTP))[0] == 552
    assert contoso.ledger == []


def test_strange_mail_is_taken_as_it_is(contoso, smtp):
    raw = b"Subject: =?nonsense?q?x?=\r\nFrom: <<>>\r\nContent-Type: text/plain; charset=unheard-of\r\n\r\n\xff\xfe"
    smtp.sendmail("a@b.test", ["support@contoso.example"], raw)
    assert len(contoso.arrived("support@contoso.example")) == 1


HEADERS = st.sampled_from([b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Content-Type", b"Content-ID", b"X-A"])
VALUES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [b"a@b, c <d@e.f>, ", b"<", b"=?utf-8?q?x?=", b"multipart/mixed; boundary=x", b"message/rfc822", b"."]
    ),
)
PART = st.tuples(st.lists(st.tuples(HEADERS, VALUES), max_size=5), st.binary(max_size=20))


@settings(max_examples=300, deadline=None)
@given(st.lists(PART, min_size=1, max_size=3))
def test_no_mail_is_too_broken_to_be_taken_and_read_again(parts):
    lines = [
        b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body for headers, body in parts
    ]
    now = datetime.now(UTC)
    properties, headers, attachments = parse(b"\r\n--x\r\n".join(lines) + b"\r\n--x--\r\n", now)
    json.dumps([properties, headers]).encode()
    assert render(blank(now, "x.example") | properties, headers, attachments)


class Served:
    """An SMTP server with STARTTLS on a loop of its own."""

    def __init__(self, world: Any, tls: ssl.SSLContext) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.listener = asyncio.run_coroutine_threadsafe(start(world, open_socket(0), tls), self.loop).result(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.listener.close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)


def test_starttls_is_offered_where_there_is_a_certificate(contoso):
    ca = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(tls)
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    served = Served(contoso.sockets.world, tls)
    try:
        with smtplib.SMTP("localhost", served.listener.port, timeout=30) as client:
            client.starttls(context=trusting)
            client.send_message(message("support@contoso.example"))
    finally:
        served.close()
    assert len(contoso.arrived("support@contoso.example")) == 1
