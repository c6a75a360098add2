"""Attachments in one request."""

from __future__ import annotations

import base64
from typing import Any

import pytest

USER = "/users/support@contoso.example"


@pytest.fixture
def draft(contoso):
    made = contoso.got("POST", f"{USER}/messages", 201, json={"subject": "with attachments"})
    return f"{USER}/messages/{made['id']}"


def file(content: bytes = b"\x00bytes", **properties: Any) -> dict[str, Any]:
    text = base64.b64encode(content).decode()
    return {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.bin", "contentBytes": text} | properties


def test_attachment_is_added_listed_read_and_removed(contoso, draft):
    made = contoso.got("POST", f"{draft}/attachments", 201, json=file(contentType="image/png", contentId="c1"))
    assert (made["name"], made["contentType"], made["isInline"]) == ("a.bin", "image/png", False)
    assert made["size"] > 6
    listed = contoso.got("GET", f"{draft}/attachments")["value"]
    assert base64.b64decode(listed[0]["contentBytes"]) == b"\x00bytes"
    bare = contoso.got("GET", f"{draft}/attachments?$select=id,name,size,contentType,isInline")["value"][0]
    assert "contentBytes" not in bare
    content = contoso.graph("GET", f"{draft}/attachments/{made['id']}/$value")
    assert (content.content, content.headers["Content-Type"]) == (b"\x00bytes", "image/png")
    assert contoso.got("GET", draft)["hasAttachments"] is True
    contoso.got("DELETE", f"{draft}/attachments/{made['id']}", 204)
    contoso.refused(404, "ErrorItemNotFound", "GET", f"{draft}/attachments/{made['id']}")
    assert contoso.got("GET", draft)["hasAttachments"] is False


def test_inline_attachment_does_not_count(contoso, draft):
    contoso.got("POST", f"{draft}/attachments", 201, json=file(isInline=True))
    assert contoso.got("GET", draft)["hasAttachments"] is False


def test_attachment_comes_with_the_message_when_expanded(contoso, draft):
    contoso.got("POST", f"{draft}/attachments", 201, json=file())
    assert [a["name"] for a in contoso.got("GET", f"{draft}?$expand=attachments")["attachments"]] == ["a.bin"]
    few = contoso.got("GET", f"{draft}?$expand=attachments($select=id,name)")["attachments"][0]
    assert set(few) == {"@odata.type", "@odata.mediaContentType", "id", "name"}


def test_attachment_of_3_mib_needs_an_upload_session(contoso, draft):
    contoso.tenant.limits.request = 8 * 1024 * 1024
    large = file(b"\0" * 3 * 1024 * 1024)
    contoso.refused(413, "ErrorAttachmentSizeLimitExceeded", "POST", f"{draft}/attachments", json=large)
    contoso.got("POST", f"{draft}/attachments", 201, json=file(b"\0" * (3 * 1024 * 1024 - 1)))


def test_request_over_4_mib_is_refused(contoso, draft):
    answer = contoso.graph("POST", f"{draft}/attachments", json=file(b"\0" * 3 * 1024 * 1024))
    assert answer.status_code == 413


def test_message_may_not_grow_over_what_the_mailbox_sends(contoso, draft):
    contoso.recipient("support@contoso.example").mailbox.max_send_size = 2_000_000
    contoso.got("POST", f"{draft}/attachments", 201, json=file(b"\0" * 1_000_000))
    answer = file(b"\0" * 1_000_000)
    contoso.refused(400, "ErrorMessageSizeExceeded", "POST", f"{draft}/attachments", json=answer)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a", "contentBytes": ""},
        file(contentBytes="%%%"),
        file(unknown=1),
        file() | {"@odata.type": "#microsoft.graph.itemAttachment"},
    ],
)
def test_bad_attachment_is_400(contoso, draft, body):
    contoso.refused(400, "RequestBodyRead", "POST", f"{draft}/attachments", json=body)


def test_attachment_without_name_is_400(contoso, draft):
    contoso.refused(400, "ErrorRequiredPropertyMissing", "POST", f"{draft}/attachments", json=file(name=""))


def test_attachments_of_a_received_mail_can_be_read_and_removed(contoso, fabrikam):
    message = {
        "subject": "x",
        "toRecipients": [{"emailAddress": {"address": "hr@fabrikam.example"}}],
        "attachments": [file()],
    }
    contoso.got("POST", f"{USER}/sendMail", 202, json={"message": message})
    mail = fabrikam.arrived("hr@fabrikam.example")[0]
    path = f"/users/hr@fabrikam.example/messages/{mail['id']}/attachments/{mail['attachments'][0]['id']}"
    assert fabrikam.graph("GET", f"{path}/$value").content == b"\x00bytes"
    fabrikam.got("DELETE", path, 204)
    sent = contoso.arrived("support@contoso.example", "sentitems")[0]
    assert [a["name"] for a in sent["attachments"]] == ["a.bin"]
