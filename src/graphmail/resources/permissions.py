"""Application permissions by name: what they are called, and their ids in the tenant at hand.

Ids are looked up by value in the tenant's own service principals, since those of the national clouds are only assumed
to be the same. https://learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

from typing import Any

from graphmail.errors import TenantError
from graphmail.tenant import Tenant

GRAPH = "00000003-0000-0000-c000-000000000000"
GRAPH_SERVICE_PRINCIPAL = f"/servicePrincipals(appId='{GRAPH}')?$select=id,appId,displayName,appRoles"


def graph_service_principal(tenant: Tenant) -> dict[str, Any]:
    """Graph's own service principal in the tenant, with its application roles."""
    return tenant.remembered(GRAPH_SERVICE_PRINCIPAL, lambda: tenant.graph.get(GRAPH_SERVICE_PRINCIPAL))


def role_id(resource: dict[str, Any], name: str) -> str:
    """Id of the application permission of that name."""
    for role in resource["appRoles"]:
        if role.get("value") == name:
            return str(role["id"])
    raise TenantError(
        f"Microsoft Graph has no application permission {name!r} in this tenant",
        expected="a permission of the Graph permissions reference, of type Application",
        remedy="correct the name",
    )


def role_name(resource: dict[str, Any], role: str) -> str:
    return next((str(r["value"]) for r in resource["appRoles"] if r["id"] == role), role)


def declared_roles(tenant: Tenant, application: dict[str, Any]) -> list[str]:
    """Names of the Graph application permissions that the app registration declares; declaring grants nothing."""
    graph = graph_service_principal(tenant)
    return sorted(
        role_name(graph, access["id"])
        for resource in application.get("requiredResourceAccess") or ()
        if resource.get("resourceAppId") == GRAPH
        for access in resource.get("resourceAccess") or ()
        if access.get("type") == "Role"
    )


def required_resource_access(tenant: Tenant, names: list[str], current: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The collection as PATCH replaces it: Graph's application permissions as named, all else as it is."""
    graph = graph_service_principal(tenant)
    others = [resource for resource in current if resource.get("resourceAppId") != GRAPH]
    kept = [
        access
        for resource in current
        if resource.get("resourceAppId") == GRAPH
        for access in resource.get("resourceAccess") or ()
        if access.get("type") != "Role"
    ]
    roles = [{"id": role_id(graph, name), "type": "Role"} for name in names]
    return [*others, {"resourceAppId": GRAPH, "resourceAccess": kept + roles}]
