"""Makes a new message of what a caller sends: JSON, or MIME in base64."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

from graphmail.sandbox.call import Call, ServiceError
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import Box
from graphmail.sandbox.graph.mail_item import blank, new_attachment
from graphmail.sandbox.graph.mail_mime import parse, render
from graphmail.sandbox.graph.mail_names import name_recipients
from graphmail.sandbox.graph.mail_schema import (
    ALWAYS,
    DRAFT_ONLY,
    FILE_ATTACHMENT,
    ITEM_ATTACHMENT,
    MESSAGE,
    REFERENCE_ATTACHMENT,
    check,
)  # fmt: skip
from graphmail.sandbox.mail_records import Attachment
from graphmail.sandbox.service import not_implemented

MOST_HEADERS = 5  # of one's own in a message
_EXTENDED_ID = re.compile(
    r"\w+ (?:0x[0-9a-f]{1,8}|\{[0-9a-f-]{36}\} (?:name .+|id 0x[0-9a-f]+))", re.IGNORECASE,
)  # fmt: skip


@dataclass(slots=True)
class Mail:
    """A message in no mailbox yet. `headers` are those that the caller set."""

    properties: dict[str, Any]
    headers: list[tuple[str, str]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)


def is_mime(call: Call) -> bool:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/plain"


def composed(box: Box, given: Any) -> Mail:
    """Make a message of Graph's JSON. Raises Graph's 400."""
    if not isinstance(given, dict):
        raise graph_error(400, "RequestBodyRead", "The request body is no message.")
    attachments = [composed_attachment(box, a) for a in given.get("attachments") or ()]
    checked = check({n: v for n, v in given.items() if n != "attachments"}, MESSAGE)
    wanted = {n: filled(n, v) for n, v in checked.items() if n in ALWAYS or n in DRAFT_ONLY}
    check_extended(wanted.get("singleValueExtendedProperties", []))
    given_headers = checked.get("internetMessageHeaders") or ()
    if len(given_headers) > MOST_HEADERS:
        text = f"Maximum number of headers in one message should be less than or equal to {MOST_HEADERS}."
        raise graph_error(400, "InvalidInternetMessageHeaderCollection", text)
    headers = [_header(h) for h in given_headers]
    properties = _blank(box)
    made_id = properties["internetMessageId"]
    properties |= wanted
    properties["internetMessageId"] = properties["internetMessageId"] or made_id
    name_recipients(box.tenant, properties)
    return Mail(properties, headers, attachments)


def composed_mime(box: Box, body: bytes) -> Mail:
    """Make a message of MIME in base64: learn.microsoft.com/graph/outlook-send-mime-message."""
    try:
        raw = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        text = "Invalid base64 string for MIME content."
        raise graph_error(400, "ErrorMimeContentInvalidBase64String", text) from None
    properties, headers, attachments = parse(raw, box.now)
    properties = _blank(box) | properties
    name_recipients(box.tenant, properties)
    return Mail(properties, headers, attachments)


def composed_attachment(box: Box, given: Any) -> Attachment:
    """Make an attachment of Graph's JSON. Raises Graph's 400, 413 for one that must be uploaded in slices."""
    kind = str(given.get("@odata.type")) if isinstance(given, dict) else ""
    if isinstance(given, dict) and "@odata.type" not in given:
        text = "The attachment has no '@odata.type', which says what it is: #microsoft.graph.fileAttachment, for one."
        raise graph_error(400, "RequestBodyRead", text)
    if kind.lower() == "#microsoft.graph.itemattachment":
        return _item_attachment(box, given)
    if kind.lower() == "#microsoft.graph.referenceattachment":
        return _held_attachment(box, check(given, REFERENCE_ATTACHMENT), "referenceAttachment", b"")
    if kind.lower() != "#microsoft.graph.fileattachment":
        raise graph_error(400, "RequestBodyRead", f"The attachment's type '{kind}' is not emulated or not known.")
    checked = check(given, FILE_ATTACHMENT)
    name = checked.get("name")
    if not name or checked.get("contentBytes") is None:
        raise graph_error(400, "ErrorRequiredPropertyMissing", "Required property is missing: name, contentBytes.")
    try:
        content = base64.b64decode(checked["contentBytes"], validate=True)
    except (binascii.Error, ValueError):
        text = "Cannot convert a primitive value to the expected type 'Edm.Binary'."
        raise graph_error(400, "RequestBodyRead", text) from None
    if len(content) >= box.tenant.limits.small_attachment:
        text = "The attachment is too large for one request; use an upload session."
        raise graph_error(413, "ErrorAttachmentSizeLimitExceeded", text)
    return new_attachment(
        name,
        checked.get("contentType") or "",
        content,
        box.now,
        isInline=bool(checked.get("isInline")),
        contentId=checked.get("contentId"),
        contentLocation=checked.get("contentLocation"),
    )


def _item_attachment(box: Box, given: dict[str, Any]) -> Attachment:
    """A message within a message; its content is its text."""
    checked = check(given, ITEM_ATTACHMENT)
    item = checked.get("item")
    kind = str((item or {}).get("@odata.type", "")).lower()
    if kind.rpartition(".")[2] in ("event", "contact"):
        raise ServiceError(not_implemented(f"attached items of type {kind}"))
    if item is None or kind.rpartition(".")[2] != "message":
        raise graph_error(400, "ErrorRequiredPropertyMissing", "Required property is missing: item.")
    inner = composed(box, item)
    content = render(inner.properties, inner.headers, inner.attachments)
    checked["name"] = checked.get("name") or inner.properties["subject"]
    return _held_attachment(box, checked, "itemAttachment", content)


def _held_attachment(box: Box, checked: dict[str, Any], kind: str, content: bytes) -> Attachment:
    if not checked.get("name"):
        raise graph_error(400, "ErrorRequiredPropertyMissing", "Required property is missing: name.")
    made = new_attachment(checked["name"], "", content, box.now, isInline=bool(checked.get("isInline")))
    made.properties["contentType"], made.kind = checked.get("contentType"), kind
    return made


def check_extended(properties: list[dict[str, Any]]) -> None:
    """Raise Graph's 400 for an extended property whose id is none."""
    for held in properties:
        if not _EXTENDED_ID.fullmatch(held.get("id") or ""):
            raise graph_error(400, "ErrorInvalidProperty", f"The extended property id '{held.get('id')}' is not valid.")


