"""Delegated permissions granted to a client: learn.microsoft.com/graph/api/resources/oauth2permissiongrant."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import PermissionGrant
from graphmail.sandbox.graph.directory import principal_by_id, seen
from graphmail.sandbox.graph.errors import bad_request, graph_error, not_found
from graphmail.sandbox.graph.permissions import require_consent_right
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_entra import OAUTH2_PERMISSION_GRANT as ENTITY
from graphmail.sandbox.graph.users import is_user
from graphmail.sandbox.object_ids import opaque_id

CONTEXT = "oauth2PermissionGrants"
ALL, ONE = "AllPrincipals", "Principal"


async def list_all(call: Call) -> Answer:
    rows = [_values(g) for g in call.tenant.permission_grants.values() if _shown(call, g)]
    return many(call, ENTITY, rows, CONTEXT)


async def get(call: Call) -> Answer:
    return one(call, ENTITY, _values(_find(call)), CONTEXT)


async def create(call: Call) -> Answer:
    """For all users, or for one; what is granted is in tokens after `delays.consent`."""
    body = ENTITY.check(call.json())
    for name in ("clientId", "consentType", "resourceId", "scope"):
        if not body.get(name):
            raise bad_request(f"A value is required for property '{name}' of resource 'OAuth2PermissionGrant'.")
    for_all, principal_id = body["consentType"] == ALL, str(body.get("principalId") or "").lower() or None
    if body["consentType"] not in (ALL, ONE) or for_all != (principal_id is None):
        raise bad_request("Invalid value specified for property 'principalId' of resource 'OAuth2PermissionGrant'.")
    client, resource = principal_by_id(call, body["clientId"]), principal_by_id(call, body["resourceId"])
    require_consent_right(call, to_graph_roles=False)
    if principal_id and not ((user := call.tenant.recipients.get(principal_id)) and is_user(user)):
        raise not_found(principal_id)
    key = (client.id, resource.id, principal_id)
    if any((g.client_id, g.resource_id, g.principal_id) == key for g in call.tenant.permission_grants.values()):
        message = "Permission entry already exists."
        raise graph_error(409, "Request_MultipleObjectsWithSameKeyValue", message)
    made = PermissionGrant(
        opaque_id(str(uuid4())), client.id, resource.id, principal_id, body["scope"].split(),
        Span(call.tenant.clock.now()),
    )  # fmt: skip
    call.tenant.permission_grants[made.id] = made
    _commit(call, "POST /oauth2PermissionGrants", made)
    return one(call, ENTITY, _values(made), CONTEXT, 201)


async def update(call: Call) -> Answer:
    """Only `scope` can be changed."""
    grant, body = _find(call), ENTITY.check(call.json())
    if set(body) != {"scope"} or not isinstance(body["scope"], str):
        raise bad_request("Only property 'scope' of resource 'OAuth2PermissionGrant' can be updated.")
    require_consent_right(call, to_graph_roles=False)
    grant.scopes, grant.span, grant.at_sign_in = body["scope"].split(), Span(call.tenant.clock.now()), False
    _commit(call, "PATCH /oauth2PermissionGrants/{id}", grant)
    return Answer(204)


async def delete(call: Call) -> Answer:
    grant = _find(call)
    require_consent_right(call, to_graph_roles=False)
    del call.tenant.permission_grants[grant.id]
    _commit(call, "DELETE /oauth2PermissionGrants/{id}", grant)
    return Answer(204)


def _shown(call: Call, grant: PermissionGrant) -> bool:
    return grant.at_sign_in or seen(call, grant.span)


def _find(call: Call) -> PermissionGrant:
    """By id, which is case-sensitive."""
    grant = call.tenant.permission_grants.get(call.params["grant_id"])
    if grant is None or not _shown(call, grant):
        raise not_found(call.params["grant_id"])
    return grant


def _values(grant: PermissionGrant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "clientId": grant.client_id,
        "consentType": ONE if grant.principal_id else ALL,
        "principalId": grant.principal_id,
        "resourceId": grant.resource_id,
        "scope": " ".join(grant.scopes),
    }


def _commit(call: Call, request: str, grant: PermissionGrant) -> None:
    client = call.tenant.service_principals.get(grant.client_id)
    call.tenant.commit(
        call.caller.actor, "graph", request, grant.id,
        app_id=client.app_id if client else None, scope=" ".join(grant.scopes), for_all=grant.principal_id is None,
    )  # fmt: skip
