"""Directory roles: their definitions, and the older way to give them.

learn.microsoft.com/graph/api/resources/unifiedroledefinition and …/directoryrole. The roles of `well_known` are active
in every tenant; their ids as directoryRole objects differ from tenant to tenant.
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.directory_objects import shown_object
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.memberships import role_values
from graphmail.sandbox.graph.ownership import referenced
from graphmail.sandbox.graph.query import many, many_objects, one
from graphmail.sandbox.graph.role_assignments import assign, holder, holders, withdraw
from graphmail.sandbox.graph.schema_entra import DIRECTORY_ROLE, ROLE_DEFINITION
from graphmail.sandbox.graph.schema_people import DIRECTORY_OBJECT
from graphmail.sandbox.well_known import DIRECTORY_ROLES

_DEFINITIONS = "roleManagement/directory/roleDefinitions"


async def list_definitions(call: Call) -> Answer:
    return many(call, ROLE_DEFINITION, [_definition(n, i) for n, i in DIRECTORY_ROLES.items()], _DEFINITIONS)


async def get_definition(call: Call) -> Answer:
    wanted = call.params["role_id"].lower()
    for name, template in DIRECTORY_ROLES.items():
        if template == wanted:
            return one(call, ROLE_DEFINITION, _definition(name, template), _DEFINITIONS)
    raise not_found(wanted)


async def list_all(call: Call) -> Answer:
    return many(call, DIRECTORY_ROLE, [role_values(call, i, n) for n, i in DIRECTORY_ROLES.items()], "directoryRoles")


async def get(call: Call) -> Answer:
    name, template = _named(call)
    return one(call, DIRECTORY_ROLE, role_values(call, template, name), "directoryRoles")


async def members(call: Call) -> Answer:
    _, template = _named(call)
    rows = [found for h in holders(call) if template in h.directory_roles and (found := shown_object(call, h.id))]
    return many_objects(call, DIRECTORY_OBJECT, rows)


async def add_member(call: Call) -> Answer:
    _, template = _named(call)
    member = holder(call, referenced(call))
    if template in member.directory_roles:
        raise bad_request("One or more added object references already exist for the following modified properties: "
                          "'members'.")  # fmt: skip
    assign(call, member, template, "POST /directoryRoles/members/$ref")
    return Answer(204)


async def remove_member(call: Call) -> Answer:
    _, template = _named(call)
    member = holder(call, call.params["member_id"])
    if template not in member.directory_roles:
        raise not_found(member.id)
    withdraw(call, member, template, "DELETE /directoryRoles/members/{member_id}/$ref")
    return Answer(204)


def _named(call: Call) -> tuple[str, str]:
    """The role of the path, by template id or by its id in this tenant."""
    template, role_id = call.params.get("template_id", "").lower(), call.params.get("role_id", "").lower()
    for name, known in DIRECTORY_ROLES.items():
        if known == template or (role_id and role_values(call, known, name)["id"] == role_id):
            return name, known
    raise not_found(template or role_id)


def _definition(name: str, template: str) -> dict[str, Any]:
    return {"id": template, "displayName": name, "description": name, "templateId": template}
