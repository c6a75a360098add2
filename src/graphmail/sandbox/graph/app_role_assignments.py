"""Admin consent for application permissions: learn.microsoft.com/graph/api/resources/approleassignment."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import AppRoleAssignment, ServicePrincipal
from graphmail.sandbox.graph.directory import find_principal, live_assignments, principal_by_id, seen, stamp
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.permissions import require, require_consent_right
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_types import APP_ROLE_ASSIGNMENT
from graphmail.sandbox.object_ids import opaque_id
from graphmail.sandbox.well_known import GRAPH_APP_ID

CONTEXT = "appRoleAssignments"
LARGEST = 1500  # assignments of one principal
# AppRoleAssignment.ReadWrite.All alone is refused: microsoftgraph/microsoft-graph-docs#12833.
READERS = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")


async def list_of_principal(call: Call) -> Answer:
    principal = find_principal(call)
    rows = [assignment_values(call, a) for a in live_assignments(principal) if seen(call, a.span)]
    return many(call, APP_ROLE_ASSIGNMENT, rows, CONTEXT)


async def list_of_resource(call: Call) -> Answer:
    resource = find_principal(call)
    rows = [assignment_values(call, a) for a in _assigned_to(call, resource) if seen(call, a.span)]
    return many(call, APP_ROLE_ASSIGNMENT, rows, CONTEXT)


async def get_of_principal(call: Call) -> Answer:
    return _one(call, live_assignments(find_principal(call)))


async def get_of_resource(call: Call) -> Answer:
    return _one(call, _assigned_to(call, find_principal(call)))


async def grant_to_principal(call: Call) -> Answer:
    require(call, *READERS)
    principal = find_principal(call)
    body = _checked(call)
    if body["principalId"].lower() != principal.id:
        raise bad_request("The principalId of the request does not match the service principal of the URL.")
    return _grant(call, principal, principal_by_id(call, body["resourceId"]), body["appRoleId"])


async def grant_on_resource(call: Call) -> Answer:
    require(call, *READERS)
    resource = find_principal(call)
    body = _checked(call)
    if body["resourceId"].lower() != resource.id:
        raise bad_request("The resourceId of the request does not match the service principal of the URL.")
    return _grant(call, principal_by_id(call, body["principalId"]), resource, body["appRoleId"])


async def revoke_of_principal(call: Call) -> Answer:
    return _revoke(call, live_assignments(find_principal(call)))


async def revoke_on_resource(call: Call) -> Answer:
    return _revoke(call, _assigned_to(call, find_principal(call)))


def assignment_values(call: Call, assignment: AppRoleAssignment) -> dict[str, Any]:
    principals = call.tenant.service_principals
    return {
        "id": assignment.id,
        "appRoleId": assignment.app_role_id,
        "createdDateTime": stamp(assignment.span.made),
        "principalDisplayName": principals[assignment.principal_id].properties.get("displayName"),
        "principalId": assignment.principal_id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": principals[assignment.resource_id].properties.get("displayName"),
        "resourceId": assignment.resource_id,
    }


def _assigned_to(call: Call, resource: ServicePrincipal) -> list[AppRoleAssignment]:
    return [
        a
        for p in call.tenant.service_principals.values()
        if p.deleted is None
        for a in live_assignments(p)
        if a.resource_id == resource.id
    ]


def _checked(call: Call) -> dict[str, Any]:
    body = APP_ROLE_ASSIGNMENT.check(call.json())
    for name in ("principalId", "resourceId", "appRoleId"):
        if not body.get(name):
            raise bad_request(f"A value is required for property '{name}' of resource 'AppRoleAssignment'.")
    return body


def _grant(call: Call, principal: ServicePrincipal, resource: ServicePrincipal, role_id: str) -> Answer:
    require_consent_right(call, to_graph_roles=resource.app_id == GRAPH_APP_ID)
    roles = {r["id"]: r for r in resource.properties.get("appRoles", []) if r.get("isEnabled", True)}
    role = roles.get(role_id.lower())
    if role is None or "Application" not in role["allowedMemberTypes"]:
        raise bad_request(f"Permission being assigned was not found on application '{resource.app_id}'.")
    granted = live_assignments(principal)
    if any(a.resource_id == resource.id and a.app_role_id == role["id"] for a in granted):
        raise bad_request("Permission being assigned already exists on the object")
    if len(granted) >= LARGEST:
        raise bad_request("The number of app role assignments of the principal exceeds the limit.")
    assignment = AppRoleAssignment(
        opaque_id(str(uuid4())), role["id"], principal.id, resource.id, Span(call.tenant.clock.now()),
    )  # fmt: skip
    principal.assignments.append(assignment)
    call.tenant.commit(
        call.caller.actor, "graph", "POST appRoleAssignments", assignment.id,
        app_id=principal.app_id, role=role["value"],
    )  # fmt: skip
    return one(call, APP_ROLE_ASSIGNMENT, assignment_values(call, assignment), CONTEXT, 201)


def _revoke(call: Call, among: list[AppRoleAssignment]) -> Answer:
    require(call, *READERS)
    assignment = _find(call, among)
    graph = call.tenant.service_principals[assignment.resource_id].app_id == GRAPH_APP_ID
    require_consent_right(call, to_graph_roles=graph)
    assignment.span.removed = call.tenant.clock.now()
    principal = call.tenant.service_principals[assignment.principal_id]
    resource = call.tenant.service_principals[assignment.resource_id]
    values = {r["id"]: r["value"] for r in resource.properties.get("appRoles", [])}
    call.tenant.commit(
        call.caller.actor, "graph", "DELETE appRoleAssignments", assignment.id,
        app_id=principal.app_id, role=values.get(assignment.app_role_id),
    )  # fmt: skip
    return Answer(204)


def _one(call: Call, among: list[AppRoleAssignment]) -> Answer:
    return one(call, APP_ROLE_ASSIGNMENT, assignment_values(call, _find(call, among)), CONTEXT)


def _find(call: Call, among: list[AppRoleAssignment]) -> AppRoleAssignment:
    wanted = call.params["assignment_id"]
    found = next((a for a in among if a.id == wanted and seen(call, a.span)), None)
    if found is None:
        raise not_found(wanted)
    return found
