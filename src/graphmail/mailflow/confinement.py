"""Whom Exchange lets the app reach: the members of its group, and of every group that a policy of the app names."""

from __future__ import annotations

from graphmail.customers import Customer
from graphmail.mailflow.observation import Observation
from graphmail.resources.access_policies import RESTRICT, AccessPolicies
from graphmail.resources.exo_distribution_group import DistributionGroup
from graphmail.resources.group_reference import referred_group
from graphmail.tenant import Tenant

MEMBERS = "The group holds exactly the connected mailboxes"
POLICIES = "One policy confines the app, to the group and to nothing else"


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


def policies(tenant: Tenant, customer: Customer, client_id: str) -> Observation:
    """Look at all policies of the app. Raises what the tenant's refusal raises."""
    name = customer.group.name
    found = AccessPolicies.of(tenant, client_id, referred_group(tenant, name, absent=True), name)
    wrong = [f"{RESTRICT} for {other!r} gives it more mailboxes" for other in found.widening]
    if found.of_group is None:
        wrong.append(f"no policy confines it to {name!r}")
    elif found.of_group.get("AccessRight") != RESTRICT:
        wrong.append(f"its policy for {name!r} is {found.of_group.get('AccessRight')}")
    if wrong:
        return Observation("failed", "; ".join(wrong))
    return Observation("passed", f"{RESTRICT} for {name!r} alone")
