"""Making and changing security groups and Microsoft 365 groups, and who is in them.

learn.microsoft.com/graph/api/group-post-groups, …/group-post-members, …/group-delete-members. Mail-enabled security
groups and distribution lists are read-only through Graph: …/resources/groups-overview.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import ServicePrincipal
from graphmail.sandbox.graph.directory import seen
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.groups import GROUPS, SECURITY_GROUP, UNIFIED_GROUP, find_group, group_values
from graphmail.sandbox.graph.listing import keep_indexed
from graphmail.sandbox.graph.query import one
from graphmail.sandbox.graph.schema_people import GROUP
from graphmail.sandbox.graph.users import is_user
from graphmail.sandbox.object_ids import security_identifier
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.service import not_implemented

MOST_BINDS = 20  # owners and members in one request
REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
_REFERENCE = re.compile(
    r"https://[^/]+/(?:v1\.0|beta)/(?:directoryObjects|users|groups|servicePrincipals)(?:/|\('?)(?P<id>[^/')]+)'?\)?/?$",
    re.IGNORECASE,
)
_RECORD = {"displayName": "display_name", "mailNickname": "alias"}
_KIND = {"mailEnabled", "securityEnabled", "groupTypes"}


async def create(call: Call) -> Answer:
    body, kind = _checked(call)
    owners, members = _bound(call, "owners"), _bound(call, "members")
    now, nickname = call.tenant.clock.now(), body["mailNickname"]
    address = f"{nickname}@{call.tenant.domains[0]}"
    if kind == UNIFIED_GROUP and call.tenant.recipient_with(address):
        raise bad_request("Another object with the same value for property mailNickname already exists.")
    group = Recipient(
        id=str(uuid4()), guid=str(uuid4()), sid=security_identifier(str(uuid4())), name=body["displayName"],
        display_name="", alias="", type_details=kind, addresses=[address] if kind == UNIFIED_GROUP else [],
        span=Span(now), owners=list(dict.fromkeys(owners)),
        memberships={member: [Span(now)] for member in dict.fromkeys(members)},
    )  # fmt: skip
    _write(group, body)
    if kind == UNIFIED_GROUP:  # it may be for permissions too
        group.properties = {"visibility": "Public", **group.properties, "securityEnabled": body["securityEnabled"]}
    call.tenant.recipients[group.id] = group
    call.tenant.commit(call.caller.actor, "graph", "POST /groups", group.id, name=group.display_name, kind=kind)
    return one(call, GROUP, group_values(call, group), "groups", 201)


async def update(call: Call) -> Answer:
    """Properties, and with `members@odata.bind` up to 20 new members."""
    group, body = _writable(call), GROUP.check(call.json())
    for name in _KIND & set(body):
        if body[name] != group_values(call, group)[name]:
            return not_implemented(f"changing {name} of a group")
    if "displayName" in body and not body["displayName"]:
        raise bad_request("Invalid value specified for property 'displayName' of resource 'Group'.")
    members = _bound(call, "members")
    if any(_is_member(group, member) for member in members):
        raise _exists("members")
    keep_indexed(call, group.id, group_values(call, group))
    _write(group, body)
    for member in members:
        group.memberships.setdefault(member, []).append(Span(call.tenant.clock.now()))
    _commit(call, group, "PATCH /groups/{id}", changed=sorted(body), members=members)
    return Answer(204)


async def delete(call: Call) -> Answer:
    group = _writable(call)
    group.span.removed = call.tenant.clock.now()
    _commit(call, group, "DELETE /groups/{id}")
    return Answer(204)


async def add_member(call: Call) -> Answer:
    group = _writable(call)
    member = _reference(call, call.json().get("@odata.id"))
    if group.type_details == UNIFIED_GROUP and not is_user(call.tenant.recipients.get(member, group)):
        raise bad_request("The member of a Microsoft 365 group must be a user.")
    if _is_member(group, member):
        raise _exists("members")
    if member == group.id:
        raise bad_request("A group cannot be a member of itself.")
    group.memberships.setdefault(member, []).append(Span(call.tenant.clock.now()))
    _commit(call, group, "POST /groups/{id}/members/$ref", member=member)
    return Answer(204)


async def remove_member(call: Call) -> Answer:
    group, member = _writable(call), call.params["member_id"].lower()
    if not _is_member(group, member):
        raise not_found(call.params["member_id"])
    group.memberships[member][-1].removed = call.tenant.clock.now()
    _commit(call, group, "DELETE /groups/{id}/members/{id}/$ref", member=member)
    return Answer(204)


async def add_owner(call: Call) -> Answer:
    group = _writable(call)
    owner = _reference(call, call.json().get("@odata.id"))
    if owner in group.owners:
        raise _exists("owners")
    group.owners.append(owner)
    _commit(call, group, "POST /groups/{id}/owners/$ref", owner=owner)
    return Answer(204)


async def remove_owner(call: Call) -> Answer:
    group, owner = _writable(call), call.params["owner_id"].lower()
    if owner not in group.owners:
        raise not_found(call.params["owner_id"])
    if group.owners == [owner]:
        raise bad_request("The group must have at least one owner, hence this owner cannot be removed.")
    group.owners.remove(owner)
    _commit(call, group, "DELETE /groups/{id}/owners/{id}/$ref", owner=owner)
    return Answer(204)


def _checked(call: Call) -> tuple[dict[str, Any], str]:
    """The body of a new group and which kind it will be."""
    body = GROUP.check(call.json())
    for name in REQUIRED:
        if body.get(name) in (None, ""):
            raise bad_request(f"A value is required for property '{name}' of resource 'Group'.")
    if unknown := set(body.get("groupTypes") or ()) - {"Unified"}:
        raise ServiceError(not_implemented(f"groups of the type {sorted(unknown)[0]}"))
    unified = "Unified" in (body.get("groupTypes") or ())
    if unified:
        if not body["mailEnabled"]:
            raise bad_request("The mailEnabled property of a Microsoft 365 group must be true.")
        return body, UNIFIED_GROUP
    if body["mailEnabled"]:
        raise bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the "
            "mail-enablement property is unset and the security-enablement property is set.",
        )
    if not body["securityEnabled"]:
        raise bad_request("The group must be mail-enabled or security-enabled.")
    return body, SECURITY_GROUP


def _writable(call: Call) -> Recipient:
    """The group of the path; ServiceError 400 for a mail-enabled security group or distribution list."""
    group = find_group(call)
    kind = GROUPS[group.type_details]
    if kind["mailEnabled"] and not kind["groupTypes"]:
        raise bad_request("Cannot Update a mail-enabled security groups and or distribution list.")
    return group


def _write(group: Recipient, body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name in _RECORD:
            setattr(group, _RECORD[name], value)
        elif name not in _KIND:
            group.properties[name] = value


def _bound(call: Call, name: str) -> list[str]:
    references = call.json().get(f"{name}@odata.bind") or []
    if not isinstance(references, list) or len(references) > MOST_BINDS:
        raise bad_request(f"The number of references of '{name}' exceeds the limit of {MOST_BINDS}.")
    return [_reference(call, reference) for reference in references]


def _reference(call: Call, url: Any) -> str:
    """The object id that an @odata.id names; ServiceError 400 malformed, 404 nobody seen with that id."""
    match = _REFERENCE.match(url) if isinstance(url, str) else None
    if match is None:
        raise bad_request("Invalid URL format specified in the @odata.id of the request.")
    object_id = match.group("id").lower()
    found: Recipient | ServicePrincipal | None = call.tenant.recipients.get(object_id)
    found = found or call.tenant.service_principals.get(object_id)
    if found is None or not seen(call, found.span):
        raise not_found(match.group("id"))
    return object_id


def _is_member(group: Recipient, member: str) -> bool:
    return any(span.removed is None for span in group.memberships.get(member, ()))


def _exists(what: str) -> ServiceError:
    return bad_request(
        f"One or more added object references already exist for the following modified properties: '{what}'."
    )


def _commit(call: Call, group: Recipient, request: str, **detail: Any) -> None:
    call.tenant.commit(call.caller.actor, "graph", request, group.id, name=group.display_name, **detail)
