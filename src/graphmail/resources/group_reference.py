"""How resources refer to the group of mailboxes: by its name, which Exchange keeps unique."""

from __future__ import annotations

from graphmail.errors import TenantError
from graphmail.exchange import Row
from graphmail.keyed_create import find_again
from graphmail.tenant import Tenant


def referred_group(tenant: Tenant, name: str, *, absent: bool = False) -> Row | None:
    """The scope's group; None only in a check-mode run that would make it, or for what shall be `absent`."""

    def find() -> Row | None:
        rows = tenant.exchange.find("Get-DistributionGroup", Identity=name)
        return next((row for row in rows if str(row.get("Name", "")).lower() == name.lower()), None)

    group = find()
    if group is None and not absent and not tenant.run.check_mode:
        # One read proves no absence: another replica may be behind.
        tenant.reads.drop()
        group = find_again(tenant.clock, find)
    if group is None and not absent and not tenant.would_create("exo_distribution_group", name):
        raise TenantError(
            f"There is no group {name!r} in tenant {tenant.tenant_id}",
            expected="a mail-enabled security group, made by exo_distribution_group",
            remedy="run onboard.yml, or correct the name",
        )
    return group
