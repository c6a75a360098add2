"""What RBAC for Applications grants on the data plane: learn.microsoft.com/exchange/permissions-exo/application-rbac.

Exchange remembers an application's rights. They are loaded when it calls after `delays.rbac_idle` without calls, and
again when a busy one has had them for `delays.rbac_busy`; between, what was so when they were loaded still is so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from graphmail.sandbox.call import Caller
from graphmail.sandbox.exchange.pointer import sweep
from graphmail.sandbox.exchange.role import APPLICATION_ROLES
from graphmail.sandbox.exchange.scope import in_scope
from graphmail.sandbox.exchange_records import AppCache, RoleAssignment
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.store import Tenant

NOTHING: frozenset[str] = frozenset()


def rbac_grant(tenant: Tenant, caller: Caller, recipient: Recipient) -> frozenset[str]:
    """The permissions that Exchange's own role assignments give this application on this mailbox; none to a user."""
    if caller.by_hand or caller.user_id:
        return NOTHING
    at = _loaded(tenant, caller.client_id)
    if not tenant.exchange.assignments:
        return NOTHING
    lag = tenant.delays.of("membership")
    granted: set[str] = set()
    for assignment in application_assignments(tenant, caller.client_id, at):
        permissions = APPLICATION_ROLES[assignment.role]
        if not granted.issuperset(permissions) and in_scope(tenant, assignment, recipient, at, lag):
            granted.update(permissions)
    return frozenset(granted)


def rbac_anywhere(tenant: Tenant, app_id: str) -> frozenset[str]:
    """The permissions it has on any mailbox at all; looks without being a call of the application."""
    if not tenant.exchange.assignments:
        return NOTHING
    cache = tenant.exchange.caches.get(app_id.lower())
    at = cache.loaded if cache else tenant.clock.now()
    return frozenset(p for a in application_assignments(tenant, app_id, at) for p in APPLICATION_ROLES[a.role])


def application_assignments(tenant: Tenant, app_id: str, at: datetime) -> Iterator[RoleAssignment]:
    """The application's regular assignments of Application roles, as of a moment."""
    organization = tenant.exchange
    own = {p.object_id for p in organization.pointers if p.app_id == app_id.lower() and p.span.holds(at)}
    return (
        a
        for a in organization.assignments
        if a.assignee in own and not a.delegating and a.role in APPLICATION_ROLES and a.span.holds(at)
    )


def _loaded(tenant: Tenant, app_id: str) -> datetime:
    """When the rights that act on this call were loaded: now, or before."""
    now, caches, key = tenant.clock.now(), tenant.exchange.caches, app_id.lower()
    cache = caches.get(key)
    idle, busy = timedelta(seconds=tenant.delays.rbac_idle), timedelta(seconds=tenant.delays.rbac_busy)
    if cache and now - cache.called < idle and now - cache.loaded < busy:
        cache.called = now
        return cache.loaded
    if tenant.exchange.pointers:
        sweep(tenant)
    caches[key] = AppCache(now, now)
    return now
