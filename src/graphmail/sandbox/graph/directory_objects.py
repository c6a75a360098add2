"""Objects of the directory whatever their type: learn.microsoft.com/graph/api/resources/directoryobject."""

from __future__ import annotations

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.directory import seen
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.query import Shown, many_objects, one
from graphmail.sandbox.graph.schema_people import DIRECTORY_OBJECT, GROUP, USER
from graphmail.sandbox.graph.schema_types import APPLICATION, SERVICE_PRINCIPAL

LARGEST = 1000  # ids of one getByIds
_KINDS = {"user", "group", "application", "serviceprincipal", "directoryobject"}


def shown_object(call: Call, object_id: str) -> Shown | None:
    """The user, group, application or service principal with this id as Graph shows it; None where none is seen."""
    from graphmail.sandbox.graph.applications import application_values  # each of these shows relations
    from graphmail.sandbox.graph.groups import group_values, is_group
    from graphmail.sandbox.graph.service_principals import principal_values
    from graphmail.sandbox.graph.users import is_user, user_values

    tenant = call.tenant
    recipient = tenant.recipients.get(object_id)
    if recipient is not None and seen(call, recipient.span):
        if is_group(recipient):
            return GROUP, group_values(call, recipient)
        return (USER, user_values(call, recipient)) if is_user(recipient) else None
    principal = tenant.service_principals.get(object_id)
    if principal is not None and principal.deleted is None and seen(call, principal.span):
        return SERVICE_PRINCIPAL, principal_values(call, principal)
    application = tenant.applications.get(object_id)
    if application is not None and application.deleted is None and seen(call, application.span):
        return APPLICATION, application_values(call, application)
    return None


async def get(call: Call) -> Answer:
    """learn.microsoft.com/graph/api/directoryobject-get."""
    found = shown_object(call, call.params["id"].lower())
    if found is None:
        raise not_found(call.params["id"])
    entity, values = found
    answer = one(call, entity, values, "directoryObjects")
    context = answer.body.pop("@odata.context")
    answer.body = {"@odata.context": context, "@odata.type": f"#microsoft.graph.{entity.name}", **answer.body}
    return answer


async def get_by_ids(call: Call) -> Answer:
    """learn.microsoft.com/graph/api/directoryobject-getbyids: an id that means nothing is passed over in silence."""
    body = call.json()
    ids = body.get("ids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not all(isinstance(object_id, str) for object_id in ids):
        raise bad_request("Invalid value specified for property 'ids' of resource 'DirectoryObject'.")
    if len(ids) > LARGEST:
        raise bad_request(f"The number of ids exceeds the limit of {LARGEST}.")
    kinds = {str(kind).lower() for kind in body.get("types") or ["directoryObject"]}
    if unknown := kinds - _KINDS:
        raise bad_request(f"Invalid value specified for property 'types': '{sorted(unknown)[0]}'.")
    found = [shown_object(call, object_id.lower()) for object_id in dict.fromkeys(ids)]
    rows = [f for f in found if f is not None and ("directoryobject" in kinds or f[0].name.lower() in kinds)]
    return many_objects(call, DIRECTORY_OBJECT, rows)
