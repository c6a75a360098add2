"""Whose access hangs on a group: policies of any app, management scopes and role assignments."""

from __future__ import annotations

from graphmail.exchange import Cmdlet, Row
from graphmail.resources.access_policies import POLICIES
from graphmail.tenant import Tenant

SCOPES = Cmdlet("Get-ManagementScope", {})
ASSIGNMENTS = Cmdlet("Get-ManagementRoleAssignment", {})


def named_elsewhere(tenant: Tenant, group: Row) -> str:
    """What names the group, for a person; empty if nothing does. In a check, what the run would take away is none."""
    policies, scopes, assignments = tenant.exchange.batch([POLICIES, SCOPES, ASSIGNMENTS])
    identifier, name = str(group.get("ExternalDirectoryObjectId", "")).lower(), str(group["Name"]).lower()
    named = [
        f"the {row.get('AccessRight')} policy of app {row.get('AppId')}"
        for row in policies.value()
        if str(row.get("ScopeIdentityRaw", "")).rpartition(";")[2].lower() == identifier
        and not tenant.would_create("removed", str(row.get("Identity")))
    ]
    marks = [str(group.get(n, "")).lower() for n in ("DistinguishedName", "Guid") if group.get(n)]
    named += [
        f"the management scope {row['Name']!r}"
        for row in scopes.value()
        if any(mark in str(row.get("RecipientFilter", "")).lower() for mark in marks)
    ]
    named += [
        f"the role assignment {row['Name']!r}"
        for row in assignments.value()
        if str(row.get("RecipientWriteScope")) == "Group"
        and f"{row.get('CustomResourceScope', '')}_".lower().startswith(f"{name}_")
        and not tenant.would_create("removed", str(row.get("Name")))
    ]
    return f"it is named by {', '.join(named)}" if named else ""
