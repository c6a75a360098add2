"""Directory roles of service principals and users: learn.microsoft.com/graph/api/resources/unifiedroleassignment.

Tenant-wide assignments only. A role is in the tokens issued after it, as their `wids`.
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.directory_records import ServicePrincipal
from graphmail.sandbox.graph.directory import principal_by_id, seen
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_types import ROLE_ASSIGNMENT
from graphmail.sandbox.graph.users import is_user
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.well_known import DIRECTORY_ROLES

Holder = ServicePrincipal | Recipient
REQUEST = "/roleManagement/directory/roleAssignments"
CONTEXT = "roleManagement/directory/roleAssignments"


async def list_all(call: Call) -> Answer:
    return many(call, ROLE_ASSIGNMENT, [_values(p, r) for p, r in _assigned(call)], CONTEXT)


async def create(call: Call) -> Answer:
    body = ROLE_ASSIGNMENT.check(call.json())
    role = str(body.get("roleDefinitionId", "")).lower()
    if body.get("directoryScopeId") != "/" or role not in DIRECTORY_ROLES.values():
        raise bad_request("The role definition or the directory scope is not valid; the sandbox knows '/' alone.")
    principal = holder(call, str(body.get("principalId", "")))
    if role in principal.directory_roles:
        raise bad_request("A conflicting object with one or more of the specified property values is present.")
    assign(call, principal, role, f"POST {REQUEST}")
    return one(call, ROLE_ASSIGNMENT, _values(principal, role), CONTEXT, 201)


async def delete(call: Call) -> Answer:
    for principal, role in _assigned(call):
        if _id(principal, role) == call.params["id"]:
            withdraw(call, principal, role, f"DELETE {REQUEST}")
            return Answer(204)
    raise not_found(call.params["id"])


def holder(call: Call, object_id: str) -> Holder:
    """Return the user or service principal that can hold a role; ServiceError 404 when there is none."""
    user = call.tenant.recipients.get(object_id.lower())
    return user if user and is_user(user) and seen(call, user.span) else principal_by_id(call, object_id)


def assign(call: Call, member: Holder, role: str, request: str) -> None:
    member.directory_roles.add(role)
    _commit(call, request, member, role)


def withdraw(call: Call, member: Holder, role: str, request: str) -> None:
    member.directory_roles.remove(role)
    _commit(call, request, member, role)


def holders(call: Call) -> list[Holder]:
    """Return whoever has a role."""
    principals = [p for p in call.tenant.service_principals.values() if p.directory_roles and p.deleted is None]
    users = [r for r in call.tenant.recipients.values() if r.directory_roles and r.span.removed is None]
    return [*principals, *users]


def _assigned(call: Call) -> list[tuple[Holder, str]]:
    return [(holder, role) for holder in holders(call) for role in sorted(holder.directory_roles)]


def _values(principal: Holder, role: str) -> dict[str, Any]:
    return {
        "id": _id(principal, role),
        "principalId": principal.id,
        "roleDefinitionId": role,
        "directoryScopeId": "/",
    }


def _id(principal: Holder, role: str) -> str:
    return f"{role[:8]}-{principal.id}"


def _commit(call: Call, request: str, principal: Holder, role: str) -> None:
    name = next(name for name, template in DIRECTORY_ROLES.items() if template == role)
    who = {"app_id": principal.app_id} if isinstance(principal, ServicePrincipal) else {}
    call.tenant.commit(call.caller.actor, "graph", request, principal.id, role=name, **who)
