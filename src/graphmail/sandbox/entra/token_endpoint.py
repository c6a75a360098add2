"""POST /{tenant}/oauth2/v2.0/token: one handler for each grant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.entra.authorize import redeem
from graphmail.sandbox.entra.client import authenticate, client_id_of, find_client
from graphmail.sandbox.entra.device_code import poll
from graphmail.sandbox.entra.form import Form, refuse
from graphmail.sandbox.entra.scopes import app_resource
from graphmail.sandbox.entra.tokens import LIFETIME, mint
from graphmail.sandbox.entra.user_grant import is_common, refresh
from graphmail.sandbox.service import not_implemented

NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}
NOT_EMULATED = {"password", "urn:ietf:params:oauth:grant-type:jwt-bearer"}


async def token(call: Call) -> Answer:
    form = Form(call)
    grant = form.required("grant_type")
    if grant in NOT_EMULATED:
        return not_implemented(f"the grant {grant}")
    handler = GRANTS.get(grant)
    if handler is None:
        refuse(call, 70003, "unsupported_grant_type", f"The app requested an unsupported grant type '{grant}'.")
    answer = await handler(form)
    answer.headers |= NO_STORE
    return answer


async def client_credentials(form: Form) -> Answer:
    """learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow: no refresh token."""
    call = form.call
    client_id, scope = client_id_of(form), form.required("scope")
    if is_common(call.tenant):
        text = (
            "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations "
            "or tenant-specific endpoint."
        )
        refuse(call, 9001023, "invalid_request", text)
    client = authenticate(form, find_client(call, client_id))
    resource, audience = app_resource(call, scope)
    seconds = int(LIFETIME.total_seconds())
    body = {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": mint(call.world, call.tenant, client.principal, client.name, resource, audience, client.acr),
    }
    return Answer(body=body)


GRANTS: dict[str, Callable[[Form], Awaitable[Answer]]] = {
    "client_credentials": client_credentials,
    "authorization_code": redeem,
    "refresh_token": refresh,
    "urn:ietf:params:oauth:grant-type:device_code": poll,
    "device_code": poll,
}
