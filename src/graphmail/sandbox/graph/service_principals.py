"""Enterprise applications: learn.microsoft.com/graph/api/resources/serviceprincipal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import ServicePrincipal
from graphmail.sandbox.graph.app_role_assignments import assignment_values
from graphmail.sandbox.graph.directory import (
    find_principal,
    live_application,
    live_assignments,
    live_principal,
    seen,
    stamp,
)
from graphmail.sandbox.graph.errors import bad_request, denied, graph_error, not_found
from graphmail.sandbox.graph.listing import keep_indexed, listed
from graphmail.sandbox.graph.memberships import related
from graphmail.sandbox.graph.ownership import first_owners, may_write, writable_principal
from graphmail.sandbox.graph.query import Shown, many, number_of, one, wanted_key
from graphmail.sandbox.graph.schema_types import APP_ROLE_ASSIGNMENT, SERVICE_PRINCIPAL
from graphmail.sandbox.registration import foreign_properties, registration_of

CONTEXT = "servicePrincipals"


async def create(call: Call) -> Answer:
    principal = _create(call, SERVICE_PRINCIPAL.check(call.json()), "POST /servicePrincipals")
    return one(call, SERVICE_PRINCIPAL, principal_values(call, principal), CONTEXT, 201)


async def list_all(call: Call) -> Answer:
    return many(call, SERVICE_PRINCIPAL, _rows(call), CONTEXT)


async def count(call: Call) -> Answer:
    return number_of(call, SERVICE_PRINCIPAL, _rows(call))


async def get(call: Call) -> Answer:
    return one(call, SERVICE_PRINCIPAL, principal_values(call, find_principal(call)), CONTEXT)


async def update(call: Call) -> Answer:
    _update(call, writable_principal(call), SERVICE_PRINCIPAL.check(call.json()), "PATCH /servicePrincipals/{id}")
    return Answer(204)


async def upsert(call: Call) -> Answer:
    """learn.microsoft.com/graph/api/serviceprincipal-upsert."""
    app_id = call.params["app_id"]
    body = SERVICE_PRINCIPAL.check(call.json())
    request = "PATCH /servicePrincipals(appId='{app_id}')"
    existing = live_principal(call, app_id)
    if existing:
        if not may_write(call, existing):
            raise denied()
        _update(call, existing, body, request)
        return Answer(204)
    if "create-if-missing" not in [p.strip() for p in call.headers.get("prefer", "").lower().split(",")]:
        raise not_found(app_id)
    principal = _create(call, body | {"appId": app_id}, request)
    return one(call, SERVICE_PRINCIPAL, principal_values(call, principal), CONTEXT, 201)


async def delete(call: Call) -> Answer:
    """Soft delete; Entra hands out no token to the app from now on."""
    principal = writable_principal(call)
    principal.deleted = call.tenant.clock.now()
    call.tenant.commit(
        call.caller.actor, "graph", "DELETE /servicePrincipals/{id}", principal.id, app_id=principal.app_id,
    )  # fmt: skip
    return Answer(204)


def principal_values(call: Call, principal: ServicePrincipal) -> dict[str, Any]:
    application = live_application(call, principal.app_id)
    registered = application.properties if application else {}
    web = registered.get("web") or {}
    return {
        "appOwnerOrganizationId": call.tenant.id,
        "appDescription": registered.get("description"),
        "appRoles": registered.get("appRoles", []),
        "homepage": web.get("homePageUrl"),
        "info": {
            name: (registered.get("info") or {}).get(name)
            for name in ("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
        },
        "replyUrls": web.get("redirectUris", []),
        "servicePrincipalNames": [*registered.get("identifierUris", []), principal.app_id],
        "signInAudience": registered.get("signInAudience", "AzureADMyOrg"),
        **principal.properties,
        "id": principal.id,
        "appId": principal.app_id,
        "createdDateTime": stamp(principal.span.made),
        "deletedDateTime": stamp(principal.deleted),
        "appRoleAssignments": partial(_granted, call, principal),
        "owners": partial(related, call, principal, "owners"),
    }


def _rows(call: Call) -> list[dict[str, Any]]:
    found: Iterable[ServicePrincipal] = call.tenant.service_principals.values()
    match wanted_key(call, SERVICE_PRINCIPAL):
        case ("id", value):
            found = (p for p in found if p.id == value.lower())
        case ("appId", value):
            found = (p for p in found if p.app_id == value.lower())
    return listed(call, found, principal_values)


def _granted(call: Call, principal: ServicePrincipal) -> list[Shown]:
    live = (a for a in live_assignments(principal) if seen(call, a.span))
    return [(APP_ROLE_ASSIGNMENT, assignment_values(call, a)) for a in live]


def _create(call: Call, body: dict[str, Any], request: str) -> ServicePrincipal:
    app_id = str(body.get("appId") or "").lower()
    if not app_id:
        raise bad_request("A value is required for property 'appId' of resource 'ServicePrincipal'.")
    if live_principal(call, app_id):
        raise _in_use(app_id)
    registered = registration_of(call.world, call.tenant, app_id)
    if registered is None:
        raise _no_backing(app_id)
    application, local = registered.application, registered.tenant is call.tenant
    if local and not seen(call, application.span):
        raise _no_backing(app_id)
    if not may_write(call, application):  # nor where it is registered elsewhere: it must be in the local tenant
        raise denied()
    principal = ServicePrincipal(str(uuid4()), app_id, Span(call.tenant.clock.now()), owners=first_owners(call))
    name = application.properties["displayName"]
    tags = list(dict.fromkeys([*application.properties.get("tags", []), *body.get("tags", [])]))
    principal.properties = {
        **({} if local else foreign_properties(registered)),
        "displayName": name,
        **{n: v for n, v in body.items() if n != "appId"},
        "appDisplayName": name,
        "tags": tags,
        "createdByAppId": None if call.caller.by_hand else call.caller.client_id,
    }
    call.tenant.service_principals[principal.id] = principal
    call.tenant.commit(call.caller.actor, "graph", request, principal.id, app_id=app_id, set=sorted(body))
    return principal


def _update(call: Call, principal: ServicePrincipal, body: dict[str, Any], request: str) -> None:
    if "appId" in body and body["appId"] != principal.app_id:
        raise bad_request("Property 'appId' is read-only and cannot be set.")
    changed = sorted(n for n, v in body.items() if principal.properties.get(n) != v)
    keep_indexed(call, principal.id, principal_values(call, principal))
    principal.properties |= {n: v for n, v in body.items() if n != "appId"}
    call.tenant.commit(
        call.caller.actor, "graph", request, principal.id, app_id=principal.app_id, changed=changed,
    )  # fmt: skip


def _in_use(app_id: str) -> ServiceError:
    message = (
        f"The service principal cannot be created, updated, or restored because the service principal name {app_id} is "
        "already in use."
    )
    details = [{"code": "ObjectConflict", "message": message, "target": "servicePrincipalNames"}]
    return graph_error(409, "Request_MultipleObjectsWithSameKeyValue", message, details)


def _no_backing(app_id: str) -> ServiceError:
    message = f"The appId '{app_id}' of the service principal does not reference a valid application object."
    return bad_request(message, [{"code": "NoBackingApplicationObject", "message": message, "target": "appId"}])
