"""Sending: what is accepted, what is refused, and how much at once."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.cases.mail import API, HALF, IMMUTABLE, LARGE, SIZE, Mailer, mailer
from tests.conformance.target import NotSeenError, Target

case = Cases("mail")
LONGEST = 2 * 3600  # seconds that a case waits for the end of an upload session
LIMITS = "https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits"


@case({"status": 202, "body": None, "arrived": True},
      source="https://learn.microsoft.com/graph/outlook-send-mime-message")  # fmt: skip
def mime_is_sent_as_base64(target: Target) -> Any:
    """sendMail takes the base64 of a whole MIME message as text/plain; 202"""
    mail, subject, one = mailer(target), target.name(), target.tenancy.inside
    text = f"From: {one}\r\nTo: {one}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\r\nx\r\n"
    content = base64.b64encode(text.encode())
    sent = target.graph(
        "POST", f"{mail.box}/sendMail", bearer=mail.bearer, headers={"Content-Type": "text/plain"}, data=content
    )
    query = f"/mailFolders/inbox/messages?$filter=contains(subject,'{subject}')&$select=id"
    arrived = target.until(lambda: mail("GET", query, headers=IMMUTABLE).body["value"], 900, 10)
    mail.forget(arrived[0]["id"])
    return {"status": sent.status, "body": sent.body, "arrived": True}


@case({"status": 403, "code": "ErrorSendAsDenied"},
      source="https://learn.microsoft.com/graph/outlook-send-mail-from-other-user")  # fmt: skip
def sending_as_somebody_else_is_denied(target: Target) -> Any:
    """A `from` that is not the mailbox's own is 403 ErrorSendAsDenied without the right to send as that one"""
    mail = mailer(target)
    to = [{"emailAddress": {"address": target.tenancy.inside}}]
    other = {"emailAddress": {"address": target.tenancy.outside}}
    body = {"contentType": "Text", "content": "x"}
    message = {"subject": target.name(), "body": body, "toRecipients": to, "from": other}
    return mail("POST", "/sendMail", {"message": message, "saveToSentItems": False}).refusal


@case({"sender": True, "subject": True}, source=API + "user-sendmail", slow=True,
      standing=Standing.OBSERVED)  # fmt: skip
def report_of_a_mail_that_was_not_delivered_comes_to_the_sender(target: Target) -> Any:
    """A mail to nobody is 202; a report from the postmaster comes to the Inbox, with the subject in its own"""
    mail, subject = mailer(target), target.name()
    to = [{"emailAddress": {"address": f"{target.name()}@{target.tenancy.initial_domain}"}}]
    body = {"contentType": "Text", "content": "x"}
    message = {"subject": subject, "body": body, "toRecipients": to}
    sent = mail("POST", "/sendMail", {"message": message, "saveToSentItems": False})
    assert sent.status == 202, sent.body
    query = f"/mailFolders/inbox/messages?$filter=contains(subject,'{subject}')&$select=id,subject,from"
    (report,) = target.until(lambda: mail("GET", query, headers=IMMUTABLE).body["value"], 1800, 15)
    mail.forget(report["id"])
    sender = report["from"]["emailAddress"]["address"].lower()
    return {
        "sender": sender.startswith(("postmaster@", "microsoftexchange", "mailer-daemon@")),
        "subject": subject in report["subject"],
    }


@case({"statuses": [200, 429], "code": "ApplicationThrottled", "told": True}, source=LIMITS, standing=Standing.OBSERVED)
def fifth_request_at_once_to_a_mailbox_is_throttled(target: Target) -> Any:
    """Of many requests at once to one mailbox some are 429 ApplicationThrottled, with Retry-After"""
    mail = mailer(target)

    def ask(_: int) -> Answer:
        return mail("GET", "/messages?$top=50&$select=id,subject,body")

    with ThreadPoolExecutor(24) as pool:
        answers = [answer for _ in range(5) for answer in pool.map(ask, range(24))]
    refused = [answer for answer in answers if answer.status != 200]
    return {
        "statuses": sorted({answer.status for answer in answers}),
        "code": refused[0].code if refused else "",
        "told": all("Retry-After" in answer.headers for answer in refused),
    }


@case({"status": 400, "code": "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"},
      source=API + "attachment-createuploadsession", standing=Standing.OBSERVED)  # fmt: skip
