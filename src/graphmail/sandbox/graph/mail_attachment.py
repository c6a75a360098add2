"""Attachments of a message: list, get, their bytes, add a small one, remove one.

learn.microsoft.com/graph/api/message-post-attachments, learn.microsoft.com/graph/api/attachment-get
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import READ, WRITE, Box, item_not_found, open_box, require_quota
from graphmail.sandbox.graph.mail_compose import composed_attachment
from graphmail.sandbox.graph.mail_item import blank, encoded_size, touch
from graphmail.sandbox.graph.mail_mime import parse
from graphmail.sandbox.graph.mail_query import Query, number_answer, page, parse_query
from graphmail.sandbox.graph.mail_schema import FILE_ATTACHMENT
from graphmail.sandbox.graph.mail_view import attachment_view, shown, whole
from graphmail.sandbox.mail_records import Attachment, Message

_ITEM = "microsoft.graph.itemAttachment/item"


def _found(box: Box) -> tuple[Message, Attachment]:
    message = box.message(box.call.params["message_id"])
    for attachment in message.attachments:
        if attachment.id == box.call.params["attachment_id"]:
            return message, attachment
    raise item_not_found()


def _context(box: Box, message: Message, suffix: str = "") -> dict[str, str]:
    where = f"users('{box.recipient.id}')/messages('{box.item_id(message)}')/attachments{suffix}"
    return {"@odata.context": f"{box.call.root}/v1.0/$metadata#{where}"}


async def list_attachments(call: Call) -> Answer:
    """List them with their bytes, unless $select leaves `contentBytes` out."""
    box = open_box(call, READ)
    message = box.message(call.params["message_id"])
    query = parse_query(call, FILE_ATTACHMENT, (_ITEM,))
    kept, notes = page(call, query, [_view(box, a, query) for a in message.attachments])
    return Answer(200, _context(box, message) | notes | {"value": kept})


async def count_attachments(call: Call) -> Answer:
    box = open_box(call, READ)
    return number_answer(len(box.message(call.params["message_id"]).attachments))


async def get_attachment(call: Call) -> Answer:
    box = open_box(call, READ)
    message, attachment = _found(box)
    query = parse_query(call, FILE_ATTACHMENT, (_ITEM,))
    return Answer(200, _context(box, message, "/$entity") | _view(box, attachment, query))


def _view(box: Box, attachment: Attachment, query: Query) -> dict[str, Any]:
    """Return how it is shown; an attached message as a message only where it is expanded."""
    view = attachment_view(attachment, query.select)
    if _ITEM in query.expand and attachment.kind == "itemAttachment":
        properties, _, attachments = parse(attachment.content, box.now)
        item = blank(box.now, "sandbox.example") | properties | {"isDraft": False}
        inner = Message(attachment.id, attachment.id, "", item, box.now, attachments=attachments)
        view["item"] = {"@odata.type": "#microsoft.graph.message", **shown(box, inner, whole(box, inner), Query())}
    return view


async def get_content(call: Call) -> Answer:
    """Return the bytes themselves, the same object that every copy of the message holds."""
    _, attachment = _found(open_box(call, READ))
    if attachment.kind == "referenceAttachment":
        raise graph_error(405, "ErrorInvalidRequest", "A reference attachment has no content here.")
    return Answer(200, attachment.content, {"Content-Type": attachment.properties["contentType"] or "text/plain"})


async def add_attachment(call: Call) -> Answer:
    box = open_box(call, WRITE)
    message = box.message(call.params["message_id"])
    attachment = composed_attachment(box, call.json())
    require_room(box, message, attachment.body.size)
    message.attachments.append(attachment)
    touch(message, box.now)
    box.commit(message.immutable_id, attachment=attachment.properties["name"])
    return Answer(201, _context(box, message, "/$entity") | attachment_view(attachment))


def require_room(box: Box, message: Message, more: int) -> None:
    """Raise Graph's 400 when the message with `more` bytes, encoded, is over what the mailbox may send."""
    if encoded_size(message.properties, message.attachments, more) > box.mailbox.max_send_size:
        raise graph_error(400, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    require_quota(box, more)


async def remove_attachment(call: Call) -> Answer:
    box = open_box(call, WRITE)
    message, attachment = _found(box)
    message.attachments.remove(attachment)
    touch(message, box.now)
    box.commit(message.immutable_id, removed=attachment.properties["name"])
    return Answer(204)
