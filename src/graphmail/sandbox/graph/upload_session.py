"""Upload sessions: a large attachment in slices, at a URL that carries its own authorisation.

learn.microsoft.com/graph/api/attachment-createuploadsession, learn.microsoft.com/graph/outlook-large-attachments
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.front_door.hosts import upload_root
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import WRITE, Box, open_box, require_quota
from graphmail.sandbox.graph.mail_item import encoded_size, new_attachment, new_id, timestamp, touch
from graphmail.sandbox.graph.mail_schema import ATTACHMENT_ITEM, check
from graphmail.sandbox.mail_records import Attachment, Mailbox, Message, UploadSession

# The host of real ones is outlook.office.com; here they lie on the Graph port.
TEMPLATE = "/api/v2.0/Users('{user}@{tenant}')/Messages('{message}')/AttachmentSessions('{session}')"
PAGE = "learn.microsoft.com/graph/outlook-large-attachments"

_LIFETIME = timedelta(hours=1)  # only the answer's expirationDateTime is documented
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


async def create_session(call: Call) -> Answer:
    """Open a session for one attachment of a draft."""
    box = open_box(call, WRITE)
    message = box.message(call.params["message_id"])
    item = _attachment_item(call.json())
    _check_size(box, item["size"])
    require_quota(box, item["size"])
    if not message.properties["isDraft"]:
        raise graph_error(400, "ErrorInvalidPropertyUpdateSentMessage", "Attachments can be added only to a draft.")
    session = UploadSession(
        id=new_id(),
        token=secrets.token_urlsafe(96),
        recipient_id=box.recipient.id,
        message_id=message.immutable_id,
        name=item["name"],
        content_type=item.get("contentType") or "application/octet-stream",
        size=item["size"],
        expires=box.now + _LIFETIME,
        client_id=call.caller.client_id,
        is_inline=bool(item.get("isInline")),
        content_id=item.get("contentId"),
    )
    session.content.key = session.id
    box.tenant.upload_sessions[session.id] = session
    box.commit(message.immutable_id, upload=session.name, size=session.size)
    values = {"user": box.recipient.id, "tenant": box.tenant.id, "message": box.item_id(message), "session": session.id}
    body = {
        "@odata.context": f"{call.root}/v1.0/$metadata#microsoft.graph.uploadSession",
        "uploadUrl": f"{upload_root(call.root)}{TEMPLATE.format(**values)}?authtoken={quote(session.token)}",
        "expirationDateTime": timestamp(session.expires),
        "nextExpectedRanges": ["0-"],
    }
    return Answer(201, body)


def _attachment_item(body: Any) -> dict[str, Any]:
    """Return the AttachmentItem, its three required properties there. Raises Graph's 400."""
    fields = {k.lower(): v for k, v in body.items()} if isinstance(body, dict) else {}
    given = fields.get("attachmentitem")
    if not isinstance(given, dict):
        raise graph_error(400, "ErrorInvalidRequest", "The parameter AttachmentItem is missing.")
    item: dict[str, Any] = check(given, ATTACHMENT_ITEM)
    missing = [n for n in ("attachmentType", "name", "size") if item.get(n) in (None, "")]
    if missing:
        raise graph_error(400, "ErrorRequiredPropertyMissing", f"Required property is missing: {', '.join(missing)}.")
    if item["attachmentType"] != "file":
        raise ServiceError(
            Answer(501, {"error": {"code": "NotImplemented", "message": "The sandbox emulates only file attachments"}}),
        )
    return item


