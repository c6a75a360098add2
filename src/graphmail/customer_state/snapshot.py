"""Reads app, enterprise application, consent, credentials, group, policies and role assignments, in few requests.

What was read ahead in this run, and not dropped because of a write, costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphmail.customer_state.subject import Subject
from graphmail.errors import TenantError
from graphmail.exchange import Row
from graphmail.graph import BatchAnswer
from graphmail.reach.sources import EVERY_APP
from graphmail.resources.access_policies import POLICIES
from graphmail.resources.application_reference import application_path, service_principal_path
from graphmail.resources.exo_distribution_group import group_reads
from graphmail.resources.exo_management_role_assignment import assignments_of
from graphmail.resources.exo_service_principal import POINTERS
from graphmail.resources.federated_credentials import federated_path
from graphmail.resources.kept_credentials import credentials_on
from graphmail.resources.permissions import GRAPH_SERVICE_PRINCIPAL, role_name
from graphmail.tenant import Tenant

Facts = dict[str, Any]


class Snapshot:
    """Of one moment. A part that cannot be read is in `not_read` with the reason, and nowhere else."""

    def __init__(self, tenant: Tenant, subject: Subject) -> None:
        self._tenant = tenant
        self._subject = subject
        self._not_read: dict[str, str] = {}
        self._application: Facts | None = None
        self._graph: Facts = {}

    def take(self) -> Facts:
        """What is there; null for what is not. No secret is among it: Graph never gives one back."""
        start = self._tenant.clock.now()
        found: Facts = {}
        self._part("application", lambda: found.update(self._of_application()))
        if self._application and "application" not in self._not_read:
            self._part("enterprise_application", lambda: found.update(self._of_principal(self._application or {})))
        if self._subject.group:
            self._part("exchange", lambda: found.update(self._of_exchange()))
        read = {"from": start.isoformat(), "to": self._tenant.clock.now().isoformat()}
        return {"schema": 1, "read": read, **found, "not_read": self._not_read}

    def _part(self, name: str, look: Callable[[], None]) -> None:
        try:
            look()
        except TenantError as error:
            self._not_read[name] = str(error)

    def _of_application(self) -> Facts:
        there = application_path(self._subject.unique_name, self._subject.client_id)
        application, graph = self._tenant.graph.batch([there, GRAPH_SERVICE_PRINCIPAL])
        if application.missing:
            return {"application": None, "enterprise_application": None, "consent": [], "credentials": []}
        self._application, self._graph = found, service = application.value(), graph.value()
        names = ("appId", "id", "uniqueName", "displayName", "signInAudience", "createdDateTime", "notes")
        declared = [
            role_name(service, access["id"])
            for resource in found.get("requiredResourceAccess") or ()
            if resource.get("resourceAppId") == service["appId"]
            for access in resource.get("resourceAccess") or ()
        ]
        return {"application": {_snake(name): found.get(name) for name in names} | {"asks_for": sorted(declared)}}

    def _of_principal(self, application: Facts) -> Facts:
        tenant, path = self._tenant, service_principal_path(str(application["appId"]))
        consents, trusted = f"{path}/appRoleAssignments", federated_path(application)
        principal, granted, others = tenant.graph.batch([path, consents, trusted])
        federated = self._rows(trusted, others)
        credentials = [
            {"kind": one.kind, "key_id": one.key_id, "name": one.name, "ends": one.end.isoformat() if one.end else None}
            for one in credentials_on(application, federated)
        ]
        if principal.missing:
            return {"enterprise_application": None, "consent": [], "credentials": credentials}
        there = principal.value()
        rows = self._rows(consents, granted)
        names = ("id", "appId", "displayName", "accountEnabled", "appRoleAssignmentRequired")
        return {
            "enterprise_application": {_snake(name): there.get(name) for name in names},
            "consent": sorted((_consent(row, self._graph) for row in rows), key=lambda one: str(one["permission"])),
            "credentials": credentials,
        }

    def _rows(self, path: str, answer: BatchAnswer) -> list[Facts]:
        """All of a collection; of a long one the batch held only the first page."""
        if answer.missing:
            return []
        body = answer.value()
        return list(self._tenant.graph.list_all(path)) if "@odata.nextLink" in body else list(body.get("value", ()))

    def _of_exchange(self) -> Facts:
        tenant, name = self._tenant, self._subject.group
        reads = [POLICIES, POINTERS, *group_reads(name, None)[:2]]
        policies, pointers, groups, members = tenant.exchange.batch(reads)
        own = str((self._application or {}).get("appId", "")).lower()
        rows = [] if groups.missing else groups.value()
        group = next((row for row in rows if str(row.get("Name", "")).lower() == name.lower()), None)
        pointer = next((p for p in pointers.value() if own and str(p.get("AppId", "")).lower() == own), None)
        assigned = assignments_of(tenant, str(pointer["ObjectId"])) if pointer else []
        counts = {own, EVERY_APP} - {""}
        return {
            "group": _group(group, members.value()) if group else None,
            "access_policies": [
                _some(row, "Identity", "AppId", "AccessRight", "ScopeName", "ScopeIdentityRaw", "Description")
                for row in policies.value()
                if str(row.get("AppId", "")).lower() in counts
            ],
            "exchange_service_principal": _some(pointer, "ObjectId", "AppId", "DisplayName") if pointer else None,
            "role_assignments": [
                _some(row, "Name", "Role", "RecipientWriteScope", "CustomResourceScope", "Enabled", "WhenChanged")
                for row in assigned
            ],
        }


def _consent(row: Facts, graph: Facts) -> Facts:
    of_graph = str(row.get("resourceId")) == str(graph.get("id"))
    permission = role_name(graph, row["appRoleId"]) if of_graph else row.get("appRoleId")
    return {
        "service": row.get("resourceDisplayName"),
        "permission": permission,
        "since": row.get("createdDateTime"),
        "id": row.get("id"),
    }


def _group(row: Row, members: list[Row]) -> Facts:
    kept = _some(row, "Name", "PrimarySmtpAddress", "RecipientTypeDetails", "Guid", "ExternalDirectoryObjectId")
    people = [_some(one, "PrimarySmtpAddress", "RecipientType", "Guid") for one in members]
    by_address = sorted(people, key=lambda one: str(one["primary_smtp_address"]).lower())
    return kept | {"owners": list(row.get("ManagedBy") or ()), "members": by_address}


def _some(row: Row, *names: str) -> Facts:
    return {_snake(name): row.get(name) for name in names}


def _snake(name: str) -> str:
    """Microsoft's own word, as everywhere here; an object's `id` is its `object_id`, `appId` the `client_id`."""
    known = {"id": "object_id", "appId": "client_id", "AppId": "client_id", "ObjectId": "object_id"}
    if name in known:
        return known[name]
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
