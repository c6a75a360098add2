"""GET /{tenant}/adminconsent: an administrator consents to all that an application declares.

learn.microsoft.com/entra/identity-platform/v2-admin-consent, learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent:
what is declared is granted, and what was granted for the whole tenant and is not declared is revoked.
"""  # noqa: E501

from __future__ import annotations

from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.clock import Span
from graphmail.sandbox.delegated_rights import may_consent
from graphmail.sandbox.directory_records import AppRoleAssignment, ServicePrincipal
from graphmail.sandbox.entra.client import Client, principal_of
from graphmail.sandbox.entra.delegated_scopes import declared_scopes, grant
from graphmail.sandbox.entra.device_page import client_name
from graphmail.sandbox.entra.form import Form
from graphmail.sandbox.entra.pages import error_page, page, send_back
from graphmail.sandbox.entra.redirects import kind_of_redirect
from graphmail.sandbox.entra.sign_in import Person, find_person, installed_client, page_error, people
from graphmail.sandbox.entra.user_grant import is_common
from graphmail.sandbox.object_ids import opaque_id
from graphmail.sandbox.registration import Registration, registration_of
from graphmail.sandbox.well_known import GRAPH_APP_ID

REQUEST = "POST /{tenant}/adminconsent"


async def show(call: Call) -> Answer:
    try:
        registration = _checked(call, dict(call.query))
    except ServiceError as error:
        return error_page(error)
    kept = ("client_id", "redirect_uri", "state")
    return page(
        "admin_consent", "Permissions requested", client=client_name(call, registration.application.app_id),
        scopes=_shown(call, registration), people=[] if is_common(call.tenant) else people(call.tenant),
        hidden={name: call.query[name] for name in kept if name in call.query},
    )  # fmt: skip


async def decide(call: Call) -> Answer:
    """`client_id`, `redirect_uri`, `state`, `username`, `decision` (approve or decline)."""
    form = Form(call)
    try:
        registration = _checked(call, form.fields)
        person = find_person(call, None if is_common(call.tenant) else call.tenant, form.required("username"))
    except ServiceError as error:
        return error_page(error)
    call.tenant = person.tenant
    state = {"state": form.get("state")} if form.get("state") else {}
    if form.get("decision") != "approve" or not _may(person, registration):
        text = "AADSTS65004: The resource owner or authorization server denied the request."
        return send_back(
            form.get("redirect_uri"), {"error": "permission_denied", "error_description": text, **state},
        )  # fmt: skip
    _grant_declared(call, person, registration)
    return send_back(form.get("redirect_uri"), {"admin_consent": "True", "tenant": person.tenant.id, **state})


def _checked(call: Call, asked: dict[str, str]) -> Registration:
    for name in ("client_id", "redirect_uri"):
        if not asked.get(name):
            raise page_error(call, 900144, f"The request body must contain the following parameter: '{name}'.")
    registration = registration_of(call.world, call.tenant, asked["client_id"])
    if registration is None:
        text = f"Application with identifier '{asked['client_id']}' was not found in the directory."
        raise page_error(call, 700016, text)
    if kind_of_redirect(registration, asked["redirect_uri"]) is None:
        text = (
            f"The redirect URI '{asked['redirect_uri']}' specified in the request does not match the redirect URIs "
            f"configured for the application '{asked['client_id']}'."
        )
        raise page_error(call, 50011, text)
    return registration


def _may(person: Person, registration: Registration) -> bool:
    of_graph = any(
        api.get("resourceAppId") == GRAPH_APP_ID and any(a.get("type") == "Role" for a in api["resourceAccess"])
        for api in _declared(registration)
    )
    return may_consent(frozenset(person.user.directory_roles), to_graph_roles=of_graph)


def _grant_declared(call: Call, person: Person, registration: Registration) -> None:
    client = installed_client(call, registration.application.app_id, "tenant", person)
    declared_resources = [
        p for api in _declared(registration) if (p := principal_of(call.tenant, api["resourceAppId"]))
    ]
    wanted = {(p.id, role) for p in declared_resources for role in _roles(registration, p)}
    _set_roles(call, person, client.principal, wanted)
    kept = set()
    for resource in declared_resources:
        scopes = declared_scopes(client, resource.app_id)
        if scopes:
            kept.add(resource.id)
            grant(call, client.principal, resource, None, scopes, REQUEST, person.user.id)
    _revoke_others(call, person, client, kept)


def _set_roles(call: Call, person: Person, client: ServicePrincipal, wanted: set[tuple[str, str]]) -> None:
    now = call.tenant.clock.now()
    live = {(a.resource_id, a.app_role_id): a for a in client.assignments if a.span.removed is None}
    for resource_id, role_id in sorted(wanted - set(live)):
        made = AppRoleAssignment(opaque_id(str(uuid4())), role_id, client.id, resource_id, Span(now))
        client.assignments.append(made)
        _commit(call, person, made.id, app_id=client.app_id, role=_role_name(call, resource_id, role_id))
    for key in sorted(set(live) - wanted):
        live[key].span.removed = now
        _commit(call, person, live[key].id, app_id=client.app_id, revoked=_role_name(call, *key))


def _revoke_others(call: Call, person: Person, client: Client, kept: set[str]) -> None:
    """Take away tenant-wide delegated grants that are declared no more; those of single users stay."""
    for one in list(call.tenant.permission_grants.values()):
        if one.client_id != client.principal.id or one.principal_id is not None:
            continue
        resource = call.tenant.service_principals[one.resource_id]
        declared = declared_scopes(client, resource.app_id) if one.resource_id in kept else frozenset()
        gone = sorted(set(one.scopes) - declared)
        if not gone:
            continue
        one.scopes = sorted(declared)
        if not declared:
            del call.tenant.permission_grants[one.id]
        _commit(call, person, one.id, app_id=client.principal.app_id, revoked=" ".join(gone))


def _declared(registration: Registration) -> list[dict[str, Any]]:
    return registration.application.properties.get("requiredResourceAccess") or []


def _roles(registration: Registration, resource: ServicePrincipal) -> set[str]:
    known = {role["id"] for role in resource.properties.get("appRoles", [])}
    return {
        access["id"]
        for api in _declared(registration)
        if api.get("resourceAppId") == resource.app_id
        for access in api.get("resourceAccess", [])
        if access.get("type") == "Role" and access.get("id") in known
    }


def _role_name(call: Call, resource_id: str, role_id: str) -> str:
    roles = call.tenant.service_principals[resource_id].properties.get("appRoles", [])
    return next((str(r["value"]) for r in roles if r["id"] == role_id), role_id)


def _shown(call: Call, registration: Registration) -> list[str]:
    """The declared permissions by name, for the page; by id where the resource is not known here.

    Two resources may have the same id for a role of the same name.
    """
    tenant = registration.tenant if is_common(call.tenant) else call.tenant
    names = {
        (p.app_id, entry["id"]): f"{p.properties.get('displayName')}: {entry['value']}"
        for p in tenant.service_principals.values()
        for kind in ("appRoles", "oauth2PermissionScopes")
        for entry in p.properties.get(kind, [])
    }
    return [
        names.get((api["resourceAppId"], a["id"]), a["id"])
        for api in _declared(registration)
        for a in api.get("resourceAccess", [])
    ]


def _commit(call: Call, person: Person, target: str, **detail: Any) -> None:
    call.tenant.commit(person.user.id, "entra", REQUEST, target, **detail)
