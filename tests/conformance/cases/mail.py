"""Mail: drafts, sending, reading, uploads; as an app with Mail.Send and Mail.ReadWrite in all mailboxes."""

from __future__ import annotations

from typing import Any

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.target import Target

case = Cases("mail")
API = "https://learn.microsoft.com/graph/api/"
LARGE = "https://learn.microsoft.com/graph/outlook-large-attachments"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
SIZE, HALF = 4 * 1024 * 1024, 2 * 1024 * 1024


class Mailer:
    """The mail app in the mailbox `inside`."""

    def __init__(self, target: Target, *roles: str) -> None:
        self.target = target
        self.box = f"/users/{target.tenancy.inside}"
        self.app, self.roles = target.lend(*roles), roles
        self.bearer = target.bearer_with(self.app, *roles)
        # Exchange keeps what it knows of an app for a while.
        self.reached = target.until(lambda: self("GET", "/mailFolders/inbox?$select=id").status == 200, 1800, 30)

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        answer = self.target.graph(method, self.box + path, body, bearer=self.bearer, **options)
        if answer.status != 401:
            return answer
        # It has expired on the way.
        self.bearer = self.target.bearer_with(self.app, *self.roles)
        return self.target.graph(method, self.box + path, body, bearer=self.bearer, **options)

    def draft(self, **properties: Any) -> dict[str, Any]:
        """A draft to the mailbox itself, by its immutable id; removed again."""
        to = [{"emailAddress": {"address": self.target.tenancy.inside}}]
        message = {"subject": self.target.name(), "toRecipients": to, **properties}
        made: dict[str, Any] = self("POST", "/messages", message, headers=IMMUTABLE).body
        self.forget(made["id"])
        return made

    def forget(self, message_id: str) -> None:
        """Have a message removed for good when the case is over; by its immutable id wherever it has gone."""
        self.target.undo(lambda: self("POST", f"/messages/{message_id}/permanentDelete", headers=IMMUTABLE))

    def session(self, draft: dict[str, Any]) -> Answer:
        item = {"AttachmentItem": {"attachmentType": "file", "name": "a.bin", "size": SIZE}}
        return self("POST", f"/messages/{draft['id']}/attachments/createUploadSession", item, headers=IMMUTABLE)

    def put(self, url: str, start: int, **headers: str) -> Any:
        span = {"Content-Range": f"bytes {start}-{start + HALF - 1}/{SIZE}", **headers}
        return self.target.http.put(url, data=b"x" * HALF, headers=span, timeout=300)


def mailer(target: Target) -> Mailer:
    return Mailer(target, "Mail.Send", "Mail.ReadWrite")


@case({"status": 202, "body": None, "found": 200}, source=API + "message-send")
def sent_draft_keeps_its_immutable_id(target: Target) -> Any:
    """Sending a draft is 202 without a body, and its immutable id finds it in Sent Items after a while"""
    mail = mailer(target)
    draft = mail.draft()
    sent = mail("POST", f"/messages/{draft['id']}/send")
    sent_items = mail("GET", "/mailFolders/sentitems?$select=id", headers=IMMUTABLE).body["id"]
    path = f"/messages/{draft['id']}?$select=parentFolderId"

    def moved() -> Answer | None:
        found = mail("GET", path, headers=IMMUTABLE)
        return found if found.status == 200 and found.body["parentFolderId"] == sent_items else None

    return {"status": sent.status, "body": sent.body, "found": target.until(moved, 300).status}


@case({"status": 202, "body": None, "arrived": 1}, source=API + "user-sendmail")
def send_mail_says_accepted_long_before_it_arrives(target: Target) -> Any:
    """sendMail is 202 without a body; the mail arrives later"""
    mail, subject = mailer(target), target.name()
    to = [{"emailAddress": {"address": target.tenancy.inside}}]
    message = {"subject": subject, "body": {"contentType": "Text", "content": "x"}, "toRecipients": to}
    sent = mail("POST", "/sendMail", {"message": message, "saveToSentItems": False})
    path = f"/mailFolders/inbox/messages?$filter=subject eq '{subject}'&$select=id"
    arrived = target.until(lambda: mail("GET", path).body["value"], 600)
    mail.forget(arrived[0]["id"])
    return {"status": sent.status, "body": sent.body, "arrived": len(arrived)}


@case({"status": 400}, source=API + "user-sendmail", standing=Standing.UNVERIFIED)
def send_mail_without_recipients_is_refused_where_the_app_may_send(target: Target) -> Any:
    """A mail without recipients is 400 where the app may send: the probe of the access proof"""
    mail = mailer(target)
    return {"status": mail("POST", "/sendMail", {"message": {"subject": target.name(), "toRecipients": []}}).status}


@case({"status": 403, "code": "ErrorAccessDenied"}, source="https://learn.microsoft.com/graph/permissions-reference")
def send_mail_without_the_role_is_denied_before_anything_else(target: Target) -> Any:
    """The same mail is 403 where the app may not send"""
    mail = Mailer(target, "Mail.ReadWrite")
    return mail("POST", "/sendMail", {"message": {"subject": target.name(), "toRecipients": []}}).refusal


