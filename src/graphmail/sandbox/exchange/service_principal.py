"""New-, Get-, Set-, Remove-ServicePrincipal: Exchange's pointers to enterprise applications."""

from __future__ import annotations

from uuid import UUID, uuid4

from graphmail.sandbox.clock import Span
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import already_exists, no_service_principal
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING, STRING
from graphmail.sandbox.exchange.pointer import current_assignments, current_pointers, find_pointer, sweep
from graphmail.sandbox.exchange_records import Pointer


def _row(pointer: Pointer) -> Row:
    return {
        "DisplayName": pointer.display_name,
        "AppId": pointer.app_id,
        "ObjectId": pointer.object_id,
        "ServiceId": pointer.object_id,
        "Identity": pointer.object_id,
        "Name": pointer.object_id,
        "Guid": UUID(pointer.guid),
        "IsValid": True,
        "WhenCreated": pointer.span.made,
    }


def _get(call: Invocation) -> list[Row]:
    if call.identity:
        return [_row(find_pointer(call, call.identity))]
    sweep(call.tenant)
    now, lag = call.tenant.clock.now(), call.lag("replication") / 2
    return [_row(p) for p in current_pointers(call.tenant.exchange) if p.span.holds(now, lag)]


def _new(call: Invocation) -> list[Row]:
    """ObjectId is the enterprise application's; the registration's object id is nobody that Exchange knows."""
    tenant = call.tenant
    sweep(tenant)
    object_id = (call.get("ObjectId") or call.get("ServiceId") or "").lower()
    app_id, now = call.get("AppId").lower(), tenant.clock.now()
    principal = tenant.service_principals.get(object_id)
    known = principal is not None and principal.deleted is None and principal.span.holds(now, call.lag("replication"))
    if principal is None or not known or principal.app_id != app_id:
        raise no_service_principal(object_id, app_id)
    if any(object_id == p.object_id or app_id == p.app_id for p in current_pointers(tenant.exchange)):
        raise already_exists(object_id)
    name = call.get("DisplayName") or principal.properties.get("displayName") or app_id
    pointer = Pointer(str(uuid4()), object_id, app_id, name, Span(now))
    tenant.exchange.pointers.append(pointer)
    call.commit(object_id, app_id=app_id, display_name=name)
    return [_row(pointer)]


def _set(call: Invocation) -> list[Row]:
    pointer = find_pointer(call, call.identity)
    name = call.get("DisplayName") or pointer.display_name
    if name == pointer.display_name:
        call.unchanged(call.identity)
        return []
    pointer.display_name = name
    call.commit(pointer.object_id, display_name=name)
    return []


def _remove(call: Invocation) -> list[Row]:
    """Its role assignments go with it."""
    pointer, now = find_pointer(call, call.identity), call.tenant.clock.now()
    pointer.span.removed = now
    gone = [a for a in current_assignments(call.tenant.exchange) if a.assignee == pointer.object_id]
    for assignment in gone:
        assignment.span.removed = now
    call.commit(pointer.object_id, app_id=pointer.app_id, assignments=[a.name for a in gone])
    return []


CMDLETS = [
    Cmdlet("Get-ServicePrincipal", _get, {"Identity": STRING, "Organization": STRING}),
    Cmdlet(
        "New-ServicePrincipal",
        _new,
        {
            "AppId": REQUIRED_STRING,
            "ObjectId": STRING,
            "ServiceId": STRING,  # the old name of ObjectId
            "DisplayName": STRING,
            "Organization": STRING,
        },
    ),
    Cmdlet("Set-ServicePrincipal", _set, {"Identity": REQUIRED_STRING, "DisplayName": STRING}),
    Cmdlet("Remove-ServicePrincipal", _remove, {"Identity": REQUIRED_STRING}, confirms=True),
]
