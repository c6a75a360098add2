"""The tenant itself: learn.microsoft.com/graph/api/resources/organization and …/subscribedsku."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.errors import not_found
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_types import ORGANIZATION, SUBSCRIBED_SKU


async def list_all(call: Call) -> Answer:
    return many(call, ORGANIZATION, [_values(call)], "organization")


async def get(call: Call) -> Answer:
    if call.params["id"].lower() != call.tenant.id:
        raise not_found(call.params["id"])
    return one(call, ORGANIZATION, _values(call), "organization")


async def list_skus(call: Call) -> Answer:
    return many(call, SUBSCRIBED_SKU, call.tenant.skus, "subscribedSkus")


def _values(call: Call) -> dict[str, Any]:
    tenant = call.tenant
    plans = [plan for sku in tenant.skus for plan in sku["servicePlans"]]
    return {
        "id": tenant.id,
        "displayName": tenant.display_name,
        "countryLetterCode": tenant.country,
        "assignedPlans": [
            {
                "capabilityStatus": "Enabled",
                "service": "exchange" if plan["servicePlanName"].startswith("EXCHANGE_") else "other",
                "servicePlanId": plan["servicePlanId"],
            }
            for plan in plans
        ],
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": domain == tenant.domains[0],
                "isInitial": domain == tenant.initial_domain,
                "name": domain,
                "type": "Managed",
            }
            for domain in tenant.domains
        ],
    }
