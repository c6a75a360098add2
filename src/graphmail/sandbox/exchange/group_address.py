"""Names, aliases and addresses that a group may take: unique over all types of recipients, and in an own domain."""

from __future__ import annotations

import re

from graphmail.sandbox.exchange.errors import address_taken, alias_taken, already_exists, invalid, not_accepted_domain
from graphmail.sandbox.recipient_index import dn
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.store import Tenant

_ALIAS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\u00ff-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\u00ff-]+)*")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_LONGEST = 64


def default_alias(name: str) -> str:
    """Spaces removed, what an alias may not hold turned into question marks, as the service does."""
    return "".join(c if _ALIAS.fullmatch(c) or c == "." else "?" for c in name if not c.isspace())[:_LONGEST]


def secure_name(tenant: Tenant, name: str, own: Recipient | None = None) -> None:
    """Raises CmdletError when the name is too long or another object's, mail-enabled or not."""
    if len(name) > _LONGEST:
        raise invalid(f"The length of the property is too long. Name may have {_LONGEST} characters, not {len(name)}.")
    for other in _others(tenant, own):
        if other.name.lower() == name.lower():
            raise already_exists(dn(tenant, other))


def secure_alias(tenant: Tenant, alias: str, own: Recipient | None = None) -> None:
    """Raises CmdletError when the alias is malformed, too long or another recipient's."""
    if len(alias) > _LONGEST or not _ALIAS.fullmatch(alias):
        raise invalid(f'The value "{alias}" of property Alias isn\'t valid.')
    for other in _others(tenant, own):
        if other.alias.lower() == alias.lower():
            raise alias_taken(alias, dn(tenant, other))


def is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def checked_address(tenant: Tenant, address: str, own: Recipient | None = None) -> str:
    """Return the address. Raises CmdletError when it is malformed, in a foreign domain or another recipient's."""
    if not _ADDRESS.fullmatch(address):
        raise invalid(f'The value "{address}" of property PrimarySmtpAddress isn\'t a valid SMTP address.')
    domain = address.partition("@")[2].lower()
    if domain not in tenant.domains:
        raise not_accepted_domain(domain)
    for other in _others(tenant, own):
        if address.lower() in (a.lower() for a in other.addresses):
            raise address_taken(address, dn(tenant, other))
    return address


def _others(tenant: Tenant, own: Recipient | None) -> list[Recipient]:
    return [r for r in tenant.recipients.values() if r.span.removed is None and r is not own]
