"""A message as RFC 5322 text, read and written."""

from __future__ import annotations

import email.policy
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from graphmail.sandbox.graph.mail_item import new_attachment, timestamp
from graphmail.sandbox.mail_records import Attachment

Headers = list[tuple[str, str]]

# Headers that are properties of the message; `render` writes them from there.
_PROPERTIES = frozenset(
    ("from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "mime-version"),
)
_POLICY = email.policy.default
_BROKEN = (LookupError, ValueError, TypeError, AttributeError, MessageError)  # what that policy raises on bad headers


def parse(raw: bytes, at: datetime) -> tuple[dict[str, Any], Headers, list[Attachment]]:
    """Return Graph's properties, the remaining headers and the attachments. Without a Message-ID none is returned.

    A mail that Python's parser cannot take apart is kept whole, as text.
    """
    try:
        return _parsed(raw, at)
    except _BROKEN:
        return {"body": {"contentType": "text", "content": raw.decode("latin-1")}}, [], []


def _parsed(raw: bytes, at: datetime) -> tuple[dict[str, Any], Headers, list[Attachment]]:
    message = message_from_bytes(raw, policy=_POLICY)
    properties: dict[str, Any] = {
        "subject": _line(str(message.get("Subject", ""))),
        "body": _body(message),
        "toRecipients": _addresses(message, "To"),
        "ccRecipients": _addresses(message, "Cc"),
        "bccRecipients": _addresses(message, "Bcc"),
        "replyTo": _addresses(message, "Reply-To"),
        "importance": _importance(message),
    }
    if sender := _addresses(message, "From"):
        properties |= {"from": sender[0], "sender": (_addresses(message, "Sender") or sender)[0]}
    if message_id := _ascii(str(message.get("Message-ID", ""))).strip():
        properties["internetMessageId"] = message_id
    if sent := _date(message):
        properties["sentDateTime"] = sent
    headers = [(name, _line(str(value))) for name, value in message.items() if _is_kept(name)]
    return properties, headers, [_attachment(part, at) for part in message.iter_attachments()]


def render(properties: Mapping[str, Any], headers: Headers, attachments: Iterable[Attachment]) -> bytes:
    """Return the message as text. Bcc is left out, and so is a header that Python's parser breaks on."""
    message = EmailMessage(policy=_POLICY.clone(linesep="\r\n"))
    for name, value in [*(h for h in headers if _is_kept(h[0])), *standard_headers(properties)]:
        with suppress(*_BROKEN):
            message[name] = value
    body = properties.get("body") or {}
    subtype = "html" if body.get("contentType") == "html" else "plain"
    message.set_content(body.get("content") or "", subtype=subtype)
    for attachment in attachments:
        shown = attachment.properties
        if attachment.kind == "itemAttachment":
            with suppress(*_BROKEN):
                message.add_attachment(
                    message_from_bytes(attachment.content, policy=_POLICY), filename=_line(shown["name"])
                )
                continue
        main, _, sub = (shown["contentType"] or "").partition(";")[0].partition("/")
        if main in ("text", "multipart", "message") or not sub:
            main, sub = "application", "octet-stream"  # bytes, whatever they call themselves
        disposition = "inline" if shown["isInline"] else "attachment"
        cid = f"<{_line(shown['contentId'])}>" if shown["contentId"] else None
        message.add_attachment(
            attachment.content, main, sub, filename=_line(shown["name"]), disposition=disposition, cid=cid,
        )  # fmt: skip
    return message.as_bytes()


def standard_headers(properties: Mapping[str, Any]) -> Headers:
    """Return the headers that say what the properties say."""
    headers: Headers = []
    for name, key in (("From", "from"), ("To", "toRecipients"), ("Cc", "ccRecipients"), ("Reply-To", "replyTo")):
        held = properties.get(key)
        if shown := ", ".join(_written(r) for r in (held if isinstance(held, list) else [held]) if r):
            headers.append((name, shown))
    headers.append(("Subject", _line(properties.get("subject") or "")))
    headers.append(("Date", format_datetime(datetime.fromisoformat(properties["sentDateTime"]))))
    headers.append(("Message-ID", _line(properties["internetMessageId"])))
    return headers


def _written(recipient: Mapping[str, Any]) -> str:
    given = recipient["emailAddress"]
    address, name = _line(given.get("address") or ""), _line(given.get("name") or "")
    try:
        return str(Address(display_name="" if name == address else name, addr_spec=address))
    except (ValueError, IndexError, MessageError):
        return address


def _addresses(message: EmailMessage, header: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for value in message.get_all(header, []):
        for address in getattr(value, "addresses", ()):
            spec = _ascii(address.addr_spec)
            shown = {"name": _line(address.display_name) or spec, "address": spec}
            found.append({"emailAddress": shown})
    return found


def _body(message: EmailMessage) -> dict[str, Any]:
    part = message.get_body(preferencelist=("html", "plain"))
    if part is None:
        return {"contentType": "text", "content": ""}
    kind = "html" if part.get_content_subtype() == "html" else "text"
    try:
        content = part.get_content()
    except (LookupError, UnicodeError):  # a charset nobody knows
        content = (part.get_payload(decode=True) or b"").decode("latin-1")  # type: ignore[union-attr]
    return {"contentType": kind, "content": content}


def _attachment(part: EmailMessage, at: datetime) -> Attachment:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):  # an attached message: its text is the content
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        content = first.as_bytes() if isinstance(first, EmailMessage) else b""
        if isinstance(first, EmailMessage) and part.get_content_type() == "message/rfc822":
            name = part.get_filename() or _line(str(first.get("Subject", "")))
            made = new_attachment(name or "attachment", "", content, at)
            made.properties["contentType"], made.kind = None, "itemAttachment"
            return made
    cid = _line(str(part.get("Content-ID", ""))).strip("<> ") or None
    return new_attachment(
        part.get_filename() or "attachment",
        part.get_content_type(),
        content,
        at,
        isInline=part.get_content_disposition() == "inline",
        contentId=cid,
    )


def _is_kept(name: str) -> bool:
    return name.lower() not in _PROPERTIES and not name.lower().startswith("content-")


def _line(text: str) -> str:
    """One line without control characters, which no header may hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _ascii(text: str) -> str:
    """Identifiers are ASCII; what is not came from a broken mail."""
    return text.encode("ascii", "replace").decode()


def _importance(message: EmailMessage) -> str:
    given = str(message.get("Importance", "")).lower()
    return given if given in ("low", "high") else "normal"


def _date(message: EmailMessage) -> str | None:
    try:
        sent = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        return None
    return timestamp(sent.astimezone(UTC))
