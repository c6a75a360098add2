"""Which cmdlets a caller may run: the app role to connect, and an Entra role that Exchange knows.

learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2
"""

from __future__ import annotations

from collections.abc import Iterable

from graphmail.sandbox.call import Caller

CONNECT = "Exchange.ManageAsApp"
CONNECT_DELEGATED = "Exchange.Manage"  # the scope of a person's token

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
EXCHANGE_RECIPIENT_ADMINISTRATOR = "31392ffb-586c-42d1-9346-e59415a2cc4e"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"

_NOT_RECIPIENTS = ("-ApplicationAccessPolicy", "-ServicePrincipal", "-OrganizationConfig")


def allowed(caller: Caller, cmdlets: Iterable[str]) -> frozenset[str]:
    """Return those of the cmdlets that this caller may run; none without the app role or a known Entra role."""
    known = frozenset(cmdlets)
    if caller.by_hand:
        return known
    if (CONNECT_DELEGATED if caller.user_id else CONNECT) not in caller.roles:
        return frozenset()
    roles = caller.directory_roles
    found: frozenset[str] = frozenset()
    if roles & {GLOBAL_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR}:
        return known
    if GLOBAL_READER in roles:
        found |= {c for c in known if c.startswith("Get-")}
    if EXCHANGE_RECIPIENT_ADMINISTRATOR in roles:
        found |= {c for c in known if not c.endswith(_NOT_RECIPIENTS)}
    return found
