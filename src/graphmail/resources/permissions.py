"""Application permissions by name: what they are called, and their ids in the tenant at hand.

Ids are looked up by value in the tenant's own service principals, since those of the national clouds are only assumed
to be the same. https://learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphmail.errors import TenantError
from graphmail.tenant import Tenant

GRAPH = "00000003-0000-0000-c000-000000000000"
GRAPH_SERVICE_PRINCIPAL = f"/servicePrincipals(appId='{GRAPH}')?$select=id,appId,displayName,appRoles"
# A permission of another service than Graph is named `<service>/<permission>`, by the name of its service principal.
SERVICES = {"Office 365 Exchange Online": "00000002-0000-0ff1-ce00-000000000000"}


def graph_service_principal(tenant: Tenant) -> dict[str, Any]:
    """Graph's own service principal in the tenant, with its application roles."""
    return tenant.remembered(GRAPH_SERVICE_PRINCIPAL, lambda: tenant.graph.get(GRAPH_SERVICE_PRINCIPAL))


def offered(tenant: Tenant, name: str) -> tuple[dict[str, Any], str]:
    """Service principal of the service that offers that permission, and the permission's id there."""
    service, _, permission = name.rpartition("/")
    if not service:
        graph = graph_service_principal(tenant)
        return graph, role_id(graph, name)
    if service not in SERVICES:
        raise TenantError(
            f"There is no service {service!r} to have a permission of",
            expected=", ".join(SERVICES),
            remedy="correct it",
        )
    path = GRAPH_SERVICE_PRINCIPAL.replace(GRAPH, SERVICES[service])
    principal = tenant.remembered(path, lambda: tenant.graph.get(path))
    return principal, role_id(principal, permission)


def role_id(resource: dict[str, Any], name: str) -> str:
    """Id of the application permission of that name."""
    for role in resource["appRoles"]:
        if role.get("value") == name:
            return str(role["id"])
    raise TenantError(
        f"{resource.get('displayName') or 'Microsoft Graph'} has no application permission {name!r} in this tenant",
        expected="a permission of the Graph permissions reference, of type Application",
        remedy="correct the name",
    )


def role_name(resource: dict[str, Any], role: str) -> str:
    return next((str(r["value"]) for r in resource["appRoles"] if r["id"] == role), role)


def declared_roles(tenant: Tenant, application: dict[str, Any], names: Sequence[str] = ()) -> list[str]:
    """Names of the application permissions that the app registration declares; declaring grants nothing.

    Of Graph, and of the other services that `names` are of.
    """
    services = {"": graph_service_principal(tenant)}
    services |= {name.rpartition("/")[0]: offered(tenant, name)[0] for name in names}
    return sorted(
        f"{service}/{role_name(principal, access['id'])}" if service else role_name(principal, access["id"])
        for service, principal in services.items()
        for resource in application.get("requiredResourceAccess") or ()
        if resource.get("resourceAppId") == principal["appId"]
        for access in resource.get("resourceAccess") or ()
        if access.get("type") == "Role"
    )


def required_resource_access(tenant: Tenant, names: list[str], current: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The collection as PATCH replaces it: permissions of Graph and of services named exactly so, the rest as it is."""
    wanted: dict[str, list[str]] = {GRAPH: []}
    for name in names:
        principal, role = offered(tenant, name)
        wanted.setdefault(str(principal["appId"]), []).append(role)
    others = [resource for resource in current if resource.get("resourceAppId") not in wanted]
    return [*others, *(_declared(app_id, roles, current) for app_id, roles in wanted.items())]


def _declared(app_id: str, roles: list[str], current: list[dict[str, Any]]) -> dict[str, Any]:
    kept = [
        access
        for resource in current
        if resource.get("resourceAppId") == app_id
        for access in resource.get("resourceAccess") or ()
        if access.get("type") != "Role"
    ]
    return {"resourceAppId": app_id, "resourceAccess": kept + [{"id": role, "type": "Role"} for role in roles]}
