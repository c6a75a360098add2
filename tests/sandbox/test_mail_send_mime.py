"""sendMail as MIME: hidden recipients, size, who it is from."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

SUPPORT, CEO, SALES = "support@contoso.example", "ceo@contoso.example", "sales@contoso.example"
SEND = f"/users/{SUPPORT}/sendMail"
TEXT = {"Content-Type": "text/plain"}


def mime(size: int = 0, **headers: str) -> bytes:
    made = EmailMessage()
    made["Subject"] = "as MIME"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("text")
    if size:
        made.add_attachment(b"\0" * size, maintype="application", subtype="zip", filename="x.zip")
    return base64.b64encode(made.as_bytes(policy=SMTP))


def send(tenancy: Any, raw: bytes) -> None:
    tenancy.got("POST", SEND, 202, data=raw, headers=TEXT)


def test_hidden_recipient_gets_it_and_nobody_sees_that(contoso):
    send(contoso, mime(To=CEO, Bcc=SALES))
    for address in (CEO, SALES):
        got = contoso.arrived(address)[0]
        assert got["bccRecipients"] == []
        assert "bcc" not in {h["name"].lower() for h in got["internetMessageHeaders"]}
        assert SALES.encode() not in contoso.graph("GET", f"/users/{address}/messages/{got['id']}/$value").content
    sent = contoso.arrived(SUPPORT, "sentitems")[0]
    assert [r["emailAddress"]["address"] for r in sent["bccRecipients"]] == [SALES]


def test_mime_of_4_mb_is_too_large_for_a_request(contoso):
    answer = contoso.graph("POST", SEND, data=mime(3_200_000, To=CEO), headers=TEXT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "RequestEntityTooLarge")
    assert contoso.ledger == []
    send(contoso, mime(2_000_000, To=CEO))
    assert contoso.arrived(CEO)[0]["attachments"][0]["name"] == "x.zip"


def test_mime_from_somebody_else_is_denied(contoso):
    raw = mime(To=CEO, From=CEO)
    contoso.refused(403, "ErrorSendAsDenied", "POST", SEND, data=raw, headers=TEXT)
    send(contoso, mime(To=CEO, From="help@contoso.example"))


def test_mime_without_recipients_is_400(contoso):
    contoso.refused(400, "ErrorInvalidRecipients", "POST", SEND, data=mime(), headers=TEXT)


def test_mime_to_nobody_comes_back(contoso):
    send(contoso, mime(To=f"{CEO}, nobody@contoso.example"))
    assert len(contoso.arrived(CEO)) == 1
    report = contoso.arrived(SUPPORT)[0]
    assert report["subject"] == "Undeliverable: as MIME"
    assert "5.1.10" in report["body"]["content"]
