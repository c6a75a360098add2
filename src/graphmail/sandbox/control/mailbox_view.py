"""A mailbox as tests and people look at it."""

from __future__ import annotations

import hashlib
from typing import Any

from jinja2 import Environment

from graphmail.sandbox.store import Mailbox, Message, Recipient, Tenant

# Mail is written by strangers: everything is escaped, and nothing of a body is shown.
_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<meta charset="utf-8">
<title>{{ view.address }} (sandbox)</title>
<style>body{font-family:sans-serif} td,th{padding:.2em .8em;text-align:left} .later{color:#999}</style>
<h1>{{ view.address }} <small>sandbox, {{ tenant }}</small></h1>
{% for name, messages in view.folders.items() %}
<h2>{{ name }} ({{ messages|length }})</h2>
{% if messages %}<table><tr><th>received<th>from<th>to<th>subject<th>attachments</tr>
{% for m in messages %}<tr{% if not m.visible %} class="later"{% endif %}><td>{{ m.received }}<td>{{ m.from }}
<td>{{ m.to|join(", ") }}<td>{{ m.subject }}
<td>{% for a in m.attachments %}{{ a.name }} ({{ a.size }}) {% endfor %}</tr>
{% endfor %}</table>{% endif %}
{% endfor %}
""",
)


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


def mailbox_page(tenant: Tenant, view: dict[str, Any]) -> str:
    return _PAGE.render(view=view, tenant=tenant.display_name)


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
