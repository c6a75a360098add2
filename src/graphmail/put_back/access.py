"""Consent, access policies and role assignments that were removed or added here. Putting one back gives access."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from graphmail.exchange import Row
from graphmail.exchange_errors import already_exists
from graphmail.keyed_create import create_keyed
from graphmail.put_back.application import own_application, own_pointer
from graphmail.put_back.undo import Undo, gone, seen
from graphmail.resource import Values
from graphmail.resources.access_policies import RESTRICT, AccessPolicies
from graphmail.resources.entra_app_role_assignment import AppRoleAssignment, mail_consents
from graphmail.resources.exo_management_role_assignment import (
    EVERYWHERE,
    application_assignments,
    assignment_place,
)
from graphmail.retry import Operation
from graphmail.start_state import Recorded
from graphmail.tenant import Tenant

GRANTS = "the app would have it again"
# How a scope reads back -> the parameter that sets it.
SCOPES = {
    "Group": "RecipientGroupScope",
    "CustomRecipientScope": "CustomResourceScope",
    "AdministrativeUnit": "RecipientAdministrativeUnitScope",
    "Organization": "",
}
_WITH_ID = re.compile(r".+_([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})")


def consent(tenant: Tenant, record: Recorded, params: Values) -> list[Undo]:
    """What was revoked. What was granted here the offboarding takes away by the journal."""
    path = f"/servicePrincipals/{record.object_id}"
    if seen(tenant, lambda: tenant.graph.find(path)) is None:
        return gone(record, f"consent of enterprise application {record.object_id}")
    path = f"{path}/appRoleAssignments"
    there = [[row["resourceId"], row["appRoleId"]] for row in tenant.graph.list_all(path)]
    revoked = record.lists["roles"].removed & record.found["roles"].keys()
    missing = {name: ids for name, ids in record.found["roles"].items() if name in revoked and ids not in there}
    grant = AppRoleAssignment.grant_ids
    return [
        Undo(
            f"consent to {name}",
            "revoked",
            "granted",
            partial(grant, tenant, record.object_id, *ids),
            opens=True,
            why=GRANTS,
        )
        for name, ids in sorted(missing.items())
    ]


def policy(tenant: Tenant, record: Recorded, params: Values) -> list[Undo]:
    """One by others that a migration removed."""
    found = own_application(tenant, params)
    what = f"access policy for group {params['group']!r}"
    if found is None:
        return gone(record, what)
    group = {"ExternalDirectoryObjectId": record.found["group"], "Name": params["group"]}
    if AccessPolicies.of(tenant, found["appId"], group, params["group"]).of_group:
        return []
    confines = record.found["access_right"] == RESTRICT and not mail_consents(tenant, params)
    wanted = {
        "AppId": [found["appId"]],
        "PolicyScopeGroupId": record.found["group"],
        "AccessRight": record.found["access_right"],
        "Description": record.found["description"],
    }

    def make() -> None:
        create_keyed(
            tenant.clock,
            what,
            lambda: tenant.exchange.invoke(Operation.KEYED_CREATE, "New-ApplicationAccessPolicy", **wanted),
            lambda: AccessPolicies.of(tenant, found["appId"], group, params["group"]).of_group,
            exists=already_exists,
        )

    why = "" if confines else "the app has consent that it would let into the group"
    return [Undo(what, "removed", record.found["access_right"], make, opens=True, why=why)]


def roles(tenant: Tenant, record: Recorded, params: Values) -> list[Undo]:
    if own_pointer(tenant, record, params) is None:
        return gone(record, f"roles of Exchange's service principal {record.object_id}")
    now = {str(r["Name"]): r for r in application_assignments(tenant, record.object_id)}
    change, start = record.lists["assignments"], record.found["assignments"]
    ours = {name for name in change.added & now.keys() if not _alike(now[name], start.get(name))}
    missing = {name for name in change.removed & start.keys() if name not in now or name in ours}
    taken = [
        Undo(
            f"role assignment {name!r}",
            _said(now[name]),
            "none",
            partial(tenant.exchange.remove, "Remove-ManagementRoleAssignment", Identity=name),
            frees=name,
        )
        for name in sorted(ours)
    ]
    return taken + [_again(tenant, record, start[name]) for name in sorted(missing)]


def _again(tenant: Tenant, record: Recorded, row: Row) -> Undo:
    """Made once more as it was, under its old name; the id of an assignment is Exchange's to choose."""
    name, kind, scope = str(row["Name"]), str(row["RecipientWriteScope"]), str(row["CustomResourceScope"] or "")
    what, start = f"role assignment {name!r}", _said(row)
    if kind not in SCOPES or (SCOPES[kind] and not scope) or row["Enabled"] not in (None, True, "True"):
        return Undo(what, "removed", start, never="it cannot be made like that; make it by hand")
    if named := _WITH_ID.fullmatch(scope):
        scope = named[1]
    wanted: dict[str, Any] = {"Name": name, "App": record.object_id, "Role": row["Role"]}
    wanted |= {SCOPES[kind]: scope} if SCOPES[kind] else {}

    def make() -> None:
        create_keyed(
            tenant.clock,
            what,
            lambda: tenant.exchange.invoke(Operation.KEYED_CREATE, "New-ManagementRoleAssignment", **wanted),
            lambda: next((r for r in application_assignments(tenant, record.object_id) if r["Name"] == name), None),
            exists=already_exists,
        )

    return Undo(what, "removed", start, make, opens=True, why=GRANTS)


def _alike(row: Row, start: Row | None) -> bool:
    facts = ("Role", "RecipientWriteScope", "CustomResourceScope")
    return start is not None and all(str(row.get(n)) == str(start.get(n)) for n in facts)


def _said(row: Row) -> str:
    return f"{row['Role']} on {assignment_place(row, None) or EVERYWHERE}"