def filled(name: str, value: Any) -> Any:
    """Null clears: a collection becomes empty, everything else what a new message has."""
    if value is not None:
        return value
    return _EMPTY.get(name, [])


_EMPTY: dict[str, Any] = {
    "subject": "",
    "body": {"contentType": "text", "content": ""},
    "flag": {"flagStatus": "notFlagged"},
    "importance": "normal",
    "inferenceClassification": "focused",
    "internetMessageId": None,
    "from": None,
    "sender": None,
    "isRead": False,
    "isDeliveryReceiptRequested": False,
    "isReadReceiptRequested": False,
}


def _blank(box: Box) -> dict[str, Any]:
    """Return a new draft's properties; who sends it is the mailbox unless the caller says otherwise."""
    primary = box.recipient.primary_address
    own = {"emailAddress": {"name": box.recipient.display_name, "address": primary}}
    return blank(box.now, primary.partition("@")[2]) | {"from": own, "sender": own}


def _header(given: dict[str, Any]) -> tuple[str, str]:
    name, value = given.get("name") or "", given.get("value") or ""
    if not name.lower().startswith("x-"):
        raise _bad_header(f"The internet message header name '{name}' should start with 'x-' or 'X-'.")
    if not re.fullmatch(r"[!-9;-~]+", name) or "\n" in value or "\r" in value:
        raise _bad_header(f"The internet message header '{name}' is not valid.")
    return name, value


def _bad_header(text: str) -> ServiceError:
    return graph_error(400, "InvalidInternetMessageHeader", text)
