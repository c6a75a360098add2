"""Upload sessions: what opens one, in which order slices come, how one ends."""

from __future__ import annotations

import hashlib
import random
import re
from typing import Any

import pytest
import requests

from tests.sandbox_in_process import to

USER = "/users/support@contoso.example"
MIB = 1024 * 1024
SLICE = 12 * 320 * 1024


def draft(tenancy: Any, **properties: Any) -> str:
    headers = {"Prefer": 'IdType="ImmutableId"'}
    made = tenancy.got("POST", f"{USER}/messages", 201, json={"subject": "large"} | properties, headers=headers)
    return f"{USER}/messages/{made['id']}"


def item(size: Any, **fields: Any) -> dict[str, Any]:
    return {"AttachmentItem": {"attachmentType": "file", "name": "big.bin", "size": size} | fields}


def opened(tenancy: Any, path: str, size: int, **fields: Any) -> dict[str, Any]:
    return dict(tenancy.got("POST", f"{path}/attachments/createUploadSession", 201, json=item(size, **fields)))


def put(tenancy: Any, url: str, content: bytes, start: int, total: int, **headers: str) -> requests.Response:
    given = {
        "Content-Type": "application/octet-stream",
        "Content-Range": f"bytes {start}-{start + len(content) - 1}/{total}",
    }
    return tenancy.sockets.http.put(url, data=content, headers=given | headers, timeout=30)


def upload(tenancy: Any, url: str, content: bytes) -> requests.Response:
    for start in range(0, len(content), SLICE):
        answer = put(tenancy, url, content[start : start + SLICE], start, len(content))
        if answer.status_code != 200:
            break
    return answer


def test_slices_become_an_attachment(contoso):
    path = draft(contoso)
    content = random.Random(7).randbytes(5 * MIB)
    session = opened(contoso, path, len(content), contentType="application/pdf", isInline=False)
    assert session["nextExpectedRanges"] == ["0-"]
    assert session["expirationDateTime"]
    first = put(contoso, session["uploadUrl"], content[:SLICE], 0, len(content))
    assert first.status_code == 200
    assert {k.lower(): v for k, v in first.json().items()}["nextexpectedranges"] == [str(SLICE)]
    assert "uploadUrl" not in first.json()
    last = put(contoso, session["uploadUrl"], content[SLICE:], SLICE, len(content))
    assert (last.status_code, last.content) == (201, b"")
    found = re.search(r"Attachments\('([^']+)'\)$", last.headers["Location"])
    assert found is not None
    stored = contoso.graph("GET", f"{path}/attachments/{found.group(1)}/$value")
    assert hashlib.sha256(stored.content).digest() == hashlib.sha256(content).digest()
    assert (
        contoso.got("GET", f"{path}/attachments/{found.group(1)}?$select=contentType")["contentType"]
        == "application/pdf"
    )
    assert contoso.tenant.upload_sessions == {}


def test_attachment_in_one_slice(contoso):
    contoso.tenant.limits.request = 8 * MIB
    session = opened(contoso, draft(contoso), 3 * MIB)
    assert put(contoso, session["uploadUrl"], b"\0" * 3 * MIB, 0, 3 * MIB).status_code == 201


def test_under_3_mib_no_session_is_opened(contoso):
    code = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
    path = f"{draft(contoso)}/attachments/createUploadSession"
    contoso.refused(400, code, "POST", path, json=item(3 * MIB - 1))
    contoso.got("POST", path, 201, json=item(3 * MIB))


def test_over_150_mb_no_session_is_opened(contoso):
    path = f"{draft(contoso)}/attachments/createUploadSession"
    contoso.refused(400, "ErrorAttachmentSizeLimitExceeded", "POST", path, json=item(150 * MIB + 1))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "ErrorInvalidRequest"),
        ({"AttachmentItem": {"attachmentType": "file", "size": 4 * MIB}}, "ErrorRequiredPropertyMissing"),
        ({"AttachmentItem": {"attachmentType": "file", "name": "x"}}, "ErrorRequiredPropertyMissing"),
        (item(4 * MIB, attachmentType="folder"), "RequestBodyRead"),
        (item(4 * MIB, colour="red"), "RequestBodyRead"),
        (item("4194304"), "RequestBodyRead"),
    ],
)
def test_session_needs_a_valid_item(contoso, body, code):
    contoso.refused(400, code, "POST", f"{draft(contoso)}/attachments/createUploadSession", json=body)


@pytest.mark.parametrize(
    ("start", "length", "total", "status"),
    [
        (SLICE, 100, 5 * MIB, 416),  # a gap
        (0, 100, 5 * MIB, 416),  # over again
        (100, 100, 5 * MIB, 200),
        (100, 100, 5 * MIB + 1, 400),  # another total
    ],
)
def test_slices_come_in_order_without_gaps(contoso, start, length, total, status):
    session = opened(contoso, draft(contoso), 5 * MIB)
    assert put(contoso, session["uploadUrl"], b"\0" * 100, 0, 5 * MIB).status_code == 200
    answer = put(contoso, session["uploadUrl"], b"\0" * length, start, total)
    assert answer.status_code == status
    if status == 416:
        assert answer.json()["error"]["code"] == "invalidRange"


@pytest.mark.parametrize("content_range", ["", "0-99/5242880", "bytes 0-98/5242880", "bytes 0-*/5242880"])
def test_content_range_must_fit_the_body(contoso, content_range):
    session = opened(contoso, draft(contoso), 5 * MIB)
    answer = put(contoso, session["uploadUrl"], b"\0" * 100, 0, 5 * MIB, **{"Content-Range": content_range})
    assert answer.status_code == 400


