"""Whether this application may do this to this mailbox now.

Exchange decides, not the token alone: what Entra consented (the token's `roles`) counts where the tenant's application
access policies let it (learn.microsoft.com/graph/auth-limit-mailbox-access); what Exchange itself granted (RBAC for
Applications) is a second source beside it. Sources add up:
learn.microsoft.com/exchange/permissions-exo/application-rbac.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import Enum

from graphmail.sandbox.call import Caller
from graphmail.sandbox.exchange.grant import rbac_anywhere, rbac_grant
from graphmail.sandbox.recipient_records import AccessPolicy, Recipient
from graphmail.sandbox.store import Tenant

RESTRICT = "RestrictAccess"
DENY = "DenyAccess"
ANY_APP = "*"

# The permissions that a policy limits; any other (MailboxItem.*, …) passes it.
COVERED = frozenset(
    {
        "Mail.Read",
        "Mail.ReadBasic",
        "Mail.ReadBasic.All",
        "Mail.ReadWrite",
        "Mail.Send",
        "MailboxSettings.Read",
        "MailboxSettings.ReadWrite",
        "Calendars.Read",
        "Calendars.ReadWrite",
        "Contacts.Read",
        "Contacts.ReadWrite",
    },
)


class Refusal(Enum):
    ROLE = "no source grants the permission"
    POLICY = "Entra grants it, and an access policy takes it away"


def policy_allows(
    tenant: Tenant, app_id: str, recipient_id: str, *, policy_lag: timedelta, membership_lag: timedelta,
) -> bool:  # fmt: skip
    """Whether the policies, as a reader sees them that is this late, leave the mailbox to the app.

    Deny beats Restrict; any matching Restrict allows; Restrict without a match denies; without policies all is allowed.
    """
    now = tenant.clock.now()
    seen = [p for p in tenant.policies if _concerns(p, app_id) and p.span.holds(now, policy_lag)]
    matching = [p for p in seen if _in_scope(tenant, p.scope_id, recipient_id, membership_lag)]
    if any(p.access_right == DENY for p in matching):
        return False
    return any(p.access_right == RESTRICT for p in matching) or not any(p.access_right == RESTRICT for p in seen)


def test_allows(tenant: Tenant, app_id: str, recipient_id: str) -> bool:
    """Say what Test-ApplicationAccessPolicy says: it sees a change long before the data plane acts on it."""
    lag = tenant.delays.of("policy_test")
    return policy_allows(tenant, app_id, recipient_id, policy_lag=lag, membership_lag=lag)


def entra_grant(tenant: Tenant, caller: Caller, recipient: Recipient) -> frozenset[str]:
    """Return the token's roles, less what the access policies take away from this mailbox.

    A delegated token reaches the signed-in user's own mailbox, which no application access policy limits.
    """
    if caller.user_id:
        return caller.roles if caller.user_id == recipient.id else frozenset()
    allowed = policy_allows(
        tenant,
        caller.client_id,
        recipient.id,
        policy_lag=tenant.delays.of("policy"),
        membership_lag=tenant.delays.of("membership"),
    )
    return caller.roles if allowed else caller.roles - COVERED


GrantSource = Callable[[Tenant, Caller, Recipient], frozenset[str]]

# What Exchange's own role assignments grant is not limited by access policies.
GRANT_SOURCES: tuple[GrantSource, ...] = (entra_grant, rbac_grant)


def effective(tenant: Tenant, caller: Caller, recipient: Recipient) -> frozenset[str]:
    """Return every permission this application has on this mailbox now."""
    return frozenset().union(*(source(tenant, caller, recipient) for source in GRANT_SOURCES))


def anywhere(tenant: Tenant, caller: Caller) -> frozenset[str]:
    """Return every permission that it has on some mailbox, as far as its own grants say."""
    return caller.roles if caller.user_id else caller.roles | rbac_anywhere(tenant, caller.client_id)


def refusal(tenant: Tenant, caller: Caller, recipient: Recipient, wanted: Iterable[str]) -> Refusal | None:
    """Why none of the wanted permissions is there; None when one is. Somebody at a portal may everything."""
    wanted = frozenset(wanted)
    if caller.by_hand or not wanted.isdisjoint(effective(tenant, caller, recipient)):
        return None
    return Refusal.ROLE if caller.user_id or wanted.isdisjoint(caller.roles) else Refusal.POLICY


def _concerns(policy: AccessPolicy, app_id: str) -> bool:
    return policy.app_id == ANY_APP or policy.app_id.lower() == app_id.lower()


def _in_scope(tenant: Tenant, scope_id: str, recipient_id: str, lag: timedelta) -> bool:
    """Members of nested groups are in scope where the tenant follows them (office-docs-powershell#12367)."""
    if scope_id == recipient_id:
        return True
    scope = tenant.recipients.get(scope_id)
    if scope is None or not scope.memberships:
        return False
    now = tenant.clock.now()
    if any(span.holds(now, lag) for span in scope.memberships.get(recipient_id, ())):
        return True
    return tenant.exchange.settings.nested_groups_in_policies and _is_nested(tenant, scope, recipient_id, now, lag)


def _is_nested(tenant: Tenant, scope: Recipient, recipient_id: str, now: datetime, lag: timedelta) -> bool:
    seen, waiting = {scope.id}, [scope]
    while waiting:
        for member_id, spans in waiting.pop().memberships.items():
            if member_id in seen or not any(span.holds(now, lag) for span in spans):
                continue
            if member_id == recipient_id:
                return True
            seen.add(member_id)
            if (inner := tenant.recipients.get(member_id)) and inner.memberships:
                waiting.append(inner)
    return False
