"""Replies and forwards."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.sandbox_in_process import mail, to

SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"
USER = f"/users/{SUPPORT}"
FILE = {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "name": "a.txt",
    "contentBytes": base64.b64encode(b"file").decode(),
}


@pytest.fixture
def received(contoso):
    """The address of a mail that lies in the Inbox of support@, with one file and one picture in its text."""
    inline = FILE | {"name": "logo.png", "isInline": True, "contentId": "logo"}
    body = mail(
        SUPPORT,
        subject="Order 7",
        body={"contentType": "html", "content": "<p>Where is it?</p>"},
        ccRecipients=to("sales@contoso.example"),
        attachments=[FILE, inline],
    )
    contoso.got("POST", f"/users/{CEO}/sendMail", 202, json=body)
    contoso.advance(4)
    return f"{USER}/messages/{contoso.got('GET', f'{USER}/mailFolders/inbox/messages')['value'][0]['id']}"


def addresses(recipients: list[dict[str, Any]]) -> list[str]:
    return [r["emailAddress"]["address"] for r in recipients]


def test_reply_goes_to_the_sender_in_the_same_conversation(contoso, received):
    original = contoso.got("GET", received)
    answer = contoso.graph("POST", f"{received}/reply", json={"comment": "Tomorrow <soon>"}, roles=("Mail.Send",))
    assert (answer.status_code, answer.content) == (202, b"")
    reply = contoso.arrived(CEO)[0]
    assert (reply["subject"], addresses(reply["toRecipients"])) == ("RE: Order 7", [CEO])
    headers = {h["name"]: h["value"] for h in reply["internetMessageHeaders"]}
    assert headers["In-Reply-To"] == headers["References"] == original["internetMessageId"]
    content = reply["body"]["content"]
    assert content.index("Tomorrow &lt;soon&gt;") < content.index("<p>Where is it?</p>")
    assert [a["name"] for a in reply["attachments"]] == ["logo.png"]
    sent = contoso.arrived(SUPPORT, "sentitems")[0]
    path = f"{USER}/messages/{sent['id']}"
    assert contoso.got("GET", path)["conversationId"] == original["conversationId"]


def test_reply_follows_reply_to(contoso):
    body = mail(SUPPORT, replyTo=to("sales@contoso.example"))
    contoso.got("POST", f"/users/{CEO}/sendMail", 202, json=body)
    original = contoso.arrived(SUPPORT)[0]
    draft = contoso.got("POST", f"{USER}/messages/{original['id']}/createReply", 201)
    assert addresses(draft["toRecipients"]) == ["sales@contoso.example"]


def test_reply_all_reaches_everybody_but_oneself(contoso, received):
    draft = contoso.got("POST", f"{received}/createReplyAll", 201, json={})
    assert addresses(draft["toRecipients"]) == [CEO]
    assert addresses(draft["ccRecipients"]) == ["sales@contoso.example"]
    contoso.got("POST", f"{received}/replyAll", 202, json={"comment": "x"})
    assert len(contoso.arrived("sales@contoso.example")) == 2  # the original and the reply


def test_forward_takes_the_attachments_along(contoso, received):
    body = {"comment": "FYI", "toRecipients": to("sales@contoso.example")}
    contoso.got("POST", f"{received}/forward", 202, json=body)
    forwarded = contoso.arrived("sales@contoso.example")[0]
    assert forwarded["subject"] == "FW: Order 7"
    assert [(a["name"], a["isInline"]) for a in forwarded["attachments"]] == [("a.txt", False), ("logo.png", True)]


def test_draft_of_a_reply_is_completed_and_sent(contoso, received):
    draft = contoso.got("POST", f"{received}/createReply", 201, json={"comment": "first"}, roles=("Mail.ReadWrite",))
    assert (draft["isDraft"], draft["subject"]) == (True, "RE: Order 7")
    path = f"{USER}/messages/{draft['id']}"
    contoso.got("PATCH", path, json={"body": {"contentType": "text", "content": "second"}})
    contoso.got("POST", f"{path}/send", 202)
    reply = contoso.arrived(CEO)[0]
    assert reply["body"]["content"] == "second"
    assert "In-Reply-To" in {h["name"] for h in reply["internetMessageHeaders"]}


def test_message_parameter_overrides(contoso, received):
    message = {
        "toRecipients": to("sales@contoso.example"),
        "subject": "mine",
        "internetMessageHeaders": [{"name": "X-Mark", "value": "1"}],
        "attachments": [FILE],
    }
    contoso.got("POST", f"{received}/reply", 202, json={"message": message, "comment": "x"})
    reply = contoso.arrived("sales@contoso.example")[0]
    assert reply["subject"] == "mine"
    assert {"name": "X-Mark", "value": "1"} in reply["internetMessageHeaders"]
    assert [a["name"] for a in reply["attachments"]] == ["logo.png", "a.txt"]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("reply", {"comment": "x", "message": {"body": {"contentType": "text", "content": "y"}}}),
        ("reply", {"text": "x"}),
        ("reply", {"toRecipients": []}),
        ("forward", {"comment": "x"}),
        ("forward", {"toRecipients": to(CEO), "message": {"toRecipients": to(CEO)}}),
        ("createForward", {"message": []}),
    ],
)
def test_contradictory_parameters_are_400(contoso, received, action, body):
    before = len(contoso.ledger)
    contoso.refused(400, "ErrorInvalidRequest", "POST", f"{received}/{action}", json=body)
    assert len(contoso.ledger) == before


def test_reply_and_forward_as_mime(contoso, received):
    headers = {"Content-Type": "text/plain"}
    reply = base64.b64encode(b"Content-Type: text/plain\r\nX-Mark: 7\r\n\r\nas MIME")
    contoso.got("POST", f"{received}/reply", 202, data=reply, headers=headers)
    arrived = contoso.arrived(CEO)[0]
    held = {h["name"]: h["value"] for h in arrived["internetMessageHeaders"]}
    assert (arrived["subject"], arrived["body"]["content"].strip()) == ("RE: Order 7", "as MIME")
    assert held["X-Mark"] == "7"
    assert "In-Reply-To" in held
    forward = base64.b64encode(b"To: sales@contoso.example\r\nSubject: other\r\n\r\nx")
    draft = contoso.got("POST", f"{received}/createForward", 201, data=forward, headers=headers)
    assert (draft["subject"], addresses(draft["toRecipients"])) == ("other", ["sales@contoso.example"])
    contoso.refused(400, "ErrorInvalidRecipients", "POST", f"{received}/forward", data=reply, headers=headers)
    code = "ErrorMimeContentInvalidBase64String"
    contoso.refused(400, code, "POST", f"{received}/reply", data=b"Subject: x", headers=headers)


def test_replying_needs_mail_send_and_drafting_mail_readwrite(contoso, received):
    contoso.refused(403, "ErrorAccessDenied", "POST", f"{received}/reply", json={}, roles=("Mail.ReadWrite",))
    contoso.refused(403, "ErrorAccessDenied", "POST", f"{received}/createReply", json={}, roles=("Mail.Send",))


def test_message_is_copied_under_a_new_id(contoso, received):
    copy = contoso.got("POST", f"{received}/copy", 201, json={"destinationId": "archive"})
    assert copy["id"] != contoso.got("GET", received)["id"]
    contoso.got("PATCH", f"{USER}/messages/{copy['id']}", json={"categories": ["copy"]})
    assert contoso.got("GET", received)["categories"] == []
    assert len(contoso.got("GET", f"{USER}/messages/{copy['id']}/attachments")["value"]) == 2
