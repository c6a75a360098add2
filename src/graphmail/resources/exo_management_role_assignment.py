"""RBAC for Applications: what Exchange itself lets the app do, confined to the mailboxes of one group.

The exact set of the app's `Application …` roles: what is not listed is taken away.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from graphmail.clock import poll
from graphmail.errors import ServiceFailure, TenantError
from graphmail.exchange import Cmdlet, Row
from graphmail.exchange_errors import already_exists
from graphmail.keyed_create import PATIENCE, create_keyed
from graphmail.resource import Found, Option, Plan, Resource, State, Values, unordered
from graphmail.resources.application_reference import REFERENCE, former_client_id, referred_application, stays_for
from graphmail.resources.exo_service_principal import pointer_row
from graphmail.resources.foreign_credentials import foreign_credentials, refuse_widening_for
from graphmail.resources.group_reference import referred_group
from graphmail.retry import Operation
from graphmail.rights import EXCHANGE_WRITES
from graphmail.start_state import ListChange
from graphmail.tenant import Tenant

LONGEST_NAME = 64
PREFIX = "Application "
# Says where a role holds, in the diff and in messages.
EVERYWHERE = "the whole organization"
# How long Exchange may go by what it knew of a busy app: the longest of application-rbac's two times.
CACHE_TIME = timedelta(hours=2)


class ManagementRoleAssignment(Resource):
    """https://learn.microsoft.com/exchange/permissions-exo/application-rbac."""

    name = "exo_management_role_assignment"
    permissions = (EXCHANGE_WRITES,)
    cmdlets = (
        "Get-DistributionGroup",
        "Get-ManagementRoleAssignment",
        "Get-Recipient",
        "Get-ServicePrincipal",
        "New-ManagementRoleAssignment",
        "Remove-ManagementRoleAssignment",
    )
    claimed = True
    options: ClassVar = REFERENCE | {
        "roles": Option("Role", {"type": "list", "elements": "str", "required": True}, managed=False),
        "group": Option("RecipientGroupScope", {"type": "str", "required": True}, managed=False),
        "known_credentials": Option(
            "passwordCredentials", {"type": "list", "elements": "str", "default": []}, managed=False
        ),
    }

    def prepare(self, tenant: Tenant, params: Values) -> Values:
        """Takes `Mail.Send` for `Application Mail.Send`, as Graph calls the same permission."""
        roles = [role if role.startswith(PREFIX) else PREFIX + role for role in params["roles"]]
        return params | {"roles": roles, "assignments": sorted(f"{role} on {params['group']}" for role in roles)}

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        absent = desired.get("state") == "absent"
        application = referred_application(tenant, desired)
        group = referred_group(tenant, desired["group"], absent=absent)
        client_id = str(application["appId"]) if application else former_client_id(tenant, desired) if absent else ""
        pointer = pointer_row(tenant, client_id) if client_id else None
        if pointer is None:
            if not absent and application and not tenant.would_create("exo_service_principal", desired["application"]):
                raise TenantError(
                    f"App {desired['application']!r} has no service principal in Exchange",
                    remedy="run onboard.yml: exo_service_principal makes it",
                )
            return self._nothing(tenant, application, desired)
        rows = application_assignments(tenant, str(pointer["ObjectId"]))
        if not rows:
            return self._nothing(tenant, application, desired)
        return held_assignments(rows, group, _foreign(tenant, application, desired), pointer)

    @staticmethod
    def _nothing(tenant: Tenant, application: Values | None, desired: Values) -> Found | None:
        """None, but where nothing may be assigned: `plan` has to know why."""
        foreign = _foreign(tenant, application, desired)
        return held_assignments([], None, foreign) if foreign else None

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        if state == "absent":
            return super().plan(found, desired, state)
        before, after = found.values["assignments"] if found else [], desired["assignments"]
        if found and unordered(before) == unordered(after):
            return Plan(None)
        if found and _wider(before, after, [f"{role} on {desired['group']}" for role in found.object["everywhere"]]):
            refuse_widening_for(found.object["foreign"], desired["application"], "roles in Exchange")
        if not before:
            return Plan("create", after={"assignments": after})
        return Plan("update", before={"assignments": before}, after={"assignments": after})

    def identify(self, found: Found) -> str:
        return str(found.object["pointer"].get("ObjectId", ""))

    def as_found(self, tenant: Tenant, found: Found, desired: Values) -> Values:
        facts = ("Name", "Role", "RecipientWriteScope", "CustomResourceScope", "Enabled")
        return {"assignments": {str(row["Name"]): {n: row.get(n) for n in facts} for row in found.object["rows"]}}

    def set_here(self, plan: Plan, found: Found, desired: Values) -> Values:
        """By name: one that is of the right name and wrong is in both."""
        wanted = {assignment_name(desired["application"], role): role for role in desired["roles"]}
        rights = {name: f"{role} on {desired['group']}" for name, role in wanted.items()}
        held = found.object["held"]
        wrong = {name for name, right in rights.items() if name in held and held[name] != right}
        fitting: dict[str, str] = {}
        for name in sorted(held.keys() - wrong, key=lambda name: name not in wanted):
            if held[name] in rights.values():
                fitting.setdefault(held[name], name)
        new = {name for name, right in rights.items() if right not in fitting}
        return {"assignments": ListChange(frozenset(new), frozenset(held.keys() - set(fitting.values())))}

    def removed(self, found: Found) -> list[str]:
        return list(found.object["held"])

    def stays(self, tenant: Tenant, found: Found, desired: Values) -> str:
        """Of an app that stays, also those by other names than they are made with here."""
        application = referred_application(tenant, desired)
        if application is None or not stays_for(tenant, application, desired):
            return ""
        ours = {assignment_name(desired["application"], role) for role in desired["roles"]}
        others = sorted(set(found.object["held"]) - ours)
        return super().stays(tenant, found, desired) or (
            f"others are beside them: {', '.join(others)}" if others else ""
        )

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        held = dict(found.object["held"]) if found else {}
        if plan.action == "delete":
            for name in held:
                tenant.exchange.remove("Remove-ManagementRoleAssignment", Identity=name)
            return
        wanted = {assignment_name(desired["application"], role): role for role in desired["roles"]}
        for name, role in wanted.items():
            right = f"{role} on {desired['group']}"
            # Of the right name and not as it should be: it is in the way.
            if name in held and held[name] != right:
                tenant.exchange.remove("Remove-ManagementRoleAssignment", Identity=name)
                del held[name]
            if right not in held.values():
                self._assign(tenant, desired, name, role)
        # Only now what is too much: members keep what they have all the time.
        kept = set()
        for name, shown in sorted(held.items(), key=lambda item: item[0] not in wanted):
            if shown in desired["assignments"] and shown not in kept:
                kept.add(shown)
            else:
                tenant.exchange.remove("Remove-ManagementRoleAssignment", Identity=name)

        def settled() -> Found | None:
            seen = self.read(tenant, desired)
            return seen if seen and unordered(seen.values["assignments"]) == desired_set else None

        desired_set = unordered(desired["assignments"])
        poll(tenant.clock, settled, PATIENCE, "the role assignments to be readable")

    def _assign(self, tenant: Tenant, desired: Values, name: str, role: str) -> None:
        pointer = pointer_row(tenant, (referred_application(tenant, desired) or {})["appId"]) or {}
        parameters = {"Name": name, "App": pointer["ObjectId"], "Role": role, "RecipientGroupScope": desired["group"]}
        create_keyed(
            tenant.clock,
            f"the assignment of {role} to {desired['application']!r}",
            lambda: tenant.exchange.invoke(Operation.KEYED_CREATE, "New-ManagementRoleAssignment", **parameters),
            lambda: next((r for r in application_assignments(tenant, pointer["ObjectId"]) if r["Name"] == name), None),
            exists=already_exists,
            early=_not_replicated,
        )