@case({"status": 400, "code": "InvalidInternetMessageHeader"}, source=API + "user-sendmail", standing=Standing.OBSERVED)
def header_that_does_not_begin_with_x_is_refused(target: Target) -> Any:
    """A custom header whose name does not begin with x- is 400"""
    header = [{"name": "Message-ID", "value": "<x@y>"}]
    return mailer(target)("POST", "/messages", {"subject": target.name(), "internetMessageHeaders": header}).refusal


@case(
    {"status": 400, "code": "ErrorMimeContentInvalidBase64String"},
    source="https://learn.microsoft.com/graph/outlook-send-mime-message",
)  # fmt: skip
def mime_that_is_no_base64_is_refused(target: Target) -> Any:
    """A MIME body that is no base64 is 400"""
    mail = mailer(target)
    headers = {"Content-Type": "text/plain"}
    return target.graph(
        "POST", f"{mail.box}/sendMail", bearer=mail.bearer, headers=headers, data=b"no base64!",
    ).refusal  # fmt: skip


@case({"status": 404, "code": "ErrorItemNotFound"}, source="https://learn.microsoft.com/graph/errors")
def message_that_is_gone_is_not_found(target: Target) -> Any:
    """A message that was deleted for good is 404 ErrorItemNotFound"""
    mail = mailer(target)
    made = mail("POST", "/messages", {"subject": target.name()}).body["id"]
    mail("POST", f"/messages/{made}/permanentDelete")
    return target.until(lambda: (a := mail("GET", f"/messages/{made}")).status != 200 and a, 120).refusal


@case(
    {"status": 404, "code": Like("^(ErrorInvalidUser|Request_ResourceNotFound|ResourceNotFound)$")},
    source=API + "user-get",
)
def mailbox_of_nobody_is_not_found(target: Target) -> Any:
    """A mailbox of nobody in the tenant is 404"""
    mail = mailer(target)
    path = f"/users/{target.name()}@{target.tenancy.initial_domain}/mailFolders/inbox"
    return target.graph("GET", path, bearer=mail.bearer).refusal


@case({"status": 400, "code": "InefficientFilter"}, source=API + "user-list-messages")
def order_that_is_not_in_the_filter_is_refused(target: Target) -> Any:
    """What is sorted by must stand first in the filter, else 400 InefficientFilter"""
    query = "/messages?$filter=subject eq 'x'&$orderby=receivedDateTime desc"
    return mailer(target)("GET", query).refusal


@case(
    {
        "opened": [201, ["0-"]],
        "at_outlook": True,
        "slice": [200, str(HALF)],
        "last": [201, ""],
        "location": True,
    },
    source=LARGE,
)  # fmt: skip
def upload_session_answers_bare_offsets_and_an_empty_end(target: Target) -> Any:
    """An upload session is 201; a slice is 200 with one bare offset; the last is 201, empty, with a Location"""
    mail = mailer(target)
    opened = mail.session(mail.draft())
    url = opened.body["uploadUrl"]
    first = mail.put(url, 0)
    expected = {name.lower(): value for name, value in first.json().items()}["nextexpectedranges"]
    last = mail.put(url, HALF)
    return {
        "opened": [opened.status, opened.body["nextExpectedRanges"]],
        "at_outlook": url.startswith(("https://outlook.office.com/", "https://outlook.office365.com/")),
        "slice": [first.status_code, expected[0]],
        "last": [last.status_code, last.text],
        "location": "Attachments('" in last.headers.get("Location", ""),
    }


@case({"status": 401}, source=LARGE)
def upload_url_refuses_a_bearer(target: Target) -> Any:
    """A PUT to an upload URL with an Authorization header is 401"""
    mail = mailer(target)
    url = mail.session(mail.draft()).body["uploadUrl"]
    return {"status": mail.put(url, 0, Authorization=f"Bearer {mail.bearer}").status_code}


@case({"refused": True}, source=LARGE, standing=Standing.OBSERVED)
def request_over_four_megabytes_is_refused(target: Target) -> Any:
    """A request body over 4 MB is 413, or 400 that names the limit"""
    mail = mailer(target)
    answer = mail(
        "POST", "/messages", {"subject": "large", "body": {"contentType": "Text", "content": "x" * 5_000_000}}
    )
    return {"refused": answer.status == 413 or (answer.status == 400 and "4MB" in answer.message)}


@case({"status": 201, "new_id": True, "same_immutable_id": True}, source=API + "message-move")
def moved_message_has_another_id_and_the_same_immutable_one(target: Target) -> Any:
    """A move answers 201 with another id, and the immutable id stays"""
    mail = mailer(target)
    draft = mail.draft()
    short = mail("GET", f"/messages/{draft['id']}?$select=id").body["id"]
    moved = mail("POST", f"/messages/{short}/move", {"destinationId": "archive"})
    again = mail("GET", f"/messages/{draft['id']}?$select=id", headers=IMMUTABLE)
    return {
        "status": moved.status,
        "new_id": moved.body["id"] != short,
        "same_immutable_id": again.status == 200 and again.body["id"] == draft["id"],
    }
