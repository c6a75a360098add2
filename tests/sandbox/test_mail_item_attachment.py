"""Messages attached to messages, and references."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from tests.sandbox_in_process import mail, to

USER = "/users/support@contoso.example"
CEO = "ceo@contoso.example"
EXPAND = {"$expand": "microsoft.graph.itemattachment/item"}


def attached(subject: str = "inner", **fields: Any) -> dict[str, Any]:
    item = {
        "@odata.type": "microsoft.graph.message",
        "subject": subject,
        "body": {"contentType": "text", "content": "the inner text"},
        "toRecipients": to("somebody@elsewhere.test"),
    }
    return {"@odata.type": "#microsoft.graph.itemAttachment", "name": "a mail", "item": item} | fields


def test_attached_message_travels_and_is_shown_as_a_message(contoso):
    contoso.got("POST", f"{USER}/sendMail", 202, json=mail(CEO, attachments=[attached()]))
    got = contoso.arrived(CEO)[0]
    path = f"/users/{CEO}/messages/{got['id']}/attachments"
    held = contoso.got("GET", path)["value"][0]
    assert (held["@odata.type"], held["name"]) == ("#microsoft.graph.itemAttachment", "a mail")
    assert not {"contentBytes", "item", "contentId"} & set(held)
    shown = contoso.got("GET", f"{path}/{held['id']}", params=EXPAND)["item"]
    assert (shown["@odata.type"], shown["subject"]) == ("#microsoft.graph.message", "inner")
    assert shown["toRecipients"][0]["emailAddress"]["address"] == "somebody@elsewhere.test"
    assert b"the inner text" in contoso.graph("GET", f"{path}/{held['id']}/$value").content
    mime = contoso.graph("GET", f"/users/{CEO}/messages/{got['id']}/$value").content
    assert b"Content-Type: message/rfc822" in mime
    assert b"the inner text" in mime


def test_message_attached_outside_arrives_as_one(contoso):
    inner, outer = EmailMessage(), EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("x")
    outer["From"], outer["To"], outer["Subject"] = "a@outside.test", "support@contoso.example", "outer"
    outer.set_content("see attached")
    outer.add_attachment(inner)
    host, _, port = contoso.sockets.addresses["smtp"].partition(":")
    with smtplib.SMTP(host, int(port), timeout=30) as client:
        client.sendmail("a@outside.test", ["support@contoso.example"], outer.as_bytes(policy=SMTP))
    got = contoso.arrived("support@contoso.example")[0]
    held = contoso.got("GET", f"{USER}/messages/{got['id']}/attachments", params=EXPAND)["value"][0]
    assert (held["@odata.type"], held["item"]["subject"]) == ("#microsoft.graph.itemAttachment", "inner")


def test_draft_takes_attached_messages_and_references(contoso):
    made = contoso.got("POST", f"{USER}/messages", 201, json={})
    path = f"{USER}/messages/{made['id']}/attachments"
    assert contoso.got("POST", path, 201, json=attached())["@odata.type"] == "#microsoft.graph.itemAttachment"
    reference = {"@odata.type": "#microsoft.graph.referenceAttachment", "name": "a folder"}
    added = contoso.got("POST", path, 201, json=reference)
    assert added["name"] == "a folder"
    contoso.refused(405, "ErrorInvalidRequest", "GET", f"{path}/{added['id']}/$value")
    assert contoso.graph("GET", f"{path}/$count").text == "2"


@pytest.mark.parametrize(
    ("attachment", "status"),
    [
        (attached(item=None), 400),
        (attached(item={"@odata.type": "#microsoft.graph.event"}), 501),
        (attached(colour="red"), 400),
        ({"@odata.type": "#microsoft.graph.referenceAttachment", "name": "x", "sourceUrl": "https://x.example"}, 400),
        ({"@odata.type": "#microsoft.graph.referenceAttachment"}, 400),
    ],
)
def test_other_items_are_refused(contoso, attachment, status):
    made = contoso.got("POST", f"{USER}/messages", 201, json={})
    answer = contoso.graph("POST", f"{USER}/messages/{made['id']}/attachments", json=attachment)
    assert answer.status_code == status


def test_inline_pictures_are_no_attachments_to_the_eye_and_are_expanded(contoso):
    picture = {
        "@odata.type": "#microsoft.graph.fileAttachment", "name": "p.png", "contentBytes": "AAE=", "isInline": True,
        "contentId": "p1",
    }  # fmt: skip
    contoso.got("POST", f"{USER}/sendMail", 202, json=mail(CEO, attachments=[picture]))
    got = contoso.arrived(CEO)[0]
    path = f"/users/{CEO}/messages/{got['id']}"
    shown = contoso.got("GET", f"{path}?$expand=attachments($select=name,isInline,contentId)")
    assert shown["hasAttachments"] is False
    assert {n: shown["attachments"][0][n] for n in ("name", "isInline")} == {"name": "p.png", "isInline": True}
    assert b"Content-ID: <p1>" in contoso.graph("GET", f"{path}/$value").content