def held_assignments(rows: list[Row], group: Row | None, foreign: list[str], pointer: Row | None = None) -> Found:
    """`rows` as `plan` compares them; `foreign` are credentials for which nothing may be widened."""
    held = {str(row["Name"]): shown_assignment(row, group) for row in rows}
    # What is confined now was open before. A scope that is not known may be a small one, and covers nothing.
    open_ones = (row for row in rows if row.get("RecipientWriteScope") == "Organization" and enabled(row))
    everywhere = [str(row["Role"]) for row in open_ones if assignment_place(row, group) == EVERYWHERE]
    known = {"rows": rows, "held": held, "pointer": pointer or {}, "everywhere": everywhere, "foreign": foreign}
    return Found({"assignments": sorted(held.values())}, known)


def _wider(before: list[str], after: list[str], covered: list[str]) -> bool:
    return bool(set(unordered(after)) - set(unordered(before + covered)))


def _foreign(tenant: Tenant, application: Values | None, desired: Values) -> list[str]:
    if application is None or desired.get("state") == "absent":
        return []
    return foreign_credentials(tenant, application, desired["known_credentials"])


def enabled(row: Row) -> bool:
    """Whether the assignment counts; its Enabled comes as a truth value or as a word."""
    return row.get("Enabled", True) in (True, "True")


