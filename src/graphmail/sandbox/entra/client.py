"""Who asks for a token: the client's service principal in the tenant, and how it proved to be it.

learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote_plus

from graphmail.sandbox.call import Call
from graphmail.sandbox.directory_records import ServicePrincipal
from graphmail.sandbox.entra.client_assertion import check_assertion
from graphmail.sandbox.entra.form import Form, refuse
from graphmail.sandbox.entra.tokens import digest
from graphmail.sandbox.registration import Registration, registration_of
from graphmail.sandbox.store import Tenant
from graphmail.sandbox.well_known import EXCHANGE_COMMAND_LINE, GRAPH_COMMAND_LINE_TOOLS

PUBLIC, SECRET, CERTIFICATE = "0", "1", "2"  # a token's `appidacr`
FIRST_PARTY = (GRAPH_COMMAND_LINE_TOOLS, EXCHANGE_COMMAND_LINE)


@dataclass(slots=True)
class Client:
    """`registration` is None for Microsoft's own public clients."""

    principal: ServicePrincipal
    registration: Registration | None
    acr: str = PUBLIC

    @property
    def name(self) -> str:
        return str(self.principal.properties.get("displayName"))


def client_id_of(form: Form) -> str:
    """The client id of HTTP Basic, else of the form; ServiceError 900144 when there is none."""
    basic = _basic(form.call.headers.get("authorization", ""))
    return basic[0] if basic else form.required("client_id")


def find_client(call: Call, client_id: str) -> Client:
    """Return the client as the tenant knows it, replicated; ServiceError 700016 or 7000112."""
    now, lag = call.tenant.clock.now(), call.tenant.delays.of("replication")
    principal = principal_of(call.tenant, client_id)
    registration = registration_of(call.world, call.tenant, client_id)
    seen = principal is not None and principal.span.holds(now, lag)
    if registration and registration.tenant is call.tenant:
        seen = seen and registration.application.span.holds(now, lag)
    if principal is None or not seen or (registration is None and principal.app_id not in FIRST_PARTY):
        refuse(
            call, 700016, "unauthorized_client",
            f"Application with identifier '{client_id}' was not found in the directory '{call.tenant.display_name}'. "
            "This can happen if the application has not been installed by the administrator of the tenant or consented "
            "to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
        )  # fmt: skip
    disabled = registration is not None and registration.application.properties.get("isDisabled")
    if disabled or principal.properties.get("accountEnabled") is False:
        text = f"Application '{client_id}'({principal.properties.get('displayName')}) is disabled."
        refuse(call, 7000112, "unauthorized_client", text)
    call.caller.client_id = principal.app_id
    return Client(principal, registration)


def authenticate(form: Form, client: Client) -> Client:
    """Check the secret or the assertion; ServiceError 7000218 where there is neither."""
    basic = _basic(form.call.headers.get("authorization", ""))
    secret = basic[1] if basic else form.get("client_secret")
    if not secret and not form.get("client_assertion"):
        need_credential(form.call)
    if client.registration is None:
        present_nothing(form)
        raise AssertionError("unreachable: a credential was presented")
    if secret:
        _check_secret(form.call, client.registration, secret)
        client.acr = SECRET
    else:
        check_assertion(form, client.registration)
        client.acr = CERTIFICATE
    return client


def need_credential(call: Call) -> NoReturn:
    text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    refuse(call, 7000218, "invalid_client", text, 401)


def present_nothing(form: Form) -> None:
    """ServiceError 700025 where a public client comes with a credential."""
    if form.get("client_secret") or form.get("client_assertion"):
        form.call.refused = "a credential of a public client"
        text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."
        refuse(form.call, 700025, "invalid_client", text, 401)


def principal_of(tenant: Tenant, app_id: str) -> ServicePrincipal | None:
    return next((p for p in tenant.service_principals.values() if p.app_id == app_id.lower() and not p.deleted), None)


def _check_secret(call: Call, registration: Registration, secret: str) -> None:
    home, application = registration.tenant, registration.application
    now, lag = home.clock.now(), home.delays.of("secret")
    asked = digest(secret)
    match = next((s for s in application.secrets if s.digest == asked and s.span.holds(now, lag)), None)
    if match is None or now < match.start:
        call.refused = "a secret that the application does not have, or not yet"
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{application.app_id}'."
        )
        refuse(call, 7000215, "invalid_client", text, 401)
    if now >= match.end:
        text = (
            f"The provided client secret keys for app '{application.app_id}' are expired. Visit the Azure portal to "
            "create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials "
            "for added security: https://aka.ms/certCreds."
        )
        refuse(call, 7000222, "invalid_client", text, 401)


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
