"""A tenant's licences, as Graph shows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from graphmail.sandbox.tenants_file import Sku, TenantSpec

_NAMESPACE = UUID("5a4d0000-0000-5000-8000-0000000051c5")  # ids of made-up licences: the same in every tenant


def subscribed_sku(tenant: TenantSpec, sku: Sku) -> dict[str, Any]:
    """learn.microsoft.com/graph/api/resources/subscribedsku."""
    sku_id = str(uuid5(_NAMESPACE, sku.sku_part_number))
    consumed = sum(user.licensed for user in tenant.users) if sku.consumed is None else sku.consumed
    return {
        "id": f"{tenant.id}_{sku_id}",
        "accountId": tenant.id,
        "accountName": tenant.display_name,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": consumed,
        "prepaidUnits": {"enabled": sku.enabled, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": [
            {
                "servicePlanId": str(uuid5(_NAMESPACE, plan)),
                "servicePlanName": plan,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            }
            for plan in sku.service_plans
        ],
        "skuId": sku_id,
        "skuPartNumber": sku.sku_part_number,
        "subscriptionIds": [],
    }
