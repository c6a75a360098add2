"""Application access policies: New-, Get-, Set-, Remove-, Test-ApplicationAccessPolicy.

A removed policy stays in the store with its end, because the data plane goes on applying it for a while.
"""

from __future__ import annotations

from uuid import UUID

from graphmail.sandbox import access
from graphmail.sandbox.clock import Span
from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import already_exists, not_a_security_principal, not_found, policies_too_large
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING, STRING, STRINGS, Parameter, one_of
from graphmail.sandbox.exchange.recipient import MAIL_USERS, MAILBOXES, SECURITY_GROUP, find, in_entra, ripe
from graphmail.sandbox.recipient_records import AccessPolicy, Recipient
from graphmail.sandbox.store import Tenant

# Shared, room and equipment mailboxes have a disabled account, which is no principal.
SECURITY_PRINCIPALS = MAIL_USERS | {"UserMailbox", SECURITY_GROUP}

# The limit is on the total size, and not published: about 300 policies with a one-space description, 100 without.
_LIMIT = 42_000
_FIXED = 139


def identity(tenant: Tenant, policy: AccessPolicy) -> str:
    return f"{tenant.id}\\{policy.app_id}:{_raw(tenant, policy)}"


def _raw(tenant: Tenant, policy: AccessPolicy) -> str:
    scope = tenant.recipients[policy.scope_id]
    return f"{scope.sid};{scope.id}"


def _row(tenant: Tenant, policy: AccessPolicy) -> Row:
    scope = tenant.recipients[policy.scope_id]
    return {
        "ScopeName": scope.display_name,
        "ScopeIdentity": scope.name,
        "Identity": identity(tenant, policy),
        "AppId": policy.app_id,
        "ScopeIdentityRaw": _raw(tenant, policy),
        "Description": policy.description,
        "AccessRight": policy.access_right,
        "ShardType": "All",
        "IsValid": True,
        "ObjectState": "Unchanged",
    }


def _current(tenant: Tenant) -> list[AccessPolicy]:
    return [p for p in tenant.policies if p.span.removed is None]


def _find(call: Invocation) -> AccessPolicy:
    for policy in _current(call.tenant):
        if identity(call.tenant, policy).lower() == call.identity.lower():
            return policy
    raise not_found(call.identity)


def _get(call: Invocation) -> list[Row]:
    found = [_find(call)] if call.identity else _current(call.tenant)
    return [_row(call.tenant, policy) for policy in found]


def _scope(call: Invocation) -> Recipient:
    """Return the scope; a group not yet in Entra is not found, because the policy's identity holds its object id."""
    given = call.get("PolicyScopeGroupId")
    scope = ripe(call, find(call, given))
    if not in_entra(call, scope):
        raise not_found(given)
    if scope.type_details not in SECURITY_PRINCIPALS:
        raise not_a_security_principal()
    return scope


def _new(call: Invocation) -> list[Row]:
    tenant = call.tenant
    scope, right = _scope(call), call.get("AccessRight")
    made: list[AccessPolicy] = []
    for app_id in dict.fromkeys(call.get("AppId")):
        text = call.get("Description") or _generated(app_id, scope, right)
        policy = AccessPolicy(app_id, scope.id, right, text, Span(tenant.clock.now()))
        if any(identity(tenant, p).lower() == identity(tenant, policy).lower() for p in _current(tenant)):
            raise already_exists(identity(tenant, policy))
        made.append(policy)
    if sum(_FIXED + len(p.description) for p in (*_current(tenant), *made)) > _LIMIT:
        raise policies_too_large()
    tenant.policies += made
    call.commit(scope.primary_address, app_id=[p.app_id for p in made], access_right=right)
    return [_row(tenant, policy) for policy in made]


def _generated(app_id: str, scope: Recipient, right: str) -> str:
    return (
        f"Generated description. AppId: {app_id}, ScopeSid: {scope.sid}, ScopeObjectId: {scope.id}, "
        f"AccessRight: {right}, ShardType: All"
    )


def _set(call: Invocation) -> list[Row]:
    policy = _find(call)
    text = call.get("Description", policy.description)
    if text == policy.description:
        call.unchanged(call.identity)
        return []
    policy.description = text
    call.commit(call.identity, description=text)
    return []


def _remove(call: Invocation) -> list[Row]:
    policy = _find(call)
    policy.span.removed = call.tenant.clock.now()
    call.commit(call.identity, app_id=policy.app_id)
    return []


def _test(call: Invocation) -> list[Row]:
    mailbox = find(call, call.identity, MAILBOXES | MAIL_USERS, read=True)
    granted = access.test_allows(call.tenant, call.get("AppId"), mailbox.id)
    return [
        {
            "AppId": call.get("AppId"),
            "Mailbox": mailbox.alias,
            "MailboxId": UUID(mailbox.guid),
            "MailboxSid": mailbox.sid,
            "AccessCheckResult": "Granted" if granted else "Denied",
        },
    ]


_RIGHT = Parameter(
    one_of(access.RESTRICT, access.DENY), "Microsoft.Exchange.Data.ApplicationAccessPolicyRight", required=True,
)  # fmt: skip

CMDLETS = [
    Cmdlet("Get-ApplicationAccessPolicy", _get, {"Identity": STRING}),
    Cmdlet(
        "New-ApplicationAccessPolicy",
        _new,
        {
            "AppId": Parameter(STRINGS.convert, STRINGS.type_name, required=True),
            "AccessRight": _RIGHT,
            "PolicyScopeGroupId": REQUIRED_STRING,
            "Description": STRING,
        },
    ),
    Cmdlet("Set-ApplicationAccessPolicy", _set, {"Identity": REQUIRED_STRING, "Description": STRING}),
    Cmdlet("Remove-ApplicationAccessPolicy", _remove, {"Identity": REQUIRED_STRING}, confirms=True),
    Cmdlet("Test-ApplicationAccessPolicy", _test, {"Identity": REQUIRED_STRING, "AppId": REQUIRED_STRING}),
]
