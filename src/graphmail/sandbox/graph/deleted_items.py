"""Soft-deleted applications and service principals: learn.microsoft.com/graph/api/resources/directory.

Kept for 30 days of the tenant's clock; restoring an application brings its service principal back.
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.directory_records import Application, ServicePrincipal
from graphmail.sandbox.graph.applications import application_values
from graphmail.sandbox.graph.directory import live_application, live_principal, restorable
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema import EntityType
from graphmail.sandbox.graph.schema_types import APPLICATION, SERVICE_PRINCIPAL
from graphmail.sandbox.graph.service_principals import principal_values
from graphmail.sandbox.service import not_implemented

CONTEXT = "directoryObjects"


async def list_applications(call: Call) -> Answer:
    rows = [application_values(call, a) for a in call.tenant.applications.values() if restorable(call, a.deleted)]
    return many(call, APPLICATION, rows, "applications")


async def list_principals(call: Call) -> Answer:
    rows = [principal_values(call, p) for p in call.tenant.service_principals.values() if restorable(call, p.deleted)]
    return many(call, SERVICE_PRINCIPAL, rows, "servicePrincipals")


async def get(call: Call) -> Answer:
    if call.params["id"].lower().startswith("microsoft.graph."):
        return not_implemented(f"GET {call.path}")
    return _rendered(call, _find(call))


async def restore(call: Call) -> Answer:
    item = _find(call)
    if isinstance(item, ServicePrincipal) and live_principal(call, item.app_id):
        raise bad_request("Another object with the same value for property appId already exists.")
    if isinstance(item, ServicePrincipal) and not live_application(call, item.app_id):
        raise bad_request("The backing application of the service principal is deleted; restore the application.")
    deleted, item.deleted = item.deleted, None
    if isinstance(item, Application):
        for principal in call.tenant.service_principals.values():
            if principal.app_id == item.app_id and principal.deleted == deleted:
                principal.deleted = None
    _commit(call, "POST /directory/deletedItems/{id}/restore", item)
    return _rendered(call, item)


async def purge(call: Call) -> Answer:
    """Delete for good."""
    item = _find(call)
    tenant = call.tenant
    if isinstance(item, Application):
        del tenant.applications[item.id]
        for principal in list(tenant.service_principals.values()):
            if principal.app_id == item.app_id and principal.deleted is not None:
                del tenant.service_principals[principal.id]
    else:
        del tenant.service_principals[item.id]
    _commit(call, "DELETE /directory/deletedItems/{id}", item)
    return Answer(204)


def _find(call: Call) -> Application | ServicePrincipal:
    object_id = call.params["id"].lower()
    item = call.tenant.applications.get(object_id) or call.tenant.service_principals.get(object_id)
    if item is None or not restorable(call, item.deleted):
        raise not_found(object_id)
    return item


def _rendered(call: Call, item: Application | ServicePrincipal) -> Answer:
    entity, values = _values(call, item)
    answer = one(call, entity, values, CONTEXT)
    answer.body["@odata.type"] = f"#microsoft.graph.{entity.name}"
    return answer


def _values(call: Call, item: Application | ServicePrincipal) -> tuple[EntityType, dict[str, Any]]:
    if isinstance(item, Application):
        return APPLICATION, application_values(call, item)
    return SERVICE_PRINCIPAL, principal_values(call, item)


def _commit(call: Call, request: str, item: Application | ServicePrincipal) -> None:
    call.tenant.commit(call.caller.actor, "graph", request, item.id, app_id=item.app_id)
