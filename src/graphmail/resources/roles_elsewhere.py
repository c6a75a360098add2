"""Roles in Exchange that let an app into more mailboxes than those of its group, whatever an access policy says."""

from __future__ import annotations

from graphmail.errors import TenantError
from graphmail.exchange import Row
from graphmail.resources.exo_management_role_assignment import (
    PREFIX,
    application_assignments,
    assignment_place,
    assignments_read,
    shown_assignment,
)
from graphmail.resources.exo_service_principal import pointer_row
from graphmail.tenant import Tenant


def assignments_of_app(tenant: Tenant, client_id: str, *, ahead: bool = False) -> list[Row]:
    """The app's `Application …` roles, whoever assigned them; `ahead` keeps what was read for the run's later tasks."""
    pointer = pointer_row(tenant, client_id) if client_id else None
    if pointer is None:
        return []
    if ahead:
        tenant.exchange.batch([assignments_read(str(pointer["ObjectId"]))], ahead=True)
    return application_assignments(tenant, str(pointer["ObjectId"]))


def holds_elsewhere(row: Row, group: Row | None, name: str) -> bool:
    """Whether that `Application …` role acts outside the group; `name` is what it is called where it is not there."""
    own = str(group["Name"]) if group else f"group {name}"
    acts = row.get("Enabled", True) not in (False, "False")
    return str(row.get("Role", "")).startswith(PREFIX) and acts and assignment_place(row, group).lower() != own.lower()


def refuse_roles_elsewhere(rows: list[Row], application: str, group: Row | None, name: str) -> None:
    """Raise TenantError when one of them acts outside the group: before the app gets consent or a credential."""
    wider = [row for row in rows if holds_elsewhere(row, group, name)]
    if wider:
        removed = "; ".join(f"Remove-ManagementRoleAssignment '{row['Name']}'" for row in wider)
        raise TenantError(
            f"App {application!r} is given more mailboxes than those of group {name!r} by roles in Exchange, "
            "which no access policy limits",
            expected="none of its roles in Exchange outside the group",
            found=", ".join(f"{shown_assignment(row, group)} ({row['Name']})" for row in wider),
            remedy=f"see who needs it; then {removed} in Exchange and run again",
        )
