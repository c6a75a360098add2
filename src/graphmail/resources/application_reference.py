"""How resources refer to an app registration: by the client id that the inventory names, or else by `uniqueName`."""

from __future__ import annotations

from typing import Any

from graphmail.claims import Claims
from graphmail.errors import TenantError
from graphmail.graph import literal
from graphmail.journal import Journal
from graphmail.keyed_create import find_again
from graphmail.resource import Option
from graphmail.resources.foreign_credentials import foreign_credentials
from graphmail.tenant import Tenant

REFERENCE = {
    "application": Option("uniqueName", {"type": "str", "required": True}, managed=False),
    "client_id": Option("appId", {"type": "str"}, managed=False),
}


def application_path(unique_name: str, client_id: str | None) -> str:
    """Where the app is read; `appId` and `uniqueName` are alternate keys.

    https://learn.microsoft.com/graph/api/application-get
    """
    key = f"appId={literal(client_id)}" if client_id else f"uniqueName={literal(unique_name)}"
    return f"/applications({key})"


def service_principal_path(client_id: str) -> str:
    return f"/servicePrincipals(appId={literal(client_id)})"


DELETED = "/directory/deletedItems/microsoft.graph.application"


def deleted_application(tenant: Tenant, unique_name: str) -> dict[str, Any] | None:
    """The soft-deleted app that still holds that `uniqueName`, as it does for 30 days."""
    found = (a for a in tenant.graph.list_all(DELETED) if a.get("uniqueName") == unique_name)
    return next(found, None)


def former_client_id(tenant: Tenant, desired: dict[str, Any]) -> str:
    """Client id of an app that is gone: the inventory's, the journal's or a deleted app's; empty if unknown."""
    if desired.get("client_id"):
        return str(desired["client_id"])
    told = [
        str(entry.facts["client_id"])
        for entry in Journal(tenant.state.journal).entries()
        if entry.facts.get("client_id") and entry.facts.get("tenant_id") == tenant.tenant_id
    ]
    if told:
        return told[-1]
    deleted = deleted_application(tenant, desired["application"])
    return str(deleted["appId"]) if deleted else ""


def stays_for(tenant: Tenant, application: dict[str, Any], desired: dict[str, Any]) -> str:
    """Why an app is not an offboarding's to take away, for a person; empty where it is."""
    if desired.get("client_id"):
        return f"app {application['appId']} was adopted: somebody else made it"
    if not made_here(tenant, application, desired):
        return f"nothing here says that app {application['appId']} was made here"
    foreign = foreign_credentials(tenant, application, [])
    return (
        f"app {application['appId']} holds credentials that nobody here made: {', '.join(foreign)}" if foreign else ""
    )


def made_here(tenant: Tenant, application: dict[str, Any], desired: dict[str, Any]) -> bool:
    """Whether the journal claims the app; one that the inventory adopts was there before."""
    name = str(desired.get("application") or desired.get("unique_name"))
    return not desired.get("client_id") and Claims(tenant).holds("entra_application", name, str(application["id"]))


def referred_application(tenant: Tenant, desired: dict[str, Any]) -> dict[str, Any] | None:
    """The app that a resource refers to; None only in a check-mode run that would make it, or for state `absent`."""
    unique_name = desired["application"]
    found = tenant.graph.find(application_path(unique_name, desired.get("client_id")))
    if found is None and desired.get("state") == "absent":
        return None
    if found is None and not tenant.run.check_mode:
        # One read proves no absence: another replica may be behind.
        tenant.reads.drop()
        path = application_path(unique_name, desired.get("client_id"))
        found = find_again(tenant.clock, lambda: tenant.graph.find(path))
    if found is None and not tenant.would_create("entra_application", unique_name):
        raise TenantError(
            f"There is no app registration {desired.get('client_id') or unique_name} in tenant {tenant.tenant_id}",
            expected=f"one with uniqueName {unique_name!r}, made by entra_application",
            found="none",
            remedy="run onboard.yml, or correct the name",
        )
    if found is None:
        tenant.warn(f"App {unique_name!r} would be made by this run; what depends on it is predicted without it.")
    return found