def session_for_a_small_attachment_is_refused(target: Target) -> Any:
    """An upload session for less than 3 MB is refused by a code, upon which the client sends one request"""
    return open_session(mailer(target), 3 * 1024 * 1024 - 1).refusal


@case({"status": 400, "code": Like("^(ErrorAttachmentSizeLimitExceeded|ErrorMessageSizeExceeded)$")}, source=LARGE,
      standing=Standing.UNVERIFIED)  # fmt: skip
def session_over_the_largest_attachment_is_refused(target: Target) -> Any:
    """An upload session for more than 150 MB is refused with a code that says too large"""
    return open_session(mailer(target), 151 * 1024 * 1024).refusal


def open_session(mail: Mailer, size: int) -> Answer:
    item = {"AttachmentItem": {"attachmentType": "file", "name": "a.bin", "size": size}}
    return mail("POST", f"/messages/{mail.draft()['id']}/attachments/createUploadSession", item, headers=IMMUTABLE)


@case({"status": 400, "code": Like("^(ErrorMessageSizeExceeded|ErrorAttachmentSizeLimitExceeded)$")}, slow=True,
      source="https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/2561",
      standing=Standing.OBSERVED)  # fmt: skip
def upload_over_the_mailboxs_limit_is_refused_by_its_code(target: Target) -> Any:
    """A message that grows over the sender's MaxSendSize is refused while uploading or sending, by a code"""
    mail = mailer(target)
    (row,) = target.exchange("Get-Mailbox", Identity=target.tenancy.inside).body["value"]
    limit = int(str(row["MaxSendSize"]).partition("(")[2].split(" ")[0].replace(",", ""))
    size, piece = limit + 2**20, 3 * 2**20
    draft = mail.draft()
    item = {"AttachmentItem": {"attachmentType": "file", "name": "a.bin", "size": size}}
    session = mail("POST", f"/messages/{draft['id']}/attachments/createUploadSession", item, headers=IMMUTABLE)
    if session.status != 201:
        return session.refusal
    for start in range(0, size, piece):
        end = min(start + piece, size)
        span = {"Content-Range": f"bytes {start}-{end - 1}/{size}"}
        put = Answer.of(
            target.http.put(session.body["uploadUrl"], data=b"x" * (end - start), headers=span, timeout=300)
        )
        if put.status >= 400:
            return put.refusal
    return mail("POST", f"/messages/{draft['id']}/send").refusal


@case({"twice": 416, "gap": 416, "goes_on": 200}, source=LARGE, standing=Standing.UNVERIFIED)
def slice_out_of_its_order_is_refused(target: Target) -> Any:
    """A slice that was taken already, or that leaves a gap, is 416; the session goes on where it was"""
    mail = mailer(target)
    url = mail.session(mail.draft()).body["uploadUrl"]
    quarter = SIZE // 4

    def put(start: int) -> int:
        span = {"Content-Range": f"bytes {start}-{start + quarter - 1}/{SIZE}"}
        return int(target.http.put(url, data=b"x" * quarter, headers=span, timeout=300).status_code)

    assert put(0) == 200
    return {"twice": put(0), "gap": put(2 * quarter), "goes_on": put(quarter)}


@case({"cancelled": 204, "afterwards": 404}, source=LARGE, standing=Standing.UNVERIFIED)
def cancelled_session_is_gone(target: Target) -> Any:
    """DELETE of an upload URL is 204; a slice to a session that is gone is 404, upon which the client opens another"""
    mail = mailer(target)
    url = mail.session(mail.draft()).body["uploadUrl"]
    cancelled = target.http.delete(url, timeout=60).status_code
    return {"cancelled": cancelled, "afterwards": mail.put(url, 0).status_code}


@case({"afterwards": 404}, source=LARGE, standing=Standing.UNVERIFIED, slow=True)
def expired_session_is_gone(target: Target) -> Any:
    """After expirationDateTime, which no slice prolongs, a session is gone as a cancelled one is"""
    mail = mailer(target)
    opened = mail.session(mail.draft())
    url, end = opened.body["uploadUrl"], datetime.fromisoformat(opened.body["expirationDateTime"])
    now = parsedate_to_datetime(opened.headers["Date"])
    mail.put(url, 0)
    wait = (end - now).total_seconds() + 60
    if wait > LONGEST:
        raise NotSeenError(f"the session ends only at {end}")
    target.waiting.sleep(wait)
    return {"afterwards": mail.put(url, HALF).status_code}
