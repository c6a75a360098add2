"""Recipients of a tenant, by whatever somebody calls them: compared by Guid, shown by the inventory's address.

A mailbox listed by an alias would differ for ever from the inventory's address if names were compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphmail.errors import TenantError
from graphmail.exchange import Cmdlet, CmdletAnswer, Row
from graphmail.tenant import Tenant


def recipient_read(identity: str) -> Cmdlet:
    """https://learn.microsoft.com/powershell/module/exchange/get-recipient."""
    return Cmdlet("Get-Recipient", {"Identity": identity})


# What names a recipient without doubt; display names and aliases may be shared or matched loosely.
NAMES = ("Guid", "ExternalDirectoryObjectId", "DistinguishedName", "Name", "PrimarySmtpAddress")


@dataclass(frozen=True, slots=True)
class Recipients:
    """The inventory's addresses of recipients that exist, by everything that names them without doubt."""

    addresses: dict[str, str]

    @classmethod
    def of(cls, tenant: Tenant, addresses: Iterable[str]) -> Recipients:
        """Look all of them up in few requests. Raises TenantError that names every one that does not exist."""
        asked = list(dict.fromkeys(address.lower() for address in addresses))
        answers = tenant.exchange.batch([recipient_read(address) for address in asked])
        rows = {address: addressed(answer, address) for address, answer in zip(asked, answers, strict=True)}
        missing = [address for address, row in rows.items() if not row]
        if missing:
            raise TenantError(
                f"Tenant {tenant.tenant_id} has no recipient with the address {', '.join(missing)}",
                expected="mailboxes that exist in Exchange Online",
                remedy="correct the address, or have the mailbox made and licensed",
            )
        return cls({str(row[n]).lower(): address for address, row in rows.items() for n in NAMES if row.get(n)})

    def shown(self, row: Row) -> str:
        """The inventory's address for that recipient, or else its own primary address or name."""
        known = self.addresses.get(str(row.get("Guid", "")).lower())
        return known or str(row.get("PrimarySmtpAddress") or row.get("Name")).lower()

    def resolved(self, tenant: Tenant, identities: Iterable[str]) -> list[str]:
        """Addresses of recipients that Exchange calls by other names, as `ManagedBy` does; strangers are looked up."""
        named = [identity for identity in identities if identity.strip()]
        known = [self.addresses[name.lower()] for name in named if name.lower() in self.addresses]
        strangers = [name for name in named if name.lower() not in self.addresses]
        answers = tenant.exchange.batch([recipient_read(name) for name in strangers])
        return sorted(known + [self.shown(_row(answer)) for answer in answers if _row(answer)])


def addressed(answer: CmdletAnswer, address: str) -> Row:
    """The recipient that really has that address, or {}: a lookup can match loosely, or return everything there is."""
    if answer.error and not answer.missing:
        raise answer.error
    for row in answer.rows:
        proxies = {str(proxy).rpartition(":")[2].lower() for proxy in row.get("EmailAddresses") or ()}
        if address.lower() in proxies | {str(row.get("PrimarySmtpAddress", "")).lower()}:
            return row
    return {}


def _row(answer: CmdletAnswer) -> Row:
    if answer.error and not answer.missing:
        raise answer.error
    return answer.rows[0] if answer.rows else {}
