"""What a message, an attachment and a folder look like on the wire."""

from __future__ import annotations

import base64
import re
from typing import Any

from graphmail.sandbox.graph.mail_box import Box
from graphmail.sandbox.graph.mail_filter import bad_syntax
from graphmail.sandbox.graph.mail_item import plain_text, preview
from graphmail.sandbox.graph.mail_query import Query, selected
from graphmail.sandbox.mail_records import Attachment, Message

# Mail.ReadBasic shows none of these.
NOT_BASIC = frozenset({"body", "bodyPreview", "uniqueBody", "internetMessageHeaders", "singleValueExtendedProperties"})
EXPANDABLE = ("attachments", "singleValueExtendedProperties")
# Shown only when selected.
ON_REQUEST = frozenset({"internetMessageHeaders", "uniqueBody", "singleValueExtendedProperties"})

_PROPERTY_ID = re.compile(r"id\s+eq\s+'((?:[^']|'')*)'")


def whole(box: Box, message: Message) -> dict[str, Any]:
    """Return everything there is to know; filters look at this."""
    properties = message.properties
    item_id = box.item_id(message)
    item = {
        "id": item_id,
        **properties,
        "parentFolderId": message.folder_id,
        "bodyPreview": preview(properties["body"]),
        "hasAttachments": any(not a.properties["isInline"] for a in message.attachments),
        "webLink": f"https://outlook.office365.com/owa/?ItemID={item_id}&exvsurl=1&viewmodel=ReadMessageItem",
        "uniqueBody": properties["body"],
        "internetMessageHeaders": [{"name": n, "value": v} for n, v in message.internet_headers] or None,
    }
    if box.basic:
        return {name: value for name, value in item.items() if name not in NOT_BASIC}
    return item


def shown(box: Box, message: Message, item: dict[str, Any], query: Query) -> dict[str, Any]:
    """Return what an answer holds: `item` is what `whole` made of the message."""
    view = selected({k: v for k, v in item.items() if k not in ON_REQUEST or k in query.select}, query.select)
    view = {"@odata.etag": f'W/"{message.properties["changeKey"]}"', **view}
    if box.text:
        for name in {"body", "uniqueBody"} & view.keys():
            view[name] = {"contentType": "text", "content": plain_text(view[name])}
    if "attachments" in query.expand and not box.basic:
        names = tuple(n.strip() for n in query.expand["attachments"].get("$select", "").split(",") if n.strip())
        view["attachments"] = [attachment_view(a, names) for a in message.attachments]
    if "singleValueExtendedProperties" in query.expand and not box.basic:
        asked = _asked_ids(query.expand["singleValueExtendedProperties"])
        held = message.properties["singleValueExtendedProperties"]
        if kept := [p for p in held if property_key(p["id"]) in asked]:
            view["singleValueExtendedProperties"] = kept
    return view


def attachment_view(attachment: Attachment, select: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what is selected, or all; a large content is encoded only when it is shown."""
    is_file = attachment.kind == "fileAttachment"
    view = {
        "@odata.type": f"#microsoft.graph.{attachment.kind}",
        **({"@odata.mediaContentType": attachment.properties["contentType"]} if is_file else {}),
        "id": attachment.id,
        **{n: v for n, v in attachment.properties.items() if is_file or n not in ("contentId", "contentLocation")},
    }
    if not is_file:
        return selected(view, select)
    if not select or "contentBytes" in select:
        view["contentBytes"] = base64.b64encode(attachment.content).decode()
    return selected(view, select)


def property_key(property_id: str) -> str:
    """Extended property ids are compared without regard to case."""
    return " ".join(property_id.lower().split())


def _asked_ids(options: dict[str, str]) -> frozenset[str]:
    found = _PROPERTY_ID.findall(options.get("$filter", ""))
    if not found:
        raise bad_syntax("singleValueExtendedProperties can be expanded only with a $filter on id.")
    return frozenset(property_key(i.replace("''", "'")) for i in found)
