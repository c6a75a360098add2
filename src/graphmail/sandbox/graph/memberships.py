"""Who is in which group, directly or through another group, and who owns what.

learn.microsoft.com/graph/api/group-list-members, …/group-list-transitivemembers, …/user-list-memberof and their
siblings. Directory roles are memberships too: learn.microsoft.com/graph/api/resources/directoryrole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from graphmail.sandbox.call import Call
from graphmail.sandbox.directory_records import Application, ServicePrincipal
from graphmail.sandbox.graph.directory_objects import shown_object
from graphmail.sandbox.graph.listing import is_member
from graphmail.sandbox.graph.query import Shown
from graphmail.sandbox.graph.schema_entra import DIRECTORY_ROLE
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.well_known import DIRECTORY_ROLES

Member = Application | Recipient | ServicePrincipal


def relationships(call: Call, item: Member, names: Iterable[str]) -> dict[str, Callable[[], list[Shown]]]:
    """What $expand and /$count in $filter ask for, worked out only then."""
    return {name: partial(related, call, item, name) for name in names}


def related(call: Call, item: Member, name: str) -> list[Shown]:
    """The objects of one relationship, in the order they came into it."""
    if name == "owners":
        return shown(call, item.owners)
    if name in ("members", "transitiveMembers"):
        return shown(call, member_ids(call, item, transitive=name == "transitiveMembers"))
    groups = shown(call, group_ids(call, item.id, transitive=name == "transitiveMemberOf"))
    return [*groups, *_directory_roles(call, item)]


def shown(call: Call, ids: Iterable[str]) -> list[Shown]:
    """These objects as Graph shows them; those that this reader does not see are left out."""
    found = (shown_object(call, object_id) for object_id in ids)
    return [pair for pair in found if pair is not None]


def member_ids(call: Call, group: Member, *, transitive: bool) -> list[str]:
    """The ids of a group's members; nothing for what is no group."""
    found: dict[str, None] = {}
    waiting = [group]
    while waiting:
        memberships = getattr(waiting.pop(0), "memberships", {})
        new = [m for m, spans in memberships.items() if m not in found and is_member(call, spans)]
        found |= dict.fromkeys(new)
        if transitive:
            waiting += [call.tenant.recipients[m] for m in new if m in call.tenant.recipients]
    return [member for member in found if member != group.id]


def group_ids(call: Call, member: str, *, transitive: bool) -> list[str]:
    """The ids of the groups that somebody is in."""
    groups = [r for r in call.tenant.recipients.values() if r.memberships]
    found: dict[str, None] = {}
    waiting = [member]
    while waiting:
        inner = waiting.pop(0)
        new = [g.id for g in groups if g.id not in found and is_member(call, g.memberships.get(inner, ()))]
        found |= dict.fromkeys(new)
        if transitive:
            waiting += new
    return [group for group in found if group != member]


def _directory_roles(call: Call, item: Member) -> list[Shown]:
    names = {template: name for name, template in DIRECTORY_ROLES.items()}
    held = sorted(getattr(item, "directory_roles", ()))
    return [(DIRECTORY_ROLE, role_values(call, template, names[template])) for template in held]


def role_values(call: Call, template: str, name: str) -> dict[str, Any]:
    object_id = str(uuid5(UUID(call.tenant.id), f"directory role {template}"))
    return {"id": object_id, "displayName": name, "description": name, "roleTemplateId": template}
