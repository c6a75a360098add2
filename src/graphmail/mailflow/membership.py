"""Whether the group holds exactly the connected mailboxes: whoever else is in it is reachable for the app."""

from __future__ import annotations

from graphmail.customers import Customer
from graphmail.mailflow.observation import Observation
from graphmail.resources.exo_distribution_group import DistributionGroup
from graphmail.tenant import Tenant

CLAIM = "The group holds exactly the connected mailboxes"


def membership(tenant: Tenant, customer: Customer) -> Observation:
    """Compare the group with the inventory, member by member. Raises what the tenant's refusal raises."""
    desired = {"name": customer.group.name, "address": customer.group.address, "members": customer.mailboxes}
    found = DistributionGroup().read(tenant, desired)
    if found is None:
        return Observation("failed", f"there is no group {customer.group.name!r}")
    wanted, there = {mailbox.lower() for mailbox in customer.mailboxes}, set(found.values["members"])
    wrong = [
        f"{member} is in the group {desired['name']!r}, and is not in the inventory"
        for member in sorted(there - wanted)
    ]
    wrong += [f"{member} is not in the group {desired['name']!r}" for member in sorted(wanted - there)]
    if wrong:
        return Observation("failed", "; ".join(wrong))
    return Observation("passed", f"exactly {', '.join(sorted(there))}")
