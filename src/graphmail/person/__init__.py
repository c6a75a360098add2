"""A person signs in to a customer's tenant, and what that leaves is how ops signs in from then on.

Device code: a message to show, and polling; nothing is asked of the terminal. Authorization code with PKCE: a page that
leads back to a listener on loopback. Both with ops' own public client, since Microsoft's own ones are each made for one
resource alone: that of Graph gets no token for Exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msal

from graphmail.auth import MsalHttp, Token, refused
from graphmail.credentials.refresh_token import RefreshToken
from graphmail.errors import TenantError, WrongTenant
from graphmail.person.authorization_code import by_authorization_code
from graphmail.person.device_code import by_device_code
from graphmail.person.refusals import explained
from graphmail.printable import printable

if TYPE_CHECKING:
    from graphmail.tenant import Tenant

FLOWS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "device_code": by_device_code,
    "authorization_code": by_authorization_code,
}


def sign_in(tenant: Tenant) -> RefreshToken:
    """Let a person sign in as `admin.kind` says; seals nothing.

    Raises TokenError with what to do where it is refused or nobody signs in, WrongTenant where the answer is of another
    tenant than the pinned one, and TenantError where there is nobody to show a message to.
    """
    kind, client_id = tenant.connection["admin"]["kind"], tenant.connection["admin"].get("client_id")
    if not client_id:
        raise TenantError(
            f"Nobody can sign in for customer {tenant.customer} without ops' own public client",
            expected="its client id as admin.client_id, best in `defaults`",
            found="none",
            remedy='register one as docs/operators.md says under "How ops signs in"',
        )
    tell = tenant.run.tell
    if tell is None:
        raise TenantError(
            f"An administrator of customer {tenant.customer} has to sign in, and nobody sees a message here",
            remedy=f"python -m graphmail.credentials sign-in {tenant.customer} --inventory <your inventory>",
        )
    asked = f"a sign-in of a person as client {client_id}"
    http = MsalHttp(tenant.transport, asked, {})
    try:
        application = msal.PublicClientApplication(
            client_id,
            authority=f"{tenant.cloud.login}/{tenant.tenant_id}",
            instance_discovery=False,
            token_cache=msal.TokenCache(),
            http_client=http,
            http_cache={},
        )
        scopes = [f"{tenant.cloud.graph_audience}/.default"]
        answer = FLOWS[kind](application, scopes, tenant.clock, _told(tenant, tell))
    except TenantError:
        raise
    except Exception as error:
        # msal raises ValueError and others with whole replies in their texts.
        raise explained(refused(asked, tenant.tenant_id, http, {}, type(error).__name__), tenant) from None
    if "access_token" not in answer:
        raise explained(refused(asked, tenant.tenant_id, http, answer, ""), tenant)
    return _of(tenant, client_id, answer)


def _told(tenant: Tenant, tell: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: tell(f"Customer {tenant.customer}, tenant {tenant.initial_domain}: {text}")


def _of(tenant: Tenant, client_id: str, answer: dict[str, Any]) -> RefreshToken:
    claims = Token(answer["access_token"], tenant.clock.now()).claims
    if str(claims.get("tid", "")).lower() != tenant.tenant_id:
        raise WrongTenant(
            f"Whoever signed in for customer {tenant.customer} is in another tenant",
            expected=tenant.tenant_id,
            found=printable(str(claims.get("tid") or "a token that names none"), 60),
            remedy="sign in as an administrator of the customer's own tenant; nothing was sealed",
        )
    if not answer.get("refresh_token"):
        raise TenantError(
            f"The sign-in for customer {tenant.customer} ends with its first token",
            expected="a refresh token",
            found="none",
            remedy="let the client ask for offline_access, and see whether a policy forbids it; nothing was sealed",
        )
    username = printable(str(claims.get("upn") or claims.get("unique_name") or claims.get("preferred_username") or ""))
    return RefreshToken(tenant.tenant_id, client_id, str(claims.get("oid") or ""), username, answer["refresh_token"])
