"""Where an application is registered: in this tenant, or as a multi-tenant one in another tenant of the same sandbox.

learn.microsoft.com/entra/identity-platform/single-and-multi-tenant-apps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphmail.sandbox.directory_records import Application
from graphmail.sandbox.store import Tenant, World

MULTI_TENANT = ("AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount")


@dataclass(frozen=True, slots=True)
class Registration:
    """An application and its home tenant, whose clock and lags its credentials go by."""

    tenant: Tenant
    application: Application


def registration_of(world: World, tenant: Tenant, app_id: str) -> Registration | None:
    """Return the live registration that `tenant` can use, its own first; replicated or not."""
    wanted = app_id.lower()
    if own := _in(tenant, wanted):
        return Registration(tenant, own)
    home = world.tenants.get(world.shared_applications.get(wanted, ""))
    found = _in(home, wanted) if home else None
    if home is None or found is None or found.properties.get("signInAudience") not in MULTI_TENANT:
        return None
    return Registration(home, found)


def anybodys(world: World, app_id: str) -> Application | None:
    """Return the live application with this client id, whichever tenant it is registered in; looks at all of them."""
    home = world.tenants.get(world.shared_applications.get(app_id.lower(), ""))
    tenants = [home] if home else world.tenants.values()
    return next((found for tenant in tenants if (found := _in(tenant, app_id.lower()))), None)


def share(world: World, tenant: Tenant, application: Application) -> None:
    """Note where an application is that other tenants may use; call it when its audience may have changed."""
    shared = application.properties.get("signInAudience") in MULTI_TENANT
    if shared and world.shared_applications.get(application.app_id) != tenant.id:
        world.shared_applications[application.app_id] = tenant.id
        world.changes.elsewhere = True


def foreign_properties(registration: Registration) -> dict[str, Any]:
    """What a service principal has of an application that is registered elsewhere."""
    properties = registration.application.properties
    web = properties.get("web") or {}
    return {
        "appOwnerOrganizationId": registration.tenant.id,
        "appDescription": properties.get("description"),
        "appRoles": properties.get("appRoles", []),
        "homepage": web.get("homePageUrl"),
        "replyUrls": web.get("redirectUris", []),
        "servicePrincipalNames": [*properties.get("identifierUris", []), registration.application.app_id],
        "signInAudience": properties.get("signInAudience"),
    }


def _in(tenant: Tenant, app_id: str) -> Application | None:
    return next((a for a in tenant.applications.values() if a.app_id == app_id and a.deleted is None), None)