def application_assignments(tenant: Tenant, object_id: str) -> list[Row]:
    """The app's assignments of `Application …` roles, direct ones; another assignee's are never among them."""
    return [row for row in assignments_of(tenant, object_id) if str(row.get("Role", "")).startswith(PREFIX)]


def assignments_read(object_id: str) -> Cmdlet:
    """`object_id` is that of Exchange's service principal of the app."""
    return Cmdlet("Get-ManagementRoleAssignment", {"RoleAssignee": object_id})


def assignments_of(tenant: Tenant, object_id: str) -> list[Row]:
    """All its management roles, those of administration too."""
    (answer,) = tenant.exchange.batch([assignments_read(object_id)])
    rows = [] if answer.missing else answer.value()
    return [
        row
        for row in rows
        if object_id.lower() in {str(row.get(n, "")).lower() for n in ("RoleAssignee", "RoleAssigneeName")}
    ]


def shown_assignment(row: Row, group: Row | None) -> str:
    """`Application Mail.Send on <group>`; any other scope in words, a disabled one marked."""
    disabled = "" if enabled(row) else " (disabled)"
    return f"{row['Role']} on {assignment_place(row, group)}{disabled}"


def assignment_place(row: Row, group: Row | None) -> str:
    """Where a role holds: the name of `group`, another scope in words, or EVERYWHERE.

    A group's scope reads back by the group's Name, or by that and its id. Another group may be named alike.
    """
    kind, scope = str(row.get("RecipientWriteScope", "")), str(row.get("CustomResourceScope") or "")
    if kind == "Group":
        return str(group["Name"]) if group and scope.lower() in _names(group) else f"group {scope}"
    if kind in ("CustomRecipientScope", "AdministrativeUnit") and scope:
        return f"{kind} {scope}"
    return EVERYWHERE  # also for what is not known: it must not pass for confined


def _names(group: Row) -> set[str]:
    name = str(group["Name"])
    ids = (group.get(n) for n in ("Guid", "ExternalDirectoryObjectId"))
    return {text.lower() for text in (name, *(f"{name}_{i}" for i in ids if i))}


def acting(rows: list[Row], group: Row | None, now: datetime) -> set[str]:
    """The roles that are confined to the group and so old that every cache of Exchange knows them."""
    found = set()
    for row in rows:
        changed = _time(row.get("WhenChanged") or row.get("WhenCreated"))
        own = group is not None and shown_assignment(row, group) == f"{row['Role']} on {group['Name']}"
        if own and changed is not None and changed + CACHE_TIME <= now:
            found.add(str(row["Role"]).removeprefix(PREFIX))
    return found


def _time(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text)[:26].rstrip("+Z"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def assignment_name(application: str, role: str) -> str:
    """The same for the same app and role, and no longer than Exchange takes."""
    name = f"{application} {role}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]} {hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _not_replicated(error: ServiceFailure) -> bool:
    return getattr(error, "type_name", "") == "ManagementObjectNotFoundException"
