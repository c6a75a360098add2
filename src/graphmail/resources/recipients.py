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


@dataclass(frozen=True, slots=True)
class Recipients:
    """Guid -> the inventory's address, for recipients that exist."""

    addresses: dict[str, str]

    @classmethod
    def of(cls, tenant: Tenant, addresses: Iterable[str]) -> Recipients:
        """Look all of them up in few requests. Raises TenantError that names every one that does not exist."""
        asked = list(dict.fromkeys(address.lower() for address in addresses))
        answers = tenant.exchange.batch([recipient_read(address) for address in asked])
        missing = [address for address, answer in zip(asked, answers, strict=True) if not _row(answer)]
        if missing:
            raise TenantError(
                f"Tenant {tenant.tenant_id} has no recipient with the address {', '.join(missing)}",
                expected="mailboxes that exist in Exchange Online",
                remedy="correct the address, or have the mailbox made and licensed",
            )
        return cls({_row(answer)["Guid"]: address for address, answer in zip(asked, answers, strict=True)})

    def shown(self, tenant: Tenant, row: Row) -> str:
        """The inventory's address for that recipient, or else its own primary address or name."""
        return self.addresses.get(row.get("Guid", "")) or str(row.get("PrimarySmtpAddress") or row.get("Name")).lower()

    def resolved(self, tenant: Tenant, identities: Iterable[str]) -> list[str]:
        """Addresses of recipients that Exchange itself calls by other names, as `ManagedBy` does."""
        answers = tenant.exchange.batch([recipient_read(identity) for identity in identities if identity.strip()])
        return sorted(self.shown(tenant, _row(answer)) for answer in answers if _row(answer))


def _row(answer: CmdletAnswer) -> Row:
    if answer.error and not answer.missing:
        raise answer.error
    return answer.rows[0] if answer.rows else {}
