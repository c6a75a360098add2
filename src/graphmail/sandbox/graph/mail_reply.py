"""Replies and forwards, sent at once or made as drafts.

learn.microsoft.com/graph/api/message-reply and its siblings
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from typing import Any

from graphmail.sandbox.call import Answer, Call, Handler, ServiceError
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import SEND, WRITE, Box, open_box, require_quota
from graphmail.sandbox.graph.mail_compose import Mail, composed, composed_mime, is_mime
from graphmail.sandbox.graph.mail_item import encoded_size, new_id, place
from graphmail.sandbox.graph.mail_message import one
from graphmail.sandbox.graph.mail_names import name_recipients
from graphmail.sandbox.graph.mail_query import Query
from graphmail.sandbox.graph.mail_schema import ALWAYS, DRAFT_ONLY, RECIPIENT, check
from graphmail.sandbox.graph.mail_send import send_out
from graphmail.sandbox.mail_records import Attachment, Message

Recipients = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Kind:
    prefix: str
    everybody: bool = False
    forward: bool = False


REPLY, REPLY_ALL, FORWARD = _Kind("RE: "), _Kind("RE: ", everybody=True), _Kind("FW: ", forward=True)


def sending(kind: _Kind) -> Handler:
    async def send(call: Call) -> Answer:
        box = open_box(call, SEND)
        send_out(box, _answering(box, kind, complete=True))
        return Answer(202)

    return send


def drafting(kind: _Kind) -> Handler:
    async def draft(call: Call) -> Answer:
        box = open_box(call, WRITE)
        mail = _answering(box, kind, complete=False)
        require_quota(box, encoded_size(mail.properties, mail.attachments))
        message = place(box.mailbox, "drafts", mail.properties, box.now)
        message.internet_headers, message.attachments = mail.headers, mail.attachments
        box.commit(message.immutable_id, subject=mail.properties["subject"])
        return one(box, message, Query(), 201)

    return draft


def _answering(box: Box, kind: _Kind, *, complete: bool) -> Mail:
    """Make the mail that answers or forwards the path's message. `complete`: a forward must say to whom."""
    original = box.message(box.call.params["message_id"])
    if is_mime(box.call):
        mail = composed_mime(box, box.call.body)
        mail.properties["subject"] = mail.properties["subject"] or _subject(original, kind)
        if not (kind.forward or mail.properties["toRecipients"]):
            mail.properties |= _recipients(box, original, kind)
    else:
        mail = _of_json(box, original, kind, complete=complete)
    mail.properties["conversationId"] = original.properties["conversationId"]
    mail.headers = [h for h in mail.headers if h[0].lower() not in ("in-reply-to", "references")] + _thread(original)
    return mail


def _of_json(box: Box, original: Message, kind: _Kind, *, complete: bool) -> Mail:
    fields = _fields(box.call.json(), kind)
    given, comment = fields.get("message") or {}, fields.get("comment")
    if comment is not None and given.get("body") is not None:
        raise _bad("Specify either the Comment parameter or the Body property of the Message parameter, not both.")
    to = fields.get("torecipients")
    if to is not None and given.get("toRecipients"):
        raise _bad("Specify either the ToRecipients parameter or that property of the Message parameter, not both.")
    mail = composed(box, given)
    named = {n: mail.properties[n] for n in given if n in ALWAYS or n in DRAFT_ONLY}
    mail.properties |= {"subject": _subject(original, kind), "body": _quoting(original, comment or "")}
    mail.properties |= {} if kind.forward else _recipients(box, original, kind)
    mail.properties |= named
    if to is not None:
        mail.properties["toRecipients"] = check(to, [RECIPIENT], "toRecipients")
        name_recipients(box.tenant, mail.properties)
    if complete and kind.forward and not mail.properties["toRecipients"]:
        raise _bad("The ToRecipients parameter is missing.")
    mail.attachments = [*_carried(original, kind), *mail.attachments]
    return mail


def _fields(body: Any, kind: _Kind) -> dict[str, Any]:
    """Return the parameters by lower-case name. Raises Graph's 400."""
    fields = {k.lower(): v for k, v in body.items() if "@odata." not in k} if isinstance(body, dict) else None
    known = {"message", "comment"} | ({"torecipients"} if kind.forward else set())
    if fields is None or not isinstance(fields.get("message"), dict | None):
        raise _bad("The request body holds no parameters.")
    if unknown := next((k for k in fields if k not in known), None):
        raise _bad(f"Unknown parameter: '{unknown}'.")
    if not isinstance(fields.get("comment"), str | None):
        raise graph_error(400, "RequestBodyRead", "Cannot convert 'Comment' to the expected type 'Edm.String'.")
    return fields


def _bad(text: str) -> ServiceError:
    return graph_error(400, "ErrorInvalidRequest", text)


def _subject(original: Message, kind: _Kind) -> str:
    subject = str(original.properties["subject"] or "")
    return subject if subject.lower().startswith(kind.prefix.lower()) else f"{kind.prefix}{subject}"


def _recipients(box: Box, original: Message, kind: _Kind) -> dict[str, Recipients]:
    """To the sender, or to whom the sender asks answers to; everybody else too where all are answered."""
    held = original.properties
    own = {a.lower() for a in box.recipient.addresses}
    to: Recipients = held["replyTo"] or [r for r in (held["from"],) if r]
    if not kind.everybody:
        return {"toRecipients": list(to)}

    def others(recipients: Recipients, seen: set[str]) -> Recipients:
        fresh = [r for r in recipients if _address(r) not in own | seen]
        seen |= {_address(r) for r in fresh}
        return fresh

    seen = {_address(r) for r in to}
    to = [*to, *others(held["toRecipients"], seen)]
    return {"toRecipients": to, "ccRecipients": others(held["ccRecipients"], seen)}


def _address(recipient: dict[str, Any]) -> str:
    return str((recipient.get("emailAddress") or {}).get("address") or "").lower()


def _thread(original: Message) -> list[tuple[str, str]]:
    message_id = str(original.properties["internetMessageId"])
    before = next((v for n, v in original.internet_headers if n.lower() == "references"), "")
    return [("In-Reply-To", message_id), ("References", f"{before} {message_id}".strip())]


def _carried(original: Message, kind: _Kind) -> list[Attachment]:
    """A forward takes all attachments along, a reply those that stand in the text."""
    kept = (a for a in original.attachments if kind.forward or a.properties["isInline"])
    return [replace(a, id=new_id(), properties=dict(a.properties)) for a in kept]


def _quoting(original: Message, comment: str) -> dict[str, Any]:
    """Return a body with the comment above the original, as HTML."""
    held = original.properties
    body = held["body"] or {}
    content = str(body.get("content") or "")
    quoted = content if body.get("contentType") == "html" else f"<pre>{html.escape(content)}</pre>"
    head = "".join(
        f"<b>{label}:</b> {html.escape(text)}<br>"
        for label, text in (
            ("From", _shown([held["from"]] if held["from"] else [])),
            ("Sent", str(held["sentDateTime"])),
            ("To", _shown(held["toRecipients"])),
            ("Subject", str(held["subject"] or "")),
        )
    )
    above = html.escape(comment).replace("\n", "<br>")
    text = f'<html><body>{above}<hr><div id="divRplyFwdMsg">{head}</div><div>{quoted}</div></body></html>'
    return {"contentType": "html", "content": text}


def _shown(recipients: Recipients) -> str:
    held = [r.get("emailAddress") or {} for r in recipients]
    return "; ".join(f"{e.get('name') or ''} <{e.get('address') or ''}>".strip() for e in held)
