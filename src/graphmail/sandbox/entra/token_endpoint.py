"""POST /{tenant}/oauth2/v2.0/token, client credentials with a secret.

learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import base64
import binascii
from typing import NoReturn
from urllib.parse import parse_qs, unquote_plus

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.entra.errors import entra_error
from graphmail.sandbox.entra.resources import AUDIENCES
from graphmail.sandbox.entra.tokens import LIFETIME, digest, mint
from graphmail.sandbox.service import not_implemented
from graphmail.sandbox.store import Application, ServicePrincipal, Tenant

NOT_EMULATED = {
    "authorization_code",
    "refresh_token",
    "password",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
}


async def token(call: Call) -> Answer:
    form = {k: v[0] for k, v in parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True).items()}
    grant = _required(call, form, "grant_type")
    if grant in NOT_EMULATED:
        return not_implemented(f"the grant {grant}")
    if grant != "client_credentials":
        _refuse(call, 70003, "unsupported_grant_type", f"The app requested an unsupported grant type '{grant}'.")
    basic = _basic(call.headers.get("authorization", ""))
    client_id = basic[0] if basic else _required(call, form, "client_id")
    secret = basic[1] if basic else form.get("client_secret", "")
    scope = _required(call, form, "scope")
    principal, application = _client(call, client_id)
    call.caller.client_id = principal.app_id
    if not secret and "client_assertion" in form:
        return not_implemented("client assertions")
    _check_secret(call, application, secret)
    resource, audience = _resource(call, scope)
    seconds = int(LIFETIME.total_seconds())
    body = {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": mint(call.world, call.tenant, principal, application, resource, audience),
    }
    return Answer(body=body, headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})


def _client(call: Call, client_id: str) -> tuple[ServicePrincipal, Application]:
    """The client's service principal in this tenant and its registration, both replicated."""
    tenant, now = call.tenant, call.tenant.clock.now()
    lag = tenant.delays.of("replication")
    principal = _principal(tenant, client_id)
    application = next(
        (a for a in tenant.applications.values() if a.app_id == client_id.lower() and not a.deleted), None
    )
    if not principal or not application or not principal.span.holds(now, lag) or not application.span.holds(now, lag):
        _refuse(
            call, 700016, "unauthorized_client",
            f"Application with identifier '{client_id}' was not found in the directory '{tenant.display_name}'. This "
            "can happen if the application has not been installed by the administrator of the tenant or consented to "
            "by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
        )  # fmt: skip
    if application.properties.get("isDisabled") or principal.properties.get("accountEnabled") is False:
        text = f"Application '{client_id}'({application.properties.get('displayName')}) is disabled."
        _refuse(call, 7000112, "unauthorized_client", text)
    return principal, application


def _check_secret(call: Call, application: Application, secret: str) -> None:
    if not secret:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        _refuse(call, 7000218, "invalid_client", text, 401)
    now, lag = call.tenant.clock.now(), call.tenant.delays.of("secret")
    asked = digest(secret)
    match = next((s for s in application.secrets if s.digest == asked and s.span.holds(now, lag)), None)
    if match is None or now < match.start:
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{application.app_id}'."
        )
        _refuse(call, 7000215, "invalid_client", text, 401)
    if now >= match.end:
        text = (
            f"The provided client secret keys for app '{application.app_id}' are expired. Visit the Azure portal to "
            "create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials "
            "for added security: https://aka.ms/certCreds."
        )
        _refuse(call, 7000222, "invalid_client", text, 401)


def _resource(call: Call, scope: str) -> tuple[ServicePrincipal, str]:
    """The resource's service principal and the audience; `scope` is exactly one `<resource>/.default`."""
    scopes = scope.split()
    if len(scopes) > 1 and len({s.rpartition("/")[0] for s in scopes}) > 1:
        text = (
            f"Provided value for the input parameter scope '{scope}' is not valid when requesting an access token. "
            "Please specify a valid scope."
        )
        _refuse(call, 28002, "invalid_scope", text)
    audience, _, suffix = scope.rpartition("/")
    if len(scopes) != 1 or suffix != ".default" or not audience:
        text = (
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter "
            f"'scope' is not valid. The scope {scope} is not valid."
        )
        _refuse(call, 70011, "invalid_scope", text)
    app_id = AUDIENCES.get(audience.rstrip("/").lower())
    principal = _principal(call.tenant, app_id) if app_id else None
    if principal is None:
        text = (
            f"The resource principal named {audience} was not found in the tenant named {call.tenant.display_name}. "
            "This can happen if the application has not been installed by the administrator of the tenant or consented "
            "to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
        )
        _refuse(call, 500011, "invalid_resource", text)
    return principal, audience.rstrip("/").lower()


def _principal(tenant: Tenant, app_id: str) -> ServicePrincipal | None:
    return next((p for p in tenant.service_principals.values() if p.app_id == app_id.lower() and not p.deleted), None)


def _basic(header: str) -> tuple[str, str] | None:
    """HTTP Basic, client id and secret form-encoded as RFC 6749 2.3.1 has it."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(name), unquote_plus(secret)


def _required(call: Call, form: dict[str, str], name: str) -> str:
    if not form.get(name):
        text = f"The request body must contain the following parameter: '{name}'."
        _refuse(call, 900144, "invalid_request", text)
    return form[name]


def _refuse(call: Call, code: int, error: str, text: str, status: int = 400) -> NoReturn:
    correlation = call.headers.get("client-request-id")
    raise entra_error(code, error, text, call.tenant.clock.now(), status, correlation)