def test_refused_slice_leaves_the_session_where_it_was(contoso):
    session = opened(contoso, draft(contoso), 5 * MIB)
    put(contoso, session["uploadUrl"], b"\0" * 100, 50, 5 * MIB)
    assert put(contoso, session["uploadUrl"], b"\0" * 100, 0, 5 * MIB).status_code == 200


def test_bearer_at_the_upload_url_is_refused(contoso):
    session = opened(contoso, draft(contoso), 5 * MIB)
    answer = put(contoso, session["uploadUrl"], b"\0" * 100, 0, 5 * MIB, Authorization="Bearer x")
    assert answer.status_code == 401


def test_altered_upload_url_is_refused(contoso):
    url = opened(contoso, draft(contoso), 5 * MIB)["uploadUrl"]
    assert put(contoso, url[:-1], b"\0", 0, 5 * MIB).status_code == 401
    assert put(contoso, url.partition("?")[0], b"\0", 0, 5 * MIB).status_code == 401
    assert (
        put(contoso, url.replace("AttachmentSessions('AA", "AttachmentSessions('BB"), b"\0", 0, 5 * MIB).status_code
        == 404
    )


def test_session_ends_when_it_is_cancelled(contoso):
    session = opened(contoso, draft(contoso), 5 * MIB)
    assert contoso.sockets.http.delete(session["uploadUrl"]).status_code == 204
    assert put(contoso, session["uploadUrl"], b"\0", 0, 5 * MIB).status_code == 404


def test_session_expires_and_is_not_prolonged_by_slices(contoso):
    session = opened(contoso, draft(contoso), 5 * MIB)
    contoso.advance(3500)
    again = put(contoso, session["uploadUrl"], b"\0" * 100, 0, 5 * MIB).json()
    assert {k.lower(): v for k, v in again.items()}["expirationdatetime"] == session["expirationDateTime"]
    contoso.advance(120)
    assert put(contoso, session["uploadUrl"], b"\0" * 100, 100, 5 * MIB).status_code == 404


def test_session_of_a_deleted_draft_is_gone(contoso):
    path = draft(contoso)
    session = opened(contoso, path, 5 * MIB)
    contoso.got("POST", f"{path}/permanentDelete", 204)
    assert put(contoso, session["uploadUrl"], b"\0", 0, 5 * MIB).status_code == 404


def test_upload_stops_at_the_size_the_mailbox_may_send(contoso):
    box = contoso.recipient("support@contoso.example").mailbox
    box.max_send_size = 8 * MIB
    session = opened(contoso, draft(contoso), 7 * MIB)
    answer = upload(contoso, session["uploadUrl"], b"\0" * 7 * MIB)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "ErrorMessageSizeExceeded"


def test_send_checks_the_size_too(contoso):
    path = draft(contoso, toRecipients=to("ceo@contoso.example"))
    upload(contoso, opened(contoso, path, 4 * MIB)["uploadUrl"], b"\0" * 4 * MIB)
    contoso.recipient("support@contoso.example").mailbox.max_send_size = 5 * MIB
    contoso.refused(400, "ErrorMessageSizeExceeded", "POST", f"{path}/send")


def test_no_session_for_a_message_that_was_sent(contoso):
    path = draft(contoso, toRecipients=to("ceo@contoso.example"))
    contoso.got("POST", f"{path}/send", 202)
    contoso.advance(4)
    code = "ErrorInvalidPropertyUpdateSentMessage"
    contoso.refused(400, code, "POST", f"{path}/attachments/createUploadSession", json=item(4 * MIB))


def test_100_mib_arrives_and_every_copy_shares_its_bytes(contoso, fabrikam):
    size = 100 * MIB
    for tenancy in (contoso, fabrikam):
        for recipient in tenancy.tenant.recipients.values():
            if recipient.mailbox:
                recipient.mailbox.max_send_size = recipient.mailbox.max_receive_size = 150 * MIB
    path = draft(contoso, toRecipients=to("hr@fabrikam.example", "pia@fabrikam.example"))
    block = bytes(SLICE)
    session = opened(contoso, path, size)
    for start in range(0, size, SLICE):
        answer = put(contoso, session["uploadUrl"], block[: min(SLICE, size - start)], start, size)
    assert answer.status_code == 201
    contoso.got("POST", f"{path}/send", 202)
    contents = [
        attachment.body
        for tenancy in (contoso, fabrikam)
        for recipient in tenancy.tenant.recipients.values()
        for message in (recipient.mailbox.messages.values() if recipient.mailbox else ())
        for attachment in message.attachments
    ]
    assert [c.size for c in contents] == [size] * 3
    assert contents[0].read() == bytes(size)
    assert all(c is contents[0] for c in contents)


def test_get_on_the_upload_url_is_refused(contoso):
    session = opened(contoso, draft(contoso), 5 * MIB)
    answer = contoso.sockets.http.get(session["uploadUrl"], timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "PUT, DELETE")
    assert put(contoso, session["uploadUrl"], b"\0" * 100, 0, 5 * MIB).status_code == 200


def test_slice_that_overlaps_the_last_one_says_so_and_changes_nothing(contoso):
    session = opened(contoso, draft(contoso), 5 * MIB)
    put(contoso, session["uploadUrl"], b"\0" * 100, 0, 5 * MIB)
    error = put(contoso, session["uploadUrl"], b"\0" * 100, 50, 5 * MIB).json()["error"]
    assert error["innerError"]["code"] == "fragmentOverlap"
    assert put(contoso, session["uploadUrl"], b"\0" * 100, 100, 5 * MIB).json()["nextExpectedRanges"] == ["200"]
