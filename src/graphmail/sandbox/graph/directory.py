"""Finding directory objects, with the lag a reader sees them at.

An object just created answers 404 for `delays.replication` seconds, everywhere but in the create's own answer, and
lists do not show it: learn.microsoft.com/graph/best-practices-concept and public reports of 404 after create. A person
at a portal sees their own changes at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from graphmail.sandbox.call import Call
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import Application, AppRoleAssignment, ServicePrincipal
from graphmail.sandbox.graph.errors import not_found

KEPT = timedelta(days=30)  # a soft-deleted object can be restored for 30 days


def seen(call: Call, span: Span) -> bool:
    """Whether the caller's reads show what was made so and not removed."""
    if span.removed is not None:
        return False
    lag = timedelta() if call.caller.by_hand else call.tenant.delays.of("replication")
    return span.holds(call.tenant.clock.now(), lag)


def stamp(at: datetime | None) -> str | None:
    """Edm.DateTimeOffset."""
    if at is None:
        return None
    return at.isoformat().replace("+00:00", "Z")


def find_application(call: Call, *, replicated: bool = True) -> Application:
    """Return the application the path names, by id, appId or uniqueName; ServiceError 404 when there is none."""
    for application in call.tenant.applications.values():
        if (
            application.deleted is None
            and _named(call, application)
            and (not replicated or seen(call, application.span))
        ):
            return application
    raise not_found(next(iter(call.params.values()), ""))


def _named(call: Call, application: Application) -> bool:
    params = call.params
    if "app_id" in params:
        return application.app_id == params["app_id"].lower()
    if "unique_name" in params:
        return application.properties.get("uniqueName") == params["unique_name"].replace("''", "'")
    return application.id == params["id"].lower()


def find_principal(call: Call) -> ServicePrincipal:
    """Return the service principal the path names, by id or appId; ServiceError 404 when there is none."""
    for principal in call.tenant.service_principals.values():
        named = principal.app_id == call.params["app_id"].lower() if "app_id" in call.params else (
            principal.id == call.params["id"].lower()
        )  # fmt: skip
        if named and principal.deleted is None and seen(call, principal.span):
            return principal
    raise not_found(next(iter(call.params.values()), ""))


def principal_by_id(call: Call, object_id: str) -> ServicePrincipal:
    """ServiceError 404 when there is none."""
    principal = call.tenant.service_principals.get(object_id.lower())
    if principal is None or principal.deleted is not None or not seen(call, principal.span):
        raise not_found(object_id)
    return principal


def live_application(call: Call, app_id: str) -> Application | None:
    """Return the application with this appId that is not deleted, replicated or not."""
    found = (a for a in call.tenant.applications.values() if a.app_id == app_id.lower() and a.deleted is None)
    return next(found, None)


def live_principal(call: Call, app_id: str) -> ServicePrincipal | None:
    found = (p for p in call.tenant.service_principals.values() if p.app_id == app_id.lower() and p.deleted is None)
    return next(found, None)


def live_assignments(principal: ServicePrincipal) -> list[AppRoleAssignment]:
    """Return what is granted now, seen by readers or not yet."""
    return [a for a in principal.assignments if a.span.removed is None]


def restorable(call: Call, deleted: datetime | None) -> bool:
    """Whether a soft-deleted object still stands in directory/deletedItems, and holds its unique name."""
    return deleted is not None and call.tenant.clock.now() < deleted + KEPT
