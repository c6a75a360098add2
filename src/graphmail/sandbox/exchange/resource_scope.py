"""The scope parameters of a role assignment to an application, and how the scope is shown again."""

from __future__ import annotations

from graphmail.sandbox.exchange.cmdlet import Invocation
from graphmail.sandbox.exchange.errors import ambiguous, binding, invalid, not_found
from graphmail.sandbox.exchange.management_scope import current_scopes, find_scope
from graphmail.sandbox.exchange.parameter import STRING
from graphmail.sandbox.exchange.recipient import MEMBERSHIP, find, recipients
from graphmail.sandbox.exchange.scope import ADMINISTRATIVE_UNIT, CUSTOM, GROUP, ORGANIZATION
from graphmail.sandbox.exchange_records import RoleAssignment

SCOPE_PARAMETERS = {
    "CustomResourceScope": STRING,
    "RecipientGroupScope": STRING,
    "RecipientAdministrativeUnitScope": STRING,
}


def chosen_scope(call: Invocation, old: RoleAssignment | None = None) -> tuple[str, str]:
    """Kind and id of the scope that was asked for; none asked for is the whole organisation, or what it was.

    Raises CmdletError for two at once, for one that does not exist, and for an exclusive one.
    """
    given = [name for name in SCOPE_PARAMETERS if call.get(name)]
    if len(given) > 1:
        raise binding("Parameter set cannot be resolved using the specified named parameters.")
    if not given:
        return (old.scope_kind, old.scope_id) if old else (ORGANIZATION, "")
    identity = call.get(given[0])
    if given[0] == "RecipientGroupScope":
        return GROUP, _group(call, identity)
    if given[0] == "RecipientAdministrativeUnitScope":
        return ADMINISTRATIVE_UNIT, _unit(call, identity)
    scope = find_scope(call, identity)
    if scope.exclusive:
        raise invalid(
            f"The management scope object {scope.name} is an exclusive scope, and it can't be specified as parameter "
            "CustomResourceScope.",
        )
    return CUSTOM, scope.guid


def shown_scope(call: Invocation, assignment: RoleAssignment) -> tuple[str, str | None]:
    """RecipientWriteScope and CustomResourceScope as they read back: a group by its Name, a scope by its own."""
    kind, scope_id = assignment.scope_kind, assignment.scope_id
    if kind == GROUP:
        group = call.tenant.recipients.get(scope_id)
        return kind, group.name if group else scope_id
    if kind == CUSTOM:
        return kind, next((s.name for s in current_scopes(call) if s.guid == scope_id), scope_id)
    return kind, scope_id or None


def _group(call: Invocation, identity: str) -> str:
    """Name, DN, Guid and display name mean a group: learn.microsoft.com/…/new-managementroleassignment."""
    titled = [r for r in recipients(call.tenant, MEMBERSHIP) if r.display_name.lower() == identity.lower()]
    if len(titled) > 1:
        raise ambiguous(identity)
    return titled[0].id if titled else find(call, identity, MEMBERSHIP, read=True).id


def _unit(call: Invocation, identity: str) -> str:
    for unit in call.tenant.exchange.administrative_units.values():
        if identity.lower() in (unit.id, unit.name.lower()):
            return unit.id
    raise not_found(identity)