def _check_size(box: Box, size: int) -> None:
    limits = box.tenant.limits
    if size < limits.small_attachment:
        text = "The attachment size should not be less than the minimum size for an upload session."
        raise graph_error(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", text)
    if size > limits.attachment:
        raise graph_error(400, "ErrorAttachmentSizeLimitExceeded", "The attachment exceeds the maximum supported size.")


def _open(call: Call) -> tuple[UploadSession, Mailbox, Message]:
    """Find what the URL authorises. Raises 401 for a bearer or a wrong token, 404 for a session that is not there."""
    session = call.tenant.upload_sessions.get(call.params["session"])
    if "authorization" in call.headers:
        # microsoftgraph/msgraph-sdk-java-core#445: the token is Graph's, and this is Outlook.
        raise graph_error(401, "InvalidAudience", "The audience claim value is invalid 'aud'.")
    if session is None:
        raise _not_there()
    if not hmac.compare_digest(call.query.get("authtoken", "").encode(), session.token.encode()):
        raise graph_error(401, "InvalidAuthenticationToken", "The authorization token of the URL is not valid.")
    recipient = call.tenant.recipients.get(session.recipient_id)
    mailbox = recipient.mailbox if recipient else None
    held = mailbox.messages.values() if mailbox else ()
    message = next((m for m in held if m.immutable_id == session.message_id), None)
    if mailbox is None or message is None or call.tenant.clock.now() >= session.expires:
        del call.tenant.upload_sessions[session.id]
        raise _not_there()
    return session, mailbox, message


def _not_there() -> ServiceError:
    return graph_error(404, "uploadSessionNotFound", "The upload session was not found or has expired.")


async def put_slice(call: Call) -> Answer:
    """Take the next slice: 200 and where to go on, or 201 without a body and the attachment's URL."""
    session, mailbox, message = _open(call)
    _check_range(call, session)
    received = session.received + len(call.body)
    if encoded_size(message.properties, message.attachments, received) > mailbox.max_send_size:
        raise graph_error(400, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    session.content.append(call.body)
    call.tenant.touch()
    if received < session.size:
        # As the page spells it since microsoftgraph/microsoft-graph-docs#15978; older answers had capitals.
        body = {"expirationDateTime": timestamp(session.expires), "nextExpectedRanges": [str(received)]}
        return Answer(200, body)
    attachment = _complete(call, session, message)
    where = f"Users('{session.recipient_id}@{call.tenant.id}')/Messages('{call.params['message']}')"
    return Answer(201, None, {"Location": f"{call.root}/api/v2.0/{where}/Attachments('{attachment.id}')"})


def _check_range(call: Call, session: UploadSession) -> None:
    match = _RANGE.fullmatch(call.headers.get("content-range", "").strip())
    if match is None:
        raise graph_error(400, "InvalidContentRange", "The Content-Range header is missing or malformed.")
    start, end, total = (int(g) for g in match.groups())
    if total != session.size or end - start + 1 != len(call.body) or end >= total:
        raise graph_error(400, "InvalidContentRange", "The Content-Range does not fit the session or the body.")
    if start != session.received:
        inner = "fragmentOverlap" if start < session.received else "fragmentOutOfOrder"
        error = graph_error(416, "invalidRange", f"The slice must start at {session.received}.")
        error.answer.body["error"]["innerError"] = {"code": inner}
        raise error


def _complete(call: Call, session: UploadSession, message: Message) -> Attachment:
    """Make the attachment of what came."""
    now = call.tenant.clock.now()
    attachment = new_attachment(
        session.name, session.content_type, session.content, now,
        isInline=session.is_inline, contentId=session.content_id,
    )  # fmt: skip
    message.attachments.append(attachment)
    touch(message, now)
    del call.tenant.upload_sessions[session.id]
    what = {"attachment": session.name, "size": session.size}
    call.tenant.commit(session.client_id, "graph", "PUT upload session", session.message_id, **what)
    return attachment


async def refuse_get(call: Call) -> Answer:
    """Asking the URL for its state is OneDrive's, not Outlook's: nothing is documented here."""
    _open(call)
    text = "The HTTP method 'GET' is not supported here; PUT the next slice, or DELETE the session."
    raise graph_error(405, "ErrorInvalidRequest", text, headers={"Allow": "PUT, DELETE"})


async def cancel(call: Call) -> Answer:
    session, _, message = _open(call)
    del call.tenant.upload_sessions[session.id]
    call.tenant.commit(session.client_id, "graph", "DELETE upload session", message.immutable_id, upload=session.name)
    return Answer(204)
