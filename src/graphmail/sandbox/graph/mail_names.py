"""Recipients by name: whoever is given by address alone is shown with a name."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.store import Tenant

_ONE, _MANY = ("from", "sender"), ("toRecipients", "ccRecipients", "bccRecipients", "replyTo")


def name_recipients(tenant: Tenant, properties: dict[str, Any]) -> None:
    """Name those without a name: the display name inside the tenant, else the address itself."""
    for field in (*_ONE, *_MANY):
        if held := properties.get(field):
            properties[field] = _named(tenant, held) if field in _ONE else [_named(tenant, r) for r in held]


def _named(tenant: Tenant, recipient: dict[str, Any]) -> dict[str, Any]:
    email = recipient.get("emailAddress") or {}
    address = email.get("address")
    if not address or email.get("name"):
        return recipient
    known = tenant.recipient_with(address)
    name = known.display_name if known and known.display_name else address
    return {**recipient, "emailAddress": {**email, "name": name, "address": address}}
