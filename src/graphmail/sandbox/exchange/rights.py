"""What a caller may do in Exchange: the app role to connect, then management roles from two sources, which add up.

Entra roles in the token are members of role groups; an application's Exchange service principal can hold management
roles itself, by assignment or as member of a role group:
learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2
"""

from __future__ import annotations

from collections.abc import Iterator

from graphmail.sandbox.call import Caller
from graphmail.sandbox.exchange.role import ORGANIZATION_MANAGEMENT, ROLE_GROUPS, ROLES, cmdlets_of
from graphmail.sandbox.exchange_records import Pointer, RoleAssignment
from graphmail.sandbox.store import Tenant
from graphmail.sandbox.well_known import DIRECTORY_ROLES

CONNECT = "Exchange.ManageAsApp"
CONNECT_DELEGATED = "Exchange.Manage"

# Entra role -> role group of Exchange.
_GROUP_OF = {
    DIRECTORY_ROLES[name]: group
    for name, group in {
        "Global Administrator": ORGANIZATION_MANAGEMENT,
        "Exchange Administrator": ORGANIZATION_MANAGEMENT,
        "Exchange Recipient Administrator": "Recipient Management",
        "Global Reader": "View-Only Organization Management",
        "Helpdesk Administrator": "Help Desk",
        "Security Administrator": "Security Administrator",
        "Security Reader": "Security Reader",
        "Compliance Administrator": "Compliance Management",
    }.items()
}


def pointer_of(tenant: Tenant, caller: Caller) -> Pointer | None:
    """The caller's own Exchange service principal; a signed-in user acts for none."""
    if caller.user_id:
        return None
    keys = {caller.service_principal_id.lower(), caller.client_id.lower()}
    return next(
        (p for p in tenant.exchange.pointers if p.span.removed is None and keys & {p.object_id, p.app_id}), None
    )


def roles_of_group(tenant: Tenant, group: str) -> frozenset[str]:
    """The roles of a role group as they are now; those that somebody took from Organization Management are gone."""
    roles = frozenset(ROLE_GROUPS[group])
    return roles - tenant.exchange.stripped_roles if group == ORGANIZATION_MANAGEMENT else roles


def management_roles(tenant: Tenant, caller: Caller) -> frozenset[str]:
    """The management roles the caller holds; somebody at a portal holds all."""
    if caller.by_hand:
        return frozenset(ROLES)
    if (CONNECT_DELEGATED if caller.user_id else CONNECT) not in caller.roles:
        return frozenset()
    groups = {*_from_entra(caller), *_from_membership(tenant, caller)}
    held = frozenset().union(*(roles_of_group(tenant, group) for group in groups))
    return held | {a.role for a in _own_assignments(tenant, caller) if not a.delegating}


def delegable(tenant: Tenant, caller: Caller) -> frozenset[str]:
    """The roles that the caller may assign to others: those it has a delegating assignment of.

    Organization Management has one of every role. Where the tenant says so, an Entra role does not make its holder a
    delegate: public reports of exactly this refusal are answered with explicit membership of the role group.
    """
    if caller.by_hand:
        return frozenset(ROLES)
    groups = set(_from_membership(tenant, caller))
    if tenant.exchange.settings.implicit_delegation:
        groups |= set(_from_entra(caller))
    own = {a.role for a in _own_assignments(tenant, caller) if a.delegating}
    every = frozenset(ROLES) - tenant.exchange.stripped_roles if ORGANIZATION_MANAGEMENT in groups else frozenset()
    return every | own


def allowed(tenant: Tenant, caller: Caller) -> frozenset[str]:
    """The cmdlets that this caller may run; none without the app role or without any role."""
    return cmdlets_of(management_roles(tenant, caller))


def _from_entra(caller: Caller) -> Iterator[str]:
    return (_GROUP_OF[role] for role in caller.directory_roles if role in _GROUP_OF)


def _from_membership(tenant: Tenant, caller: Caller) -> Iterator[str]:
    pointer = pointer_of(tenant, caller)
    own = caller.user_id or (pointer.object_id if pointer else "")
    return (group for group, held in tenant.exchange.role_group_members.items() if own in held)


def _own_assignments(tenant: Tenant, caller: Caller) -> list[RoleAssignment]:
    """Assignments to the caller's service principal that have replicated."""
    pointer = pointer_of(tenant, caller)
    if pointer is None:
        return []
    now, lag = tenant.clock.now(), tenant.delays.of("replication")
    return [a for a in tenant.exchange.assignments if a.assignee == pointer.object_id and a.span.holds(now, lag)]
