"""Who may write an application or a service principal: whoever may write all, or owns it and may write their own.

Application.ReadWrite.OwnedBy: learn.microsoft.com/graph/permissions-reference. A user without a directory role writes
what they own too, and has the same right here (delegated_rights.py).
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call, Caller
from graphmail.sandbox.directory_records import Application, ServicePrincipal
from graphmail.sandbox.graph.directory import find_application, find_principal, seen
from graphmail.sandbox.graph.errors import bad_request, denied, graph_error, not_found
from graphmail.sandbox.graph.memberships import related
from graphmail.sandbox.graph.permissions import require
from graphmail.sandbox.graph.query import many_objects
from graphmail.sandbox.graph.schema_people import DIRECTORY_OBJECT
from graphmail.sandbox.graph.users import is_user, user_values

ALL, OWNED = "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"
READERS = ("Directory.Read.All", "Directory.ReadWrite.All")
LARGEST = 100  # owners of one object


def caller_id(caller: Caller) -> str:
    """The object id of who asks: the user of a delegated token, else the service principal."""
    return caller.user_id or caller.service_principal_id


def first_owners(call: Call) -> list[str]:
    """The owners of what the caller makes now: an administrator or an app that may write all becomes none."""
    return [] if call.caller.by_hand or ALL in call.caller.roles else [caller_id(call.caller)]


def may_write(call: Call, item: Application | ServicePrincipal) -> bool:
    if call.caller.by_hand or ALL in call.caller.roles:
        return True
    return OWNED in call.caller.roles and caller_id(call.caller) in item.owners


def writable_application(call: Call) -> Application:
    """Return the application the path names; ServiceError 404 when there is none, 403 when it is not the caller's."""
    application = find_application(call)
    if not may_write(call, application):
        raise denied()
    return application


def writable_principal(call: Call) -> ServicePrincipal:
    """As `writable_application`."""
    principal = find_principal(call)
    if not may_write(call, principal):
        raise denied()
    return principal


async def list_of_application(call: Call) -> Answer:
    return _list(call, find_application(call))


async def list_of_principal(call: Call) -> Answer:
    return _list(call, find_principal(call))


async def add_to_application(call: Call) -> Answer:
    return _add(call, find_application(call), "/applications")


async def add_to_principal(call: Call) -> Answer:
    return _add(call, find_principal(call), "/servicePrincipals")


async def remove_from_application(call: Call) -> Answer:
    return _remove(call, find_application(call), "/applications")


async def remove_from_principal(call: Call) -> Answer:
    return _remove(call, find_principal(call), "/servicePrincipals")


def referenced(call: Call) -> str:
    """Return the object id of the `@odata.id` in the body of a `$ref` request."""
    body = call.json()
    reference = body.get("@odata.id") if isinstance(body, dict) else None
    if not isinstance(reference, str) or "/" not in reference:
        raise graph_error(400, "BadRequest", "The request body must contain an '@odata.id' that refers to an object.")
    return reference.rstrip("/").rsplit("/", 1)[-1].lower()


def _list(call: Call, item: Application | ServicePrincipal) -> Answer:
    return many_objects(call, DIRECTORY_OBJECT, related(call, item, "owners"))


def object_values(call: Call, object_id: str) -> dict[str, Any] | None:
    user = call.tenant.recipients.get(object_id)
    if user and is_user(user):
        return {"@odata.type": "#microsoft.graph.user", **user_values(call, user)}
    principal = call.tenant.service_principals.get(object_id)
    if principal is None or principal.deleted:
        return None
    return {
        "@odata.type": "#microsoft.graph.servicePrincipal",
        "id": principal.id,
        "appId": principal.app_id,
        "displayName": principal.properties.get("displayName"),
    }


def _add(call: Call, item: Application | ServicePrincipal, collection: str) -> Answer:
    require(call, *READERS)  # learn.microsoft.com/graph/api/application-post-owners
    owner = referenced(call)
    principal = call.tenant.service_principals.get(owner)
    if object_values(call, owner) is None or (principal and not seen(call, principal.span)):
        raise not_found(owner)
    if owner in item.owners:
        raise bad_request("One or more added object references already exist for the following modified properties: "
                          "'owners'.")  # fmt: skip
    if len(item.owners) >= LARGEST:
        raise bad_request("The number of owners exceeds the limit.")
    item.owners.append(owner)
    call.tenant.commit(
        call.caller.actor, "graph", f"POST {collection}/{{id}}/owners/$ref", item.id,
        app_id=item.app_id, owner=owner,
    )  # fmt: skip
    return Answer(204)


def _remove(call: Call, item: Application | ServicePrincipal, collection: str) -> Answer:
    owner = call.params["owner_id"].lower()
    if owner not in item.owners:
        raise not_found(owner)
    item.owners.remove(owner)
    call.tenant.commit(
        call.caller.actor, "graph", f"DELETE {collection}/{{id}}/owners/{{owner_id}}/$ref", item.id,
        app_id=item.app_id, owner=owner,
    )  # fmt: skip
    return Answer(204)
