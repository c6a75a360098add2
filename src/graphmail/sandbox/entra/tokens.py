"""Access tokens: what they say, and who they are recognised by.

Claims as learn.microsoft.com/entra/identity-platform/access-token-claims-reference lists them for app-only tokens.
Only the digest of a token is kept, so a token that was not minted here is recognised by its absence.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from graphmail.sandbox.directory_records import ServicePrincipal
from graphmail.sandbox.sign_in_records import IssuedToken
from graphmail.sandbox.store import Tenant, World

LIFETIME = timedelta(seconds=3599)
BACKDATED = timedelta(seconds=300)  # exp - iat is about 3,900 s
EVERY_APP = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"  # the role template in the wids of every app-only token


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def new_secret() -> str:
    """Return a secret of the shape Entra makes: 40 characters with a tilde."""
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
    text = "".join(secrets.choice(alphabet) for _ in range(37))
    return f"{text[:3]}8Q~{text[3:]}"


def mint(
    world: World,
    tenant: Tenant,
    principal: ServicePrincipal,
    name: str,
    resource: ServicePrincipal,
    audience: str,
    acr: str,
) -> str:
    """Mint an application's token with the roles consented by now; each reader is `delays.consent` behind."""
    now = tenant.clock.now().replace(microsecond=0)
    roles = roles_of(tenant, principal, resource)
    wids = [*sorted(principal.directory_roles), EVERY_APP]
    subject: dict[str, Any] = {"aud": audience, "app_displayname": name, "appid": principal.app_id, "appidacr": acr}
    subject |= {"oid": principal.id, "sub": principal.id, **({"roles": roles} if roles else {}), "wids": wids}
    token: str = world.signing_key.sign(_issued(tenant, now) | subject)
    world.issued[digest(token)] = IssuedToken(
        tenant.id, audience, principal.app_id, principal.id, frozenset(roles), frozenset(wids), now + LIFETIME,
    )  # fmt: skip
    world.issued.drop_expired(lambda tenant_id: world.tenants[tenant_id].clock.now())
    return token


def _issued(tenant: Tenant, now: datetime) -> dict[str, Any]:
    """The claims that every application's token of the tenant has, issued now."""
    issued, issuer = now - BACKDATED, f"https://sts.windows.net/{tenant.id}/"
    return {
        "iss": issuer,
        "iat": int(issued.timestamp()),
        "nbf": int(issued.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "aio": _opaque(),
        "idp": issuer,
        "idtyp": "app",
        "rh": f"1.{_opaque()}.",
        "tid": tenant.id,
        "uti": _opaque(),
        "ver": "1.0",
    }


def roles_of(tenant: Tenant, principal: ServicePrincipal, resource: ServicePrincipal) -> list[str]:
    """Return the values of the application roles on `resource` that Entra puts into a token issued now."""
    now, lag = tenant.clock.now(), tenant.delays.of("consent")
    values = {role["id"]: role["value"] for role in resource.properties.get("appRoles", [])}
    granted = [
        values[a.app_role_id]
        for a in principal.assignments
        if a.resource_id == resource.id and a.app_role_id in values and a.span.holds(now, lag)
    ]
    return list(dict.fromkeys(granted))


def _opaque() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
