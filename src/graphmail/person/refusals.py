"""Why a person's sign-in was refused, and what to do about it.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from graphmail.errors import TokenError

if TYPE_CHECKING:
    from graphmail.tenant import Tenant

# Where a browser ends when an administrator has consented; registered by ops' own client, as docs/operators.md says.
CONSENTED = "http://localhost"

DECLINED = frozenset({65004})
EXPIRED = frozenset({70020, 70008})
BLOCKED = frozenset({53003, 530033, 530034, 50199})
UNCONSENTED = frozenset({65001, 90094, 90095, 700016, 650052})
FACTOR = frozenset({50072, 50074, 50076, 50078, 50079})
# A sign-in that was good once and is no more: whoever signs in again goes on.
OVER = frozenset({50173, 700082, 700084, 70043})
# What one customer's administrator has to do or to ask for; not what is wrong with the client.
CANNOT: frozenset[int | str] = (
    DECLINED | EXPIRED | BLOCKED | FACTOR | OVER | {"authorization_declined", "access_denied", "expired_token"}
)


def admin_consent_url(tenant: Tenant, client_id: str, redirect_uri: str = CONSENTED) -> str:
    """Where an administrator consents to all that the client declares.

    https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
    """
    query = urlencode({"client_id": client_id, "redirect_uri": redirect_uri})
    return f"{tenant.cloud.login}/{tenant.tenant_id}/adminconsent?{query}"


def explained(error: TokenError, tenant: Tenant) -> TokenError:
    """The error, with what to do where more is known than its code says."""
    admin = tenant.connection["admin"]
    codes = frozenset(error.codes)
    if codes & DECLINED or error.error in ("authorization_declined", "access_denied"):
        error.with_remedy("whoever was asked declined: run it again, and choose to continue; nothing was sealed")
    elif codes & EXPIRED or error.error in ("expired_token", "code_expired"):
        url = admin_consent_url(tenant, admin["client_id"])
        error.with_remedy(
            "nobody signed in while it was waited for: run it again; where the page spoke of approval, "
            f"let an administrator open {url} and accept first; nothing was sealed"
        )
    elif codes & BLOCKED:
        error.with_remedy(blocked(admin["kind"]))
    elif codes & UNCONSENTED or error.error == "consent_required":
        url = admin_consent_url(tenant, admin["client_id"])
        error.with_remedy(f"let an administrator of the tenant open {url} and accept, then sign in again")
    elif codes & FACTOR:
        error.with_remedy(
            "the tenant wants a second factor: sign in again and complete it on the page; "
            "whoever has none sets one up at https://aka.ms/mfasetup first"
        )
    elif codes & OVER:
        again = f"python -m graphmail.credentials sign-in {tenant.customer} --inventory <your inventory>"
        error.with_remedy(f"the sign-in is over (a new password, or not used for long); sign in again: {again}")
    elif 7000218 in codes:
        error.with_remedy('set "Allow public client flows" on that app, or correct admin.client_id')
    return error


def blocked(kind: str) -> str:
    """What to do where Conditional Access blocks the way of signing in."""
    if kind == "device_code":
        return (
            "Conditional Access blocks the device code flow here: set admin.kind to authorization_code "
            "(for bootstrap.yml bootstrap.sign_in), or have the tenant except this administrator"
        )
    return "Conditional Access blocks this sign-in: ask the tenant's administrator which policy, and meet or except it"
