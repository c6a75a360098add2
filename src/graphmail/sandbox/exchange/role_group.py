"""Get-RoleGroup, Get-, Add-, Remove-RoleGroupMember: role groups of the built-in kind, with applications in them.

Whether an application may be a member is contested: application-rbac says no, app-only-auth-powershell-v2 shows it.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import CmdletError, member_exists, member_missing, not_found
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING, RESULT_SIZE, STRING, SWITCH
from graphmail.sandbox.exchange.pointer import find_pointer, sweep
from graphmail.sandbox.exchange.recipient import MAIL_ENABLED, find, recipient_row
from graphmail.sandbox.exchange.rights import roles_of_group
from graphmail.sandbox.exchange.role import ROLE_GROUPS

_NAMESPACE = UUID("5a4d0000-0000-5000-8000-00000000e0e0")


def _group(call: Invocation) -> str:
    found = next((g for g in ROLE_GROUPS if g.lower() == call.identity.lower()), None)
    if found is None:
        raise not_found(call.identity)
    return found


def _members(call: Invocation, group: str) -> list[str]:
    return call.tenant.exchange.role_group_members.setdefault(group, [])


def _get(call: Invocation) -> list[Row]:
    return [
        {
            "Name": group,
            "Identity": group,
            "Guid": UUID(str(uuid5(_NAMESPACE, f"{call.tenant.id}/{group}"))),
            "Roles": sorted(roles_of_group(call.tenant, group)),
            "RoleAssignments": [f"{role}-{group}" for role in sorted(roles_of_group(call.tenant, group))],
            "Members": list(call.tenant.exchange.role_group_members.get(group, ())),
            "ManagedBy": ["Organization Management"],
        }
        for group in ([_group(call)] if call.identity else ROLE_GROUPS)
    ]


def _get_member(call: Invocation) -> list[Row]:
    sweep(call.tenant)
    rows: list[Row] = []
    for member in call.tenant.exchange.role_group_members.get(_group(call), ()):
        pointer = next((p for p in call.tenant.exchange.pointers if p.object_id == member), None)
        if pointer and pointer.span.removed is None:
            rows.append(
                {
                    "Name": pointer.object_id,
                    "DisplayName": pointer.display_name,
                    "RecipientType": "ServicePrincipal",
                    "Guid": UUID(pointer.guid),
                    "ExternalDirectoryObjectId": pointer.object_id,
                },
            )
        elif recipient := call.tenant.recipients.get(member):
            rows.append(recipient_row(call, recipient))
    return rows


def _member(call: Invocation) -> str:
    """An application's Exchange service principal, or a recipient."""
    try:
        return find_pointer(call, call.get("Member")).object_id
    except CmdletError:
        return find(call, call.get("Member"), MAIL_ENABLED).id


def _add(call: Invocation) -> list[Row]:
    group, member = _group(call), _member(call)
    if member in _members(call, group):
        raise member_exists(call.get("Member"), group)
    _members(call, group).append(member)
    call.commit(group, member=member)
    return []


def _remove(call: Invocation) -> list[Row]:
    group, member = _group(call), _member(call)
    if member not in _members(call, group):
        raise member_missing(call.get("Member"), group)
    _members(call, group).remove(member)
    call.commit(group, member=member)
    return []


_CHANGE = {"Identity": REQUIRED_STRING, "Member": REQUIRED_STRING, "BypassSecurityGroupManagerCheck": SWITCH}

CMDLETS = [
    Cmdlet("Get-RoleGroup", _get, {"Identity": STRING, "ResultSize": RESULT_SIZE}),
    Cmdlet("Get-RoleGroupMember", _get_member, {"Identity": REQUIRED_STRING, "ResultSize": RESULT_SIZE}),
    Cmdlet("Add-RoleGroupMember", _add, _CHANGE, customizes=True),
    Cmdlet("Remove-RoleGroupMember", _remove, _CHANGE, confirms=True, customizes=True),
]
