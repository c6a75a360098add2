"""A mailbox as tests and people look at it. Mail is written by strangers: none of it is ever markup."""

from __future__ import annotations

import hashlib
from typing import Any

from graphmail.sandbox.graph.mail_item import plain_text
from graphmail.sandbox.mail_records import Mailbox, Message
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.store import Tenant

MOST_CHARACTERS = 100_000  # of a body, on a page
MOST_MESSAGES = 200  # of a folder, on a page


def mailbox_view(tenant: Tenant, recipient: Recipient, mailbox: Mailbox) -> dict[str, Any]:
    """Return the messages by folder's well-known name, mail still on its way included and marked so."""
    names = {folder_id: name for name, folder_id in mailbox.folders.items()}
    folders: dict[str, list[dict[str, Any]]] = {name: [] for name in names.values()}
    names |= {folder.id: folder.display_name for folder in mailbox.own_folders.values()}
    for message in mailbox.messages.values():
        folders.setdefault(names.get(message.folder_id, message.folder_id), []).append(_message(tenant, message))
    return {
        "address": recipient.primary_address,
        "max_send_size": mailbox.max_send_size,
        "max_receive_size": mailbox.max_receive_size,
        "folders": folders,
    }


def mailbox_folders(tenant: Tenant, mailbox: Mailbox) -> list[dict[str, Any]]:
    """Return `name`, `total` and the newest messages of each folder, for a page."""
    by_folder: dict[str, list[Message]] = {}
    for message in mailbox.messages.values():
        by_folder.setdefault(message.folder_id, []).append(message)
    folders = []
    for folder_id, name in _folder_names(mailbox).items():
        inside = sorted(by_folder.get(folder_id, []), key=lambda m: m.visible, reverse=True)
        shown = [_summary(tenant, message) for message in inside[:MOST_MESSAGES]]
        folders.append({"name": name, "total": len(inside), "messages": shown})
    return folders


def message_view(tenant: Tenant, mailbox: Mailbox, message: Message) -> dict[str, Any]:
    """Return a message as a person reads it: `text` without markup, and the `source` it is taken from."""
    body = message.properties.get("body") or {}
    source = str(body.get("content") or "")
    text = plain_text(body | {"content": source[:MOST_CHARACTERS]})
    kind = str(body.get("contentType") or "text")
    addresses = {
        name: [_address(r) for r in message.properties.get(f"{name}Recipients") or []] for name in ("to", "cc", "bcc")
    }
    return {
        **_summary(tenant, message),
        **addresses,
        "folder": _folder_names(mailbox).get(message.folder_id, message.folder_id),
        "internet_message_id": message.properties.get("internetMessageId"),
        "headers": message.internet_headers,
        "body": {"kind": kind, "size": len(source), "text": text, "source": source[:MOST_CHARACTERS]},
    }


def _folder_names(mailbox: Mailbox) -> dict[str, str]:
    names = {folder_id: name for name, folder_id in mailbox.folders.items()}
    return names | {folder.id: folder.display_name for folder in mailbox.own_folders.values()}


def _summary(tenant: Tenant, message: Message) -> dict[str, Any]:
    """Return what a list shows; attachments without their digests, since those need all bytes read."""
    properties = message.properties
    return {
        "id": message.id,
        "subject": properties.get("subject"),
        "from": _address(properties.get("from") or {}),
        "to": [_address(r) for r in properties.get("toRecipients") or []],
        "received": properties.get("receivedDateTime"),
        "is_read": properties.get("isRead"),
        "is_draft": properties.get("isDraft"),
        "visible": message.visible_at(tenant.clock.now()),
        "attachments": [
            {"name": a.properties.get("name"), "kind": a.properties.get("contentType"), "size": a.body.size}
            for a in message.attachments
        ],
    }


def _message(tenant: Tenant, message: Message) -> dict[str, Any]:
    properties = message.properties
    return {
        "id": message.id,
        "internet_message_id": properties.get("internetMessageId"),
        "subject": properties.get("subject"),
        "from": _address(properties.get("from") or {}),
        "to": [_address(r) for r in properties.get("toRecipients") or []],
        "received": properties.get("receivedDateTime"),
        "is_read": properties.get("isRead"),
        "visible": message.visible_at(tenant.clock.now()),
        "headers": [{"name": name, "value": value} for name, value in message.internet_headers],
        "attachments": [
            {
                "name": a.properties.get("name"),
                "content_type": a.properties.get("contentType"),
                "size": a.body.size,
                "sha256": hashlib.sha256(a.content).hexdigest(),
            }
            for a in message.attachments
        ],
    }


def _address(recipient: dict[str, Any]) -> str:
    return str((recipient.get("emailAddress") or {}).get("address", ""))
