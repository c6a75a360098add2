"""A person decides on a sign-in page: who they are, whether the client may go on, and for whom they consent.

Nobody is asked for a password: these people exist in the tenants file alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from graphmail.sandbox.call import Call, ServiceError
from graphmail.sandbox.clock import Span
from graphmail.sandbox.delegated_rights import may_consent
from graphmail.sandbox.directory_records import ServicePrincipal
from graphmail.sandbox.entra.client import Client, find_client, principal_of
from graphmail.sandbox.entra.delegated_scopes import (
    Asked,
    declared_scopes,
    grant,
    granted,
    parse_scopes,
    resource_principal,
    wanted_names,
)
from graphmail.sandbox.entra.errors import entra_error
from graphmail.sandbox.graph.users import is_user
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.registration import Registration, foreign_properties, registration_of
from graphmail.sandbox.store import Tenant
from graphmail.sandbox.well_known import USER_CONSENT

SHOWN = 50  # people that a page offers for choice


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever a page's form names."""

    tenant: Tenant
    user: Recipient


def people(tenant: Tenant) -> list[Recipient]:
    """Who can sign in, the first ones; administrators before others."""
    found = [r for r in tenant.recipients.values() if is_user(r) and r.account_enabled and r.span.removed is None]
    return sorted(found, key=lambda r: (not r.directory_roles, r.user_principal_name or ""))[:SHOWN]


def find_person(call: Call, tenant: Tenant | None, username: str) -> Person:
    """By user principal name, in the tenant or in that of the name's domain; ServiceError 50034, 50057 or 50020."""
    home = call.world.tenant_of_domain(username.rpartition("@")[2])
    if home is None or (tenant and home is not tenant):
        where = tenant.display_name if tenant else "any tenant here"
        raise page_error(call, 50020, f"User account '{username}' does not exist in {where}.")
    user = next(
        (
            r
            for r in home.recipients.values()
            if is_user(r) and r.span.removed is None and (r.user_principal_name or "").lower() == username.lower()
        ),
        None,
    )
    if user is None:
        raise page_error(call, 50034, f"The user account {username} does not exist in the {home.id} directory.")
    if not user.account_enabled:
        raise page_error(call, 50057, "The user account is disabled.")
    return Person(home, user)


def approve(call: Call, person: Person, client_id: str, scope: str, consent: str, request: str) -> Client:
    """Consent, where the form says so (`user` for oneself, `tenant` for all), to what is not yet granted.

    ServiceError 90094 where the person may not. `call` is in the person's tenant from now on.
    """
    call.tenant = person.tenant
    client = installed_client(call, client_id, consent, person)
    asked = parse_scopes(call, client_id, scope)
    if consent:
        _consent(call, person, client, asked, consent, request)
    return client


def installed_client(call: Call, client_id: str, consent: str, person: Person) -> Client:
    """The client in this tenant; a multi-tenant application comes in by the first consent."""
    registration = registration_of(call.world, call.tenant, client_id)
    if registration and consent and principal_of(call.tenant, client_id) is None:
        install(call, registration, person.user.id)
    return find_client(call, client_id)


def install(call: Call, registration: Registration, actor: str) -> ServicePrincipal:
    """Make the service principal of an application that is registered in another tenant, or here without one.

    What consent makes is there at once for whoever consented: no replication lag runs.
    """
    tenant, application = call.tenant, registration.application
    made = tenant.clock.now() - tenant.delays.of("replication")
    principal = ServicePrincipal(str(uuid4()), application.app_id, Span(made))
    name = application.properties.get("displayName")
    local = registration.tenant is tenant
    principal.properties = {
        **({} if local else foreign_properties(registration)),
        "displayName": name,
        "appDisplayName": name,
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
    }
    tenant.service_principals[principal.id] = principal
    tenant.commit(actor, "entra", "consent", principal.id, app_id=application.app_id, created="servicePrincipal")
    return principal


def page_error(call: Call, code: int, text: str, status: int = 400) -> ServiceError:
    """An error that a page shows; the handler makes HTML of it."""
    return entra_error(code, "invalid_request", text, call.tenant.clock.now(), status)


def _consent(call: Call, person: Person, client: Client, asked: Asked, consent: str, request: str) -> None:
    resource = resource_principal(call, asked)
    has = granted(call.tenant, client, person.user, resource)
    names = declared_scopes(client, asked.resource_app_id) if asked.default else asked.names
    missing = (names or wanted_names(asked, client, has)) - has - {".default"}
    if not missing:
        return
    roles = frozenset(person.user.directory_roles)
    allowed = may_consent(roles, to_graph_roles=False)
    if not allowed and (consent == "tenant" or missing - USER_CONSENT):
        text = f"{client.name} needs permission to access resources in your organization that only an admin can grant."
        raise page_error(call, 90094, text, 403)
    grant(
        call, client.principal, resource, None if consent == "tenant" else person.user, frozenset(missing),
        request, person.user.id,
    )  # fmt: skip
