"""Tokens of a signed-in person: learn.microsoft.com/entra/identity-platform/access-token-claims-reference.

Access tokens go by the tenant's clock, by which the services judge; id tokens by real time, by which the client does.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import Any
from uuid import UUID, uuid5

from graphmail.sandbox.call import Call
from graphmail.sandbox.entra.client import Client
from graphmail.sandbox.entra.tokens import BACKDATED, LIFETIME, digest
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.sign_in_records import IssuedToken

EVERY_USER = "b79fbf4d-3ef9-4689-8143-76b194e85509"  # the role template in the wids of every user's token
_PAIRWISE = UUID("5a4d0000-0000-5000-8000-0000000005b1")


def access_token(call: Call, client: Client, user: Recipient, audience: str, scopes: list[str]) -> str:
    """Mint a delegated token: `scp`, the user's directory roles as `wids`, and no `roles`."""
    tenant = call.tenant
    now = tenant.clock.now().replace(microsecond=0)
    wids = [*sorted(user.directory_roles), EVERY_USER]
    issued = int((now - BACKDATED).timestamp())
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant.id}/",
        "iat": issued,
        "nbf": issued,
        "exp": int((now + LIFETIME).timestamp()),
        "acct": 0,
        "amr": ["pwd"],
        "app_displayname": client.name,
        "appid": client.principal.app_id,
        "appidacr": client.acr,
        "idtyp": "user",
        "name": user.display_name,
        "oid": user.id,
        "scp": " ".join(scopes),
        "sub": _subject(audience, user),
        "tid": tenant.id,
        "unique_name": user.user_principal_name,
        "upn": user.user_principal_name,
        "uti": base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("="),
        "ver": "1.0",
        "wids": wids,
    }
    token: str = call.world.signing_key.sign(claims)
    call.world.issued[digest(token)] = IssuedToken(
        tenant.id, audience, client.principal.app_id, client.principal.id, frozenset(), frozenset(wids),
        now + LIFETIME, user.id, frozenset(scopes),
    )  # fmt: skip
    return token


def id_token(call: Call, client: Client, user: Recipient, nonce: str) -> str:
    """learn.microsoft.com/entra/identity-platform/id-token-claims-reference, version 2.0."""
    now = int(time.time())
    claims = {
        "aud": client.principal.app_id,
        "iss": f"{call.root}/{call.tenant.id}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + int(LIFETIME.total_seconds()),
        "name": user.display_name,
        **({"nonce": nonce} if nonce else {}),
        "oid": user.id,
        "preferred_username": user.user_principal_name,
        "sub": _subject(client.principal.app_id, user),
        "tid": call.tenant.id,
        "ver": "2.0",
    }
    token: str = call.world.signing_key.sign(claims)
    return token


def client_info(call: Call, user: Recipient) -> str:
    """What client libraries tell accounts apart by."""
    info: dict[str, Any] = {"uid": user.id, "utid": call.tenant.id}
    return base64.urlsafe_b64encode(json.dumps(info).encode()).decode().rstrip("=")


def _subject(audience: str, user: Recipient) -> str:
    """Pairwise: another one for each audience."""
    return str(uuid5(_PAIRWISE, f"{audience}/{user.id}"))
