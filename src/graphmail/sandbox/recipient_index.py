"""Finds recipients by whatever names them, without looking at each: made anew after a change, on first need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphmail.sandbox.recipient_records import Recipient
    from graphmail.sandbox.store import Tenant


class RecipientIndex:
    """All recipients of one tenant that are not removed, as they were at `version`."""

    def __init__(self, tenant: Tenant) -> None:
        self.version = _version(tenant)
        self.by_name = sorted(
            (r for r in tenant.recipients.values() if r.span.removed is None), key=lambda r: r.name.lower()
        )
        self._all = tenant.recipients
        self._named: dict[str, list[Recipient]] = {}
        self._by_address: dict[str, Recipient] = {}
        for recipient in self.by_name:
            for key in {k.lower() for k in names(tenant, recipient)}:
                self._named.setdefault(key, []).append(recipient)
        for recipient in tenant.recipients.values():
            if recipient.span.removed is None:
                for address in recipient.addresses:
                    self._by_address.setdefault(address.lower(), recipient)

    def named(self, name: str) -> list[Recipient]:
        """All that this name, alias, DN, address, Guid, UPN or object id means."""
        return self._named.get(name.lower(), [])

    def with_address(self, address: str) -> Recipient | None:
        """Who has this SMTP address, primary or other, and is not removed."""
        wanted = address.lower()
        found = self._by_address.get(wanted)
        if found is None or (found.span.removed is None and wanted in (a.lower() for a in found.addresses)):
            return found
        return next(
            (r for r in self._all.values() if r.span.removed is None and wanted in (a.lower() for a in r.addresses)),
            None,
        )


def index_of(tenant: Tenant) -> RecipientIndex:
    """The index of the recipients as they are now."""
    index: RecipientIndex | None = tenant.recipient_index
    if index is None or index.version != _version(tenant):
        index = tenant.recipient_index = RecipientIndex(tenant)
    return index


def names(tenant: Tenant, recipient: Recipient) -> list[str]:
    """Everything that identifies a recipient to Exchange."""
    keys = [recipient.name, recipient.alias, recipient.guid, recipient.id, dn(tenant, recipient), *recipient.addresses]
    if recipient.user_principal_name:
        keys.append(recipient.user_principal_name)
    if recipient.mailbox:
        keys.append(recipient.mailbox.exchange_guid)
    return keys


def dn(tenant: Tenant, recipient: Recipient) -> str:
    """The distinguished name."""
    return (
        f"CN={recipient.name},OU={tenant.initial_domain},OU=Microsoft Exchange Hosted Organizations,"
        "DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM"
    )


def _version(tenant: Tenant) -> tuple[int, int]:
    return len(tenant.recipients), tenant.recipient_changes
