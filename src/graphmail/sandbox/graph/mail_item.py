"""Messages as they lie in a mailbox: ids, times, sizes, and what one looks like that is just made."""

from __future__ import annotations

import base64
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from graphmail.sandbox.content import Content
from graphmail.sandbox.mail_records import Attachment, Mailbox, Message

_PREVIEW = 255


def new_id() -> str:
    """Return an id that changes when the item moves: case-sensitive, without meaning."""
    return f"AAMkA{secrets.token_urlsafe(69)}AAA="


def new_immutable_id() -> str:
    return f"AAkAL{secrets.token_urlsafe(69)}AAA="


def timestamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def new_change_key() -> str:
    return f"CQAAAB{secrets.token_urlsafe(18)}"


def blank(at: datetime, domain: str) -> dict[str, Any]:
    """Return the properties of a new draft; ids, preview, folder and hasAttachments are made when it is shown."""
    moment = timestamp(at)
    return {
        "createdDateTime": moment,
        "lastModifiedDateTime": moment,
        "changeKey": new_change_key(),
        "categories": [],
        "receivedDateTime": moment,
        "sentDateTime": moment,
        "internetMessageId": f"<{uuid.uuid4().hex}@{domain}>",
        "subject": "",
        "importance": "normal",
        "conversationId": f"AAQkA{secrets.token_urlsafe(33)}",
        "conversationIndex": base64.b64encode(b"\x01\x01" + secrets.token_bytes(20)).decode(),  # Edm.Binary
        "isDeliveryReceiptRequested": False,
        "isReadReceiptRequested": False,
        "isRead": True,
        "isDraft": True,
        "inferenceClassification": "focused",
        "body": {"contentType": "text", "content": ""},
        "sender": None,
        "from": None,
        "toRecipients": [],
        "ccRecipients": [],
        "bccRecipients": [],
        "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
        "singleValueExtendedProperties": [],
    }


def place(mailbox: Mailbox, folder: str, properties: dict[str, Any], visible: datetime) -> Message:
    """Put a new message into the folder with that well-known name or id."""
    folder_id = mailbox.folders.get(folder, folder)
    message = Message(new_id(), new_immutable_id(), folder_id, properties, visible)
    mailbox.messages[message.id] = message
    return message


def touch(message: Message, at: datetime) -> None:
    message.properties["lastModifiedDateTime"] = timestamp(at)
    message.properties["changeKey"] = new_change_key()


def new_attachment(
    name: str, content_type: str, content: bytes | Content, at: datetime, **properties: Any,
) -> Attachment:  # fmt: skip
    """The content is kept as it is: copies of a message share the one bytes object."""
    attachment_id = new_id()
    body = content if isinstance(content, Content) else Content.of(attachment_id, content)
    shown = {
        "lastModifiedDateTime": timestamp(at),
        "name": name,
        "contentType": content_type or "application/octet-stream",
        "size": body.size + _OVERHEAD + 2 * len(name),
        "isInline": False,
        "contentId": None,
        "contentLocation": None,
    }
    return Attachment(attachment_id, shown | properties, body)


_OVERHEAD = 184  # an attachment's size counts its properties too; how many bytes is not published


def encoded_length(count: int) -> int:
    """Bytes of base64 in lines of 76 characters, line ends included."""
    characters = 4 * -(-count // 3)
    return characters + 2 * -(-characters // 76)


def encoded_size(properties: Mapping[str, Any], attachments: Iterable[Attachment], more: int = 0) -> int:
    """Return the size of the message on the wire, which the limits count; `more`: bytes of an attachment to come."""
    text = len(((properties.get("body") or {}).get("content") or "").encode())
    size = 1024 + text + len(properties.get("subject") or "")
    size += sum(encoded_length(a.body.size) + 256 for a in attachments)
    return size + (encoded_length(more) + 256 if more else 0)


def has_room(mailbox: Mailbox, more: int) -> bool:
    """Whether the mailbox's quota lets that many bytes in."""
    if mailbox.quota is None:
        return True
    return held_bytes(mailbox) + more <= mailbox.quota


def held_bytes(mailbox: Mailbox) -> int:
    """What its messages count against the quota."""
    return sum(encoded_size(m.properties, m.attachments) for m in mailbox.messages.values())


def plain_text(body: Mapping[str, Any] | None) -> str:
    """Return the body as text, markup left out."""
    content = (body or {}).get("content") or ""
    if (body or {}).get("contentType") != "html":
        return str(content)
    parser = _Text()
    parser.feed(content)
    parser.close()
    return "".join(parser.parts).strip()


def preview(body: Mapping[str, Any] | None) -> str:
    return _preview(str((body or {}).get("contentType")), str((body or {}).get("content") or ""))


@lru_cache(maxsize=2048)  # lists make one for each message they look at
def _preview(content_type: str, content: str) -> str:
    return re.sub(r"\s+", " ", plain_text({"contentType": content_type, "content": content})).strip()[:_PREVIEW]


class _Text(HTMLParser):
    _BREAKS = frozenset({"br", "p", "div", "tr", "li"})
    _HIDDEN = frozenset({"style", "script", "head"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in self._HIDDEN
        if tag in self._BREAKS and self.parts:
            self.parts.append("\r\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in self._HIDDEN

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)
