"""New-, Get-, Set-, Remove-ManagementRoleAssignment and Get-ManagementRole, for applications.

learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

from __future__ import annotations

from uuid import UUID, uuid4, uuid5

from graphmail.sandbox.clock import Span
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.customization import settled
from graphmail.sandbox.exchange.errors import already_exists, invalid, not_delegated, not_emulated, not_found
from graphmail.sandbox.exchange.management_scope import LONGEST_NAME
from graphmail.sandbox.exchange.parameter import BOOLEAN, REQUIRED_STRING, STRING, SWITCH
from graphmail.sandbox.exchange.pointer import current_assignments, find_pointer, sweep
from graphmail.sandbox.exchange.resource_scope import SCOPE_PARAMETERS, chosen_scope, shown_scope
from graphmail.sandbox.exchange.rights import delegable, roles_of_group
from graphmail.sandbox.exchange.role import APPLICATION_ROLES, ORGANIZATION_MANAGEMENT, ROLE_GROUPS, ROLES, role_named
from graphmail.sandbox.exchange_records import RoleAssignment

_NAMESPACE = UUID("5a4d0000-0000-5000-8000-000000000e0e")  # guids of what is built in
_OTHER_ASSIGNEES = ("SecurityGroup", "User", "Policy", "Computer", "CustomRecipientWriteScope")


def _row(call: Invocation, assignment: RoleAssignment) -> Row:
    write_scope, resource_scope = shown_scope(call, assignment)
    return _shown(
        assignment.name,
        assignment.guid,
        assignment.role,
        assignment.assignee,
        "ServicePrincipal",
        delegating=assignment.delegating,
    ) | {
        "RecipientWriteScope": write_scope,
        "CustomResourceScope": resource_scope,
        "WhenChanged": assignment.span.made,
    }


def _shown(name: str, guid: str, role: str, assignee: str, kind: str, *, delegating: bool) -> Row:
    return {
        "Name": name,
        "Identity": name,
        "Guid": UUID(guid),
        "Role": role,
        "RoleAssignee": assignee,
        "RoleAssigneeName": assignee,
        "RoleAssigneeType": kind,
        "AssignmentMethod": "Direct",
        "RoleAssignmentDelegationType": "DelegatingOrgWide" if delegating else "Regular",
        "Enabled": True,
        "IsValid": True,
        "RecipientWriteScope": "Organization",
        "CustomRecipientWriteScope": None,
        "CustomResourceScope": None,
    }


def _built_in(call: Invocation) -> list[Row]:
    """Those of the role groups; Organization Management has a delegating one of each role beside."""
    rows = []
    for group in ROLE_GROUPS:
        delegating = set(ROLES) - call.tenant.exchange.stripped_roles if group == ORGANIZATION_MANAGEMENT else set()
        for role in sorted(roles_of_group(call.tenant, group)):
            name = f"{role}-{group}"
            rows.append(_shown(name, _guid(call, name), role, group, "RoleGroup", delegating=False))
        for role in sorted(delegating):
            name = f"{role}-{group}-Delegating"
            rows.append(_shown(name, _guid(call, name), role, group, "RoleGroup", delegating=True))
    return rows


def _guid(call: Invocation, name: str) -> str:
    return str(uuid5(_NAMESPACE, f"{call.tenant.id}/{name}"))


def find_assignment(call: Invocation) -> RoleAssignment:
    """By name or guid. Raises CmdletError when there is none; those of role groups cannot be changed here."""
    sweep(call.tenant)
    wanted = call.identity.lower()
    for assignment in current_assignments(call.tenant.exchange):
        if wanted in (assignment.name.lower(), assignment.guid):
            return assignment
    if any(wanted in (r["Name"].lower(), str(r["Guid"])) for r in _built_in(call)):
        raise not_emulated("changing the role assignments of role groups")
    raise not_found(call.identity)


def _get(call: Invocation) -> list[Row]:
    sweep(call.tenant)
    rows = [_row(call, a) for a in current_assignments(call.tenant.exchange)] + _built_in(call)
    if call.identity:
        wanted = call.identity.lower()
        rows = [r for r in rows if wanted in (r["Name"].lower(), str(r["Guid"]))]
        if not rows:
            raise not_found(call.identity)
    if assignee := call.get("RoleAssignee"):
        groups = {g.lower(): g for g in ROLE_GROUPS}
        key = groups.get(assignee.lower()) or find_pointer(call, assignee).object_id
        rows = [r for r in rows if r["RoleAssignee"] == key]
    for name in ("Role", "RoleAssigneeType", "RecipientWriteScope"):
        if text := call.get(name):
            rows = [r for r in rows if r[name].lower() == text.lower()]
    if (delegating := call.get("Delegating")) is not None:
        rows = [r for r in rows if (r["RoleAssignmentDelegationType"] != "Regular") == delegating]
    return [r for r in rows if call.get("Enabled", True)]


def _check_delegation(call: Invocation, name: str, role: str) -> None:
    """CmdletError unless the caller may assign the role, and the organisation has finished being customized."""
    if not settled(call) or role not in delegable(call.tenant, call.caller):
        raise not_delegated(f"{call.tenant.initial_domain}\\{name}")


def _new(call: Invocation) -> list[Row]:
    if other := next((name for name in _OTHER_ASSIGNEES if name in call.parameters), None):
        raise not_emulated(f"the parameter {other} of {call.cmdlet}")
    sweep(call.tenant)
    role = role_named(call.get("Role"))
    if role is None:
        raise not_found(call.get("Role"))
    pointer = find_pointer(call, call.get("App"))
    name = call.get("Name") or f"{role}-{pointer.object_id}"[:LONGEST_NAME]
    if len(name) > LONGEST_NAME:
        raise invalid(f"The length of the property is too long. Name may have {LONGEST_NAME} characters.")
    if any(a.name.lower() == name.lower() for a in current_assignments(call.tenant.exchange)):
        raise already_exists(name)
    kind, scope_id = chosen_scope(call)
    if scope_id and role not in APPLICATION_ROLES:
        raise invalid(f"The role {role} can't be assigned with a resource scope.")
    _check_delegation(call, name, role)
    assignment = RoleAssignment(
        str(uuid4()), name, role, pointer.object_id, bool(call.get("Delegating")), kind, scope_id,
        Span(call.tenant.clock.now()),
    )  # fmt: skip
    call.tenant.exchange.assignments.append(assignment)
    call.commit(name, role=role, app_id=pointer.app_id, scope_kind=kind, scope=scope_id)
    return [_row(call, assignment)]


def _set(call: Invocation) -> list[Row]:
    """Ends the assignment as it was and begins another with the same guid: caches may still hold the old one."""
    old = find_assignment(call)
    _check_delegation(call, old.name, old.role)
    kind, scope_id = chosen_scope(call, old)
    if (kind, scope_id) == (old.scope_kind, old.scope_id):
        call.unchanged(old.name)
        return []
    now = call.tenant.clock.now()
    old.span.removed = now
    call.tenant.exchange.assignments.append(
        RoleAssignment(old.guid, old.name, old.role, old.assignee, old.delegating, kind, scope_id, Span(now)),
    )
    call.commit(old.name, role=old.role, scope_kind=kind, scope=scope_id)
    return []


def _remove(call: Invocation) -> list[Row]:
    assignment = find_assignment(call)
    _check_delegation(call, assignment.name, assignment.role)
    assignment.span.removed = call.tenant.clock.now()
    call.commit(assignment.name, role=assignment.role, assignee=assignment.assignee)
    return []


def _get_role(call: Invocation) -> list[Row]:
    """`RoleType` of the Application roles is the name without spaces and dots."""
    wanted = role_named(call.identity)
    if call.identity and wanted is None:
        raise not_found(call.identity)
    kind = (call.get("RoleType") or "").lower()
    rows = [
        {
            "Name": role,
            "Identity": role,
            "Guid": UUID(_guid(call, role)),
            "RoleType": "".join(c for c in role if c.isalnum()),
            "IsRootRole": True,
            "IsEndUserRole": False,
            "Parent": None,
        }
        for role in ROLES
        if wanted in (None, role)
    ]
    return [r for r in rows if kind in ("", str(r["RoleType"]).lower())]


CMDLETS = [
    Cmdlet("Get-ManagementRole", _get_role, {"Identity": STRING, "RoleType": STRING}),
    Cmdlet(
        "Get-ManagementRoleAssignment",
        _get,
        {
            "Identity": STRING,
            "RoleAssignee": STRING,
            "Role": STRING,
            "RoleAssigneeType": STRING,
            "RecipientWriteScope": STRING,
            "Delegating": BOOLEAN,
            "Enabled": BOOLEAN,
        },
    ),
    Cmdlet(
        "New-ManagementRoleAssignment",
        _new,
        {
            "Name": STRING,
            "App": REQUIRED_STRING,
            "Role": REQUIRED_STRING,
            "Delegating": SWITCH,
            **SCOPE_PARAMETERS,
            **dict.fromkeys(_OTHER_ASSIGNEES, STRING),
        },
        customizes=True,
    ),
    Cmdlet(
        "Set-ManagementRoleAssignment",
        _set,
        {"Identity": REQUIRED_STRING, **SCOPE_PARAMETERS},
        customizes=True,
    ),
    Cmdlet("Remove-ManagementRoleAssignment", _remove, {"Identity": REQUIRED_STRING}, confirms=True, customizes=True),
]
