"""Delegated permissions: which are asked for, which the client has of the user or the tenant.

learn.microsoft.com/entra/identity-platform/scopes-oidc
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from graphmail.sandbox.call import Call
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import PermissionGrant, ServicePrincipal
from graphmail.sandbox.entra.client import FIRST_PARTY, Client, principal_of
from graphmail.sandbox.entra.form import refuse
from graphmail.sandbox.entra.resources import AUDIENCES, of_cloud
from graphmail.sandbox.object_ids import opaque_id
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.store import Tenant
from graphmail.sandbox.well_known import (
    EXCHANGE_APP_ID,
    EXCHANGE_COMMAND_LINE,
    EXCHANGE_SCOPES,
    GRAPH_APP_ID,
    GRAPH_COMMAND_LINE_TOOLS,
    GRAPH_SCOPES,
)

OIDC = ("openid", "profile", "email", "offline_access")
_GRAPH = "https://graph.microsoft.com"
_KNOWN = {GRAPH_APP_ID: GRAPH_SCOPES, EXCHANGE_APP_ID: EXCHANGE_SCOPES}
# Microsoft's clients reach the resources that Microsoft agreed with; the others cannot be consented to.
_RESOURCES = {GRAPH_COMMAND_LINE_TOOLS: GRAPH_APP_ID, EXCHANGE_COMMAND_LINE: EXCHANGE_APP_ID}
_PREAUTHORIZED = {EXCHANGE_COMMAND_LINE: frozenset(EXCHANGE_SCOPES)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A parsed `scope`: one resource, what is wanted of it, and what OpenID Connect has beside it."""

    resource_app_id: str
    audience: str
    names: frozenset[str]  # without the resource
    oidc: frozenset[str]
    default: bool  # `.default`: whatever is granted

    def shown(self, granted: list[str]) -> str:
        """The `scope` of the answer: short names for Graph, whole ones for the others."""
        prefix = "" if self.resource_app_id == GRAPH_APP_ID else f"{self.audience}/"
        shown = [f"{prefix}{name}" for name in granted]
        if self.default:
            shown.append(f"{self.audience}/.default")
        return " ".join([*shown, *(s for s in OIDC if s in self.oidc and s != "offline_access")])


def parse_scopes(call: Call, client_id: str, scope: str) -> Asked:
    """ServiceError 28000, 70011, 500011, 650053 or 65002 for what cannot be asked for."""
    every = scope.split()
    oidc = frozenset(one for one in every if one in OIDC)
    pairs = [_split(one) for one in every if one not in OIDC]
    audiences = {audience for audience, _ in pairs} or {_GRAPH}
    if len(audiences) > 1:
        text = (
            f"Provided value for the input parameter scope '{scope}' is not valid because it contains more than one "
            "resource."
        )
        refuse(call, 28000, "invalid_scope", text)
    audience = audiences.pop()
    app_id = AUDIENCES.get(audience)
    if app_id is None or not of_cloud(audience, call.tenant.cloud):
        text = f"The resource principal named {audience} was not found in the tenant named {call.tenant.display_name}."
        refuse(call, 500011, "invalid_resource", text)
    names = {name for _, name in pairs}
    default = ".default" in names
    if default and len(names) > 1:
        text = (
            f"The provided value for the input parameter 'scope' is not valid. {scope} contains .default, which can't "
            "be combined with resource-specific scopes."
        )
        refuse(call, 70011, "invalid_scope", text)
    _check_first_party(call, client_id, app_id)
    canonical = {name.lower(): name for name in _KNOWN[app_id]}
    for name in names - {".default"}:
        if name.lower() not in canonical:
            text = (
                f"The application '{client_id}' asked for scope '{name}' that doesn't exist on the resource '{app_id}'."
            )
            refuse(call, 650053, "invalid_client", text)
    wanted = frozenset(canonical[name.lower()] for name in names if name != ".default")
    return Asked(app_id, audience, wanted, oidc, default)


def _check_first_party(call: Call, client_id: str, app_id: str) -> None:
    """ServiceError 65002 for one of Microsoft's own clients that asks for a resource it is not made for."""
    if client_id in FIRST_PARTY and _RESOURCES[client_id] != app_id:
        text = (
            f"Consent between first party application '{client_id}' and first party resource '{app_id}' must be "
            "configured via preauthorization - applications owned and operated by Microsoft must get approval from "
            "the API owner before requesting tokens for that API."
        )
        refuse(call, 65002, "invalid_request", text)


def granted(tenant: Tenant, client: Client, user: Recipient, resource: ServicePrincipal) -> frozenset[str]:
    """Return every scope the client has on the resource for this user, as Entra sees it by now."""
    now, lag = tenant.clock.now(), tenant.delays.of("consent")
    found = set(_PREAUTHORIZED.get(client.principal.app_id, ()))
    for grant in tenant.permission_grants.values():
        if grant.client_id != client.principal.id or grant.resource_id != resource.id:
            continue
        if grant.principal_id in (None, user.id) and (grant.at_sign_in or grant.span.holds(now, lag)):
            found.update(grant.scopes)
    return frozenset(found)


def wanted_names(asked: Asked, client: Client, has: frozenset[str]) -> frozenset[str]:
    """What must be consented to: the names, or of `.default` what is granted, else what the application declares."""
    if not asked.default:
        return asked.names
    return has or declared_scopes(client, asked.resource_app_id) or frozenset({".default"})


def declared_scopes(client: Client, resource_app_id: str) -> frozenset[str]:
    """The delegated permissions of requiredResourceAccess on this resource."""
    if client.registration is None:
        return frozenset()
    by_id = {scope_id: name for name, scope_id in _KNOWN.get(resource_app_id, {}).items()}
    declared = client.registration.application.properties.get("requiredResourceAccess") or []
    return frozenset(
        by_id[access["id"]]
        for api in declared
        if api.get("resourceAppId") == resource_app_id
        for access in api.get("resourceAccess", [])
        if access.get("type") == "Scope" and access.get("id") in by_id
    )


def grant(
    call: Call, client: ServicePrincipal, resource: ServicePrincipal, user: Recipient | None, names: frozenset[str],
    request: str, actor: str,
) -> None:  # fmt: skip
    """Consent on a sign-in page, for one user or (None) for all: adds to the grant there is."""
    tenant, principal_id = call.tenant, user.id if user else None
    existing = next(
        (
            g
            for g in tenant.permission_grants.values()
            if (g.client_id, g.resource_id, g.principal_id) == (client.id, resource.id, principal_id)
        ),
        None,
    )
    if existing and names <= set(existing.scopes):
        return
    if existing is None:
        existing = PermissionGrant(
            opaque_id(str(uuid4())), client.id, resource.id, principal_id, [], Span(tenant.clock.now()),
        )  # fmt: skip
        tenant.permission_grants[existing.id] = existing
    existing.scopes = sorted({*existing.scopes, *names})
    existing.at_sign_in = True
    tenant.commit(
        actor, "entra", request, existing.id,
        app_id=client.app_id, scope=" ".join(sorted(names)), for_all=principal_id is None,
    )  # fmt: skip


def resource_principal(call: Call, asked: Asked) -> ServicePrincipal:
    principal = principal_of(call.tenant, asked.resource_app_id)
    if principal is None:
        refuse(call, 500011, "invalid_resource", f"The resource principal named {asked.audience} was not found.")
    return principal


def _split(scope: str) -> tuple[str, str]:
    audience, _, name = scope.rpartition("/")
    return (audience.rstrip("/").lower(), name) if audience else (_GRAPH, scope)
