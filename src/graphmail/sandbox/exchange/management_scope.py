"""New-, Get-, Set-, Remove-ManagementScope: which recipients a role assignment reaches, as a filter."""

from __future__ import annotations

from uuid import UUID, uuid4

from graphmail.sandbox.clock import Span
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import already_exists, invalid, not_found, scope_in_use
from graphmail.sandbox.exchange.opath import parse
from graphmail.sandbox.exchange.parameter import BOOLEAN, REQUIRED_STRING, STRING, SWITCH
from graphmail.sandbox.exchange.pointer import current_assignments, sweep
from graphmail.sandbox.exchange_records import ManagementScope

LONGEST_NAME = 64


def current_scopes(call: Invocation) -> list[ManagementScope]:
    return [s for s in call.tenant.exchange.scopes if s.span.removed is None]


def find_scope(call: Invocation, identity: str) -> ManagementScope:
    """By name or guid. Raises CmdletError when there is none."""
    for scope in current_scopes(call):
        if identity.lower() in (scope.name.lower(), scope.guid):
            return scope
    raise not_found(identity)


def _row(scope: ManagementScope) -> Row:
    return {
        "Name": scope.name,
        "Identity": scope.name,
        "Guid": UUID(scope.guid),
        "ScopeRestrictionType": "RecipientScope",
        "Exclusive": scope.exclusive,
        "RecipientRoot": None,
        "RecipientFilter": scope.recipient_filter,
        "ServerFilter": "",
        "DatabaseFilter": "",
        "TenantOrganizationRelationshipFilter": "",
        "IsValid": True,
        "WhenChanged": scope.span.made,
    }


def _used(call: Invocation) -> frozenset[str]:
    sweep(call.tenant)
    return frozenset(a.scope_id for a in current_assignments(call.tenant.exchange))


def _get(call: Invocation) -> list[Row]:
    found = [find_scope(call, call.identity)] if call.identity else current_scopes(call)
    used = _used(call) if call.get("Orphan") else frozenset()
    exclusive = call.get("Exclusive")
    return [
        _row(s) for s in found if s.guid not in used and (exclusive is None or s.exclusive == exclusive)
    ]  # fmt: skip


def _checked_name(call: Invocation, name: str) -> str:
    if len(name) > LONGEST_NAME:
        raise invalid(f"The length of the property is too long. Name may have {LONGEST_NAME} characters.")
    if any(s.name.lower() == name.lower() for s in current_scopes(call)):
        raise already_exists(name)
    return name


def _normalised(text: str) -> str:
    """The filter as it is shown again; a blank one, which leaves nobody out, stays blank."""
    return str(parse(text)) if text.strip() else ""


def _new(call: Invocation) -> list[Row]:
    name = _checked_name(call, call.get("Name"))
    shown = _normalised(call.get("RecipientRestrictionFilter"))
    scope = ManagementScope(
        str(uuid4()), name, shown, bool(call.get("Exclusive")), Span(call.tenant.clock.now()),
    )  # fmt: skip
    call.tenant.exchange.scopes.append(scope)
    call.commit(name, recipient_filter=shown)
    return [_row(scope)]


def _set(call: Invocation) -> list[Row]:
    scope = find_scope(call, call.identity)
    given, name = call.get("RecipientRestrictionFilter"), call.get("Name") or scope.name
    shown = scope.recipient_filter if given is None else _normalised(given)
    if (name, shown) == (scope.name, scope.recipient_filter):
        call.unchanged(scope.name)
        return []
    if name.lower() != scope.name.lower():
        _checked_name(call, name)
    now = call.tenant.clock.now()
    scope.span.removed = now
    call.tenant.exchange.scopes.append(ManagementScope(scope.guid, name, shown, scope.exclusive, Span(now)))
    call.commit(name, recipient_filter=shown)
    return []


def _remove(call: Invocation) -> list[Row]:
    scope = find_scope(call, call.identity)
    if scope.guid in _used(call):
        raise scope_in_use(scope.name)
    scope.span.removed = call.tenant.clock.now()
    call.commit(scope.name)
    return []


CMDLETS = [
    Cmdlet("Get-ManagementScope", _get, {"Identity": STRING, "Orphan": SWITCH, "Exclusive": BOOLEAN}),
    Cmdlet(
        "New-ManagementScope",
        _new,
        {"Name": REQUIRED_STRING, "RecipientRestrictionFilter": REQUIRED_STRING, "Exclusive": SWITCH, "Force": SWITCH},
        customizes=True,
    ),
    Cmdlet(
        "Set-ManagementScope",
        _set,
        {"Identity": REQUIRED_STRING, "Name": STRING, "RecipientRestrictionFilter": STRING},
        confirms=True,
    ),
    Cmdlet("Remove-ManagementScope", _remove, {"Identity": REQUIRED_STRING}, confirms=True),
]
