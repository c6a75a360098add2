"""Directory roles of service principals: learn.microsoft.com/graph/api/resources/unifiedroleassignment.

Tenant-wide assignments only. A role is in the tokens issued after it, as their `wids`.
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.directory import principal_by_id
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_types import ROLE_ASSIGNMENT
from graphmail.sandbox.store import ServicePrincipal
from graphmail.sandbox.well_known import DIRECTORY_ROLES

CONTEXT = "roleManagement/directory/roleAssignments"


async def list_all(call: Call) -> Answer:
    return many(call, ROLE_ASSIGNMENT, [_values(p, r) for p, r in _assigned(call)], CONTEXT)


async def create(call: Call) -> Answer:
    body = ROLE_ASSIGNMENT.check(call.json())
    role = str(body.get("roleDefinitionId", "")).lower()
    if body.get("directoryScopeId") != "/" or role not in DIRECTORY_ROLES.values():
        raise bad_request("The role definition or the directory scope is not valid; the sandbox knows '/' alone.")
    principal = principal_by_id(call, str(body.get("principalId", "")))
    if role in principal.directory_roles:
        raise bad_request("A conflicting object with one or more of the specified property values is present.")
    principal.directory_roles.add(role)
    _commit(call, "POST", principal, role)
    return one(call, ROLE_ASSIGNMENT, _values(principal, role), CONTEXT, 201)


async def delete(call: Call) -> Answer:
    for principal, role in _assigned(call):
        if _id(principal, role) == call.params["id"]:
            principal.directory_roles.remove(role)
            _commit(call, "DELETE", principal, role)
            return Answer(204)
    raise not_found(call.params["id"])


def _assigned(call: Call) -> list[tuple[ServicePrincipal, str]]:
    return [
        (p, role)
        for p in call.tenant.service_principals.values()
        if p.deleted is None
        for role in sorted(p.directory_roles)
    ]


def _values(principal: ServicePrincipal, role: str) -> dict[str, Any]:
    return {
        "id": _id(principal, role),
        "principalId": principal.id,
        "roleDefinitionId": role,
        "directoryScopeId": "/",
    }


def _id(principal: ServicePrincipal, role: str) -> str:
    return f"{role[:8]}-{principal.id}"


def _commit(call: Call, method: str, principal: ServicePrincipal, role: str) -> None:
    name = next(name for name, template in DIRECTORY_ROLES.items() if template == role)
    request = f"{method} /roleManagement/directory/roleAssignments"
    call.tenant.commit(call.caller.client_id, "graph", request, principal.id, app_id=principal.app_id, role=name)
