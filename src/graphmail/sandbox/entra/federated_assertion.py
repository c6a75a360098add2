"""Federated assertions: a JWT of an external identity provider that the application trusts.

learn.microsoft.com/entra/workload-id/workload-identity-federation. The provider's keys are those that the tenants file
or the control page registered; nothing is fetched.
"""

from __future__ import annotations

from typing import Any, NoReturn

import jwt

from graphmail.sandbox.call import Call
from graphmail.sandbox.certificate import SIGNATURE_ALONE
from graphmail.sandbox.directory_records import FederatedCredential
from graphmail.sandbox.entra.form import refuse
from graphmail.sandbox.registration import Registration

_SEE = "Please note that the matching is done using a case-sensitive comparison. Check your federated identity " \
       "credential Subject, Audience and Issuer against the presented assertion. " \
       "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"  # fmt: skip


def check_federated(
    call: Call, registration: Registration, assertion: str, header: dict[str, Any], claims: dict[str, Any],
) -> None:  # fmt: skip
    """ServiceError where no federated credential matches the assertion, or its signature is not the issuer's."""
    home = registration.tenant
    now, lag = home.clock.now(), home.delays.of("secret")
    seen = [f for f in registration.application.federated if f.span.holds(now, lag)]
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not (of_issuer := [f for f in seen if f.issuer == issuer]):
        _no_match(call, 700211, "issuer", issuer)
    if not (of_subject := [f for f in of_issuer if f.subject == claims.get("sub")]):
        _no_match(call, 700213, "subject", claims.get("sub"))
    if not [f for f in of_subject if _audience_fits(f, claims.get("aud"))]:
        _no_match(call, 700212, "audience", claims.get("aud"))
    _check_signature(call, issuer, assertion, header)


def _audience_fits(credential: FederatedCredential, audience: Any) -> bool:
    given = audience if isinstance(audience, list) else [audience]
    return bool(set(credential.audiences) & {a for a in given if isinstance(a, str)})


def _check_signature(call: Call, issuer: str, assertion: str, header: dict[str, Any]) -> None:
    published = call.world.trusted_issuers.get(issuer)
    if published is None:
        text = (
            "Request to External OIDC endpoint failed. The sandbox fetches nothing: register the issuer's keys with it."
        )
        refuse(call, 50166, "invalid_request", text)
    kid = header.get("kid")
    keys = [k for k in published.get("keys", []) if kid is None or k.get("kid") == kid]
    for key in keys:
        try:
            jwt.decode(assertion, jwt.PyJWK(key, "RS256"), ["RS256"], options=SIGNATURE_ALONE)
        except jwt.PyJWTError:
            continue
        return
    text = "Client assertion contains an invalid signature. [Reason - The key was not found.]"
    refuse(call, 700027, "invalid_client", text, 401)


def _no_match(call: Call, code: int, what: str, value: Any) -> NoReturn:
    text = f"No matching federated identity record found for presented assertion {what} '{value}'. {_SEE}"
    refuse(call, code, "invalid_client", text, 401)
