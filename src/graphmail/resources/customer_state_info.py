"""What the customer's tenant holds after a run's last write, into the run's evidence as after.json."""

from __future__ import annotations

from typing import ClassVar

from graphmail.customer_state import read_after
from graphmail.resource import Info, Values
from graphmail.rights import EXCHANGE_READS
from graphmail.tenant import Tenant

_TOLD = {
    "read": "read after the last write, into after.json",
    "unchanged": "nothing was written since it was last read",
    "unknown": "a part of it could not be read; after.json says which, and why",
}


class CustomerStateInfo(Info):
    """Costs nothing where the run has written nothing since it last read the state."""

    name = "customer_state_info"
    permissions = ("Application.Read.All", EXCHANGE_READS)
    cmdlets = (
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-ManagementRoleAssignment",
        "Get-ServicePrincipal",
    )
    options: ClassVar = {}

    def look(self, tenant: Tenant, params: Values) -> Values:
        status = read_after(tenant)
        return {"status": status, "msg": _TOLD[status]}
