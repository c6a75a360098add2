"""Exchange's service principals: found, and gone with the enterprise application that they point to.

learn.microsoft.com/exchange/permissions-exo/application-rbac: deleting the service principal in Entra removes the
pointer and its role assignments; management scopes stay.
"""

from __future__ import annotations

from graphmail.sandbox.exchange.cmdlet import Invocation
from graphmail.sandbox.exchange.errors import ambiguous, not_found
from graphmail.sandbox.exchange_records import ExchangeOrganization, Pointer, RoleAssignment
from graphmail.sandbox.store import Tenant


def sweep(tenant: Tenant) -> None:
    """End what points to enterprise applications that were deleted meanwhile."""
    now = tenant.clock.now()
    for pointer in current_pointers(tenant.exchange):
        principal = tenant.service_principals.get(pointer.object_id)
        gone = now if principal is None else principal.deleted
        if gone is None:
            continue
        pointer.span.removed = gone
        for assignment in current_assignments(tenant.exchange):
            if assignment.assignee == pointer.object_id:
                assignment.span.removed = gone


def current_pointers(organization: ExchangeOrganization) -> list[Pointer]:
    return [p for p in organization.pointers if p.span.removed is None]


def current_assignments(organization: ExchangeOrganization) -> list[RoleAssignment]:
    return [a for a in organization.assignments if a.span.removed is None]


def find_pointer(call: Invocation, identity: str) -> Pointer:
    """By object id, app id, guid or display name. Raises CmdletError when none or several are meant.

    A pointer just made is not found by the next cmdlet for half of the replication delay.
    """
    sweep(call.tenant)
    now, wanted = call.tenant.clock.now(), identity.lower()
    found = [
        p
        for p in current_pointers(call.tenant.exchange)
        if wanted in (p.object_id, p.app_id, p.guid, p.display_name.lower())
        and p.span.holds(now, call.lag("replication") / 2)
    ]
    if not found:
        raise not_found(identity)
    if len(found) > 1:
        raise ambiguous(identity)
    return found[0]
