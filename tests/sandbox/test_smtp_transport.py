"""What the listener for mail from outside offers, and what no mail can do to it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator

import pytest

SUPPORT = "support@contoso.example"


@pytest.fixture
def client(contoso) -> Iterator[smtplib.SMTP]:
    host, _, port = contoso.sockets.addresses["smtp"].partition(":")
    with smtplib.SMTP(host, int(port), timeout=30) as client:
        yield client


def test_extensions_are_those_that_exchange_offers(client):
    client.ehlo()
    assert {"size", "8bitmime", "starttls", "smtputf8"} <= set(client.esmtp_features)
    assert int(client.esmtp_features["size"]) == 150 * 1024 * 1024
    assert "auth" not in client.esmtp_features


def test_starttls_is_done_with_the_sandboxs_own_certificate(contoso, client):
    trusting = ssl.create_default_context(cafile=contoso.sockets.addresses["ca"])
    client.starttls(context=trusting)
    client.sendmail("a@outside.test", [SUPPORT], b"Subject: sealed\r\n\r\nx")
    assert contoso.arrived(SUPPORT)[0]["subject"] == "sealed"


def test_eight_bit_text_arrives_unbroken(contoso, client):
    raw = "Subject: Hej\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nblåbär"
    client.ehlo()
    client.sendmail("a@outside.test", [SUPPORT], raw.encode(), ["BODY=8BITMIME"])
    assert contoso.arrived(SUPPORT)[0]["body"]["content"].strip() == "blåbär"


def test_report_without_a_sender_is_taken_and_answered_by_nobody(contoso, client):
    setting = {"status": "alwaysEnabled", "internalReplyMessage": "x", "externalReplyMessage": "x"}
    contoso.recipient(SUPPORT).mailbox.settings = {"automaticRepliesSetting": setting}
    raw = b"From: <postmaster@outside.test>\r\nSubject: Undeliverable\r\n\r\nx"
    client.sendmail("", [SUPPORT], raw)
    assert contoso.arrived(SUPPORT)[0]["subject"] == "Undeliverable"
    assert contoso.tenant.left_the_sandbox == []
    client.sendmail("a@outside.test", [SUPPORT], b"From: a@outside.test\r\nSubject: question\r\n\r\nx")
    assert [m["subject"] for m in contoso.tenant.left_the_sandbox] == ["Automatic reply: question"]


def test_unknown_recipient_does_not_keep_the_others_from_their_mail(contoso, fabrikam, client):
    to = [SUPPORT, "nobody@contoso.example", "info@fabrikam.example"]
    refused = client.sendmail("a@outside.test", to, b"Subject: several\r\n\r\nx")
    assert set(refused) == {"nobody@contoso.example"}
    for tenancy, address in ((contoso, SUPPORT), (fabrikam, "info@fabrikam.example")):
        assert [m["subject"] for m in tenancy.arrived(address)] == ["several"]


def test_no_header_grows_out_of_another(contoso, client):
    raw = (
        b"From: =?utf-8?q?Ann=0D=0AX-Evil=3A_1?= <ann@outside.test>\r\n"
        b"Subject: =?utf-8?q?hello=0D=0ABcc=3A_ceo=40contoso=2Eexample=0D=0A=0D=0Abody?=\r\n\r\nx"
    )
    client.sendmail("a@outside.test", [SUPPORT], raw)
    got = contoso.arrived(SUPPORT)[0]
    assert "\n" not in got["subject"] + str(got["from"])
    path = f"/users/{SUPPORT}/messages/{got['id']}"
    head = contoso.graph("GET", f"{path}/$value").content.partition(b"\r\n\r\n")[0].lower()
    assert b"\nbcc:" not in head
    assert b"\nx-evil:" not in head
    # And it goes nowhere when it is forwarded.
    forward = {"toRecipients": [{"emailAddress": {"address": "sales@contoso.example"}}]}
    contoso.got("POST", f"{path}/forward", 202, json=forward)
    assert contoso.arrived("ceo@contoso.example") == []


def test_full_mailbox_refuses(contoso, client):
    contoso.recipient(SUPPORT).mailbox.quota = 10
    with pytest.raises(smtplib.SMTPDataError, match=r"5\.2\.2 mailbox full"):
        client.sendmail("a@outside.test", [SUPPORT], b"Subject: x\r\n\r\nx")
    assert contoso.ledger == []
