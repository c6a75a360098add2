"""Whom the app may reach by what is configured: the members of its group, and by any other source of access."""

from __future__ import annotations

from graphmail.access_models import MODELS
from graphmail.customers import Customer
from graphmail.mailflow.observation import Observation
from graphmail.reach import Sources, detect
from graphmail.resources.exo_distribution_group import DistributionGroup
from graphmail.tenant import Tenant

MEMBERS = "The group holds exactly the connected mailboxes"
SCOPE = "Nothing lets the app reach beyond the group, and nothing shuts a member out"


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


def scope(tenant: Tenant, customer: Customer, client_id: str) -> Observation:
    """Look at every source of access. Raises what the tenant's refusal raises."""
    findings = detect(MODELS[customer.access], Sources.of(tenant, client_id, customer.group.name))
    if findings:
        return Observation("failed", "; ".join(map(str, findings)))
    return Observation("passed", f"only {MODELS[customer.access].title}, for {customer.group.name!r}")
