"""Everything in a tenant that decides which mailboxes an app reaches, read in few requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from graphmail.exchange import Row
from graphmail.resources.access_policies import POLICIES
from graphmail.resources.application_reference import service_principal_path
from graphmail.resources.exo_distribution_group import group_reads
from graphmail.resources.exo_management_role_assignment import assignments_of
from graphmail.resources.exo_service_principal import POINTERS
from graphmail.resources.permissions import role_name
from graphmail.tenant import Tenant

EVERY_APP = "*"


@dataclass(frozen=True, slots=True)
class Consent:
    """An application permission that Entra granted: `resource` is the client id of the service it is for."""

    resource: str
    resource_name: str
    role: str
    since: str = field(default="", compare=False)  # when it was granted, as Graph writes it


@dataclass(frozen=True, slots=True)
class Sources:
    """As the services have them; `members` are the group's direct ones, `group` its name in the inventory."""

    group: str
    group_row: Row | None = None
    members: list[Row] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    policies: list[Row] = field(default_factory=list)  # of this app, and of every app
    assignments: list[Row] = field(default_factory=list)  # of Exchange's management roles
    directory_roles: list[str] = field(default_factory=list)  # names, such as Exchange Administrator

    @classmethod
    def of(cls, tenant: Tenant, client_id: str, group: str) -> Self:
        """Read them. Raises what the tenant's refusal raises."""
        reads = [POLICIES, POINTERS, *group_reads(group, None)[:2]]
        policies, pointers, groups, members = tenant.exchange.batch(reads)
        of_app = (client_id.lower(), EVERY_APP)
        pointer = next((p for p in pointers.value() if str(p.get("AppId", "")).lower() == client_id.lower()), None)
        rows = [] if groups.missing else groups.value()
        found = next((row for row in rows if str(row.get("Name", "")).lower() == group.lower()), None)
        return cls(
            group,
            found,
            members.value() if found else [],
            consents_of(tenant, client_id),
            [p for p in policies.value() if str(p.get("AppId", "")).lower() in of_app],
            assignments_of(tenant, str(pointer["ObjectId"])) if pointer else [],
            _directory_roles(tenant, client_id),
        )


def _directory_roles(tenant: Tenant, client_id: str) -> list[str]:
    """https://learn.microsoft.com/graph/api/serviceprincipal-list-transitivememberof, directory roles of it."""
    if tenant.graph.find(service_principal_path(client_id)) is None:
        return []
    held = tenant.graph.list_all(f"{service_principal_path(client_id)}/transitiveMemberOf")
    return [str(item["displayName"]) for item in held if str(item.get("@odata.type", "")).endswith("directoryRole")]


def consents_of(tenant: Tenant, client_id: str) -> list[Consent]:
    """All application permissions that Entra granted the app; none where it has no service principal."""
    principal = tenant.graph.find(service_principal_path(client_id))
    if principal is None:
        return []
    path = f"{service_principal_path(client_id)}/appRoleAssignments"
    return [_consent(tenant, grant) for grant in tenant.graph.list_all(path)]


def _consent(tenant: Tenant, grant: dict[str, Any]) -> Consent:
    path = f"/servicePrincipals/{grant['resourceId']}?$select=id,appId,displayName,appRoles"
    resource = tenant.remembered(path, lambda: tenant.graph.get(path))
    role, since = role_name(resource, grant["appRoleId"]), str(grant.get("createdDateTime") or "")
    return Consent(str(resource["appId"]).lower(), resource["displayName"], role, since)
