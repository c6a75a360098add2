"""The tenant itself, its domains and its licences.

learn.microsoft.com/graph/api/resources/organization, …/domain, …/subscribedsku, …/tenantinformation.
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_tenant import DOMAIN, ORGANIZATION, SUBSCRIBED_SKU, TENANT_INFORMATION
from graphmail.sandbox.store import Tenant


async def list_all(call: Call) -> Answer:
    return many(call, ORGANIZATION, [_values(call)], "organization")


async def get(call: Call) -> Answer:
    if call.params["id"].lower() != call.tenant.id:
        raise not_found(call.params["id"])
    return one(call, ORGANIZATION, _values(call), "organization")


async def list_skus(call: Call) -> Answer:
    return many(call, SUBSCRIBED_SKU, call.tenant.skus, "subscribedSkus")


async def list_domains(call: Call) -> Answer:
    if "$filter" in call.query:
        raise bad_request("The query parameter '$filter' is not supported on domains.")
    return many(call, DOMAIN, [_domain(call.tenant, name) for name in call.tenant.domains], "domains")


async def get_domain(call: Call) -> Answer:
    name = call.params["id"].lower()
    if name not in call.tenant.domains:
        raise not_found(call.params["id"])
    return one(call, DOMAIN, _domain(call.tenant, name), "domains")


async def tenant_by_domain(call: Call) -> Answer:
    """learn.microsoft.com/graph/api/tenantrelationship-findtenantinformationbydomainname: of any tenant here."""
    return _information(call, call.world.tenant_of_domain(call.params["domain"]), call.params["domain"])


async def tenant_by_id(call: Call) -> Answer:
    """learn.microsoft.com/graph/api/tenantrelationship-findtenantinformationbytenantid."""
    return _information(call, call.world.tenants.get(call.params["tenant_id"].lower()), call.params["tenant_id"])


def _information(call: Call, tenant: Tenant | None, asked: str) -> Answer:
    if tenant is None:
        raise not_found(asked)
    values = {"tenantId": tenant.id, "displayName": tenant.display_name, "defaultDomainName": tenant.domains[0]}
    shown = TENANT_INFORMATION.render(values)
    return Answer(200, {"@odata.context": f"{call.root}/v1.0/$metadata#microsoft.graph.tenantInformation"} | shown)


def _domain(tenant: Tenant, name: str) -> dict[str, Any]:
    initial = name == tenant.initial_domain
    services = ["Email", "OfficeCommunicationsOnline"]
    return {
        "id": name,
        "isDefault": name == tenant.domains[0],
        "isInitial": initial,
        "passwordNotificationWindowInDays": None if initial else 14,
        "passwordValidityPeriodInDays": None if initial else 2147483647,
        "supportedServices": services,
    }


def _values(call: Call) -> dict[str, Any]:
    tenant = call.tenant
    plans = [plan for sku in tenant.skus for plan in sku["servicePlans"]]
    return {
        "id": tenant.id,
        "displayName": tenant.display_name,
        "countryLetterCode": tenant.country,
        "assignedPlans": [
            {
                "assignedDateTime": None,
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
