"""App registrations: learn.microsoft.com/graph/api/resources/application."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import Application, Secret
from graphmail.sandbox.graph.application_rules import check_rules, check_unique_name
from graphmail.sandbox.graph.directory import find_application, live_principal, stamp
from graphmail.sandbox.graph.errors import bad_request, denied, not_found
from graphmail.sandbox.graph.key_credentials import commit_keys, key_values, live_keys, replaced_keys
from graphmail.sandbox.graph.listing import keep_indexed, listed
from graphmail.sandbox.graph.memberships import related
from graphmail.sandbox.graph.ownership import first_owners, may_write, writable_application
from graphmail.sandbox.graph.query import many, number_of, one, wanted_key
from graphmail.sandbox.graph.schema_types import APPLICATION
from graphmail.sandbox.registration import share

CONTEXT = "applications"


async def create(call: Call) -> Answer:
    body = APPLICATION.check(call.json())
    application = _create(call, body, "POST /applications")
    return one(call, APPLICATION, application_values(call, application), CONTEXT, 201)


async def list_all(call: Call) -> Answer:
    return many(call, APPLICATION, _rows(call), CONTEXT)


async def count(call: Call) -> Answer:
    return number_of(call, APPLICATION, _rows(call))


async def get(call: Call) -> Answer:
    application = find_application(call)
    values = application_values(call, application)
    if "keyCredentials" in call.query.get("$select", ""):
        values["keyCredentials"] = [key_values(k, with_key=True) for k in live_keys(application)]
    return one(call, APPLICATION, values, CONTEXT)


async def update(call: Call) -> Answer:
    _update(call, writable_application(call), APPLICATION.check(call.json()), "PATCH /applications/{id}")
    return Answer(204)


async def upsert(call: Call) -> Answer:
    """Update, or with `Prefer: create-if-missing` create: learn.microsoft.com/graph/api/application-upsert.

    The one create without a race: the unique name is looked up in what is committed, replicated or not.
    """
    name = call.params["unique_name"].replace("''", "'")
    body = APPLICATION.check(call.json())
    existing = next(
        (a for a in call.tenant.applications.values() if a.properties.get("uniqueName") == name and a.deleted is None),
        None,
    )
    request = "PATCH /applications(uniqueName='{unique_name}')"
    if existing:
        if not may_write(call, existing):
            raise denied()
        _update(call, existing, body, request)
        return Answer(204)
    preferences = [p.strip() for p in call.headers.get("prefer", "").lower().split(",")]
    if "create-if-missing" not in preferences:
        raise not_found(name)
    application = _create(call, body | {"uniqueName": name}, request)
    return one(call, APPLICATION, application_values(call, application), CONTEXT, 201)


async def delete(call: Call) -> Answer:
    """Soft delete; the service principal in the app's home tenant goes with it."""
    application = writable_application(call)
    now = call.tenant.clock.now()
    application.deleted = now
    principal = live_principal(call, application.app_id)
    if principal:
        principal.deleted = now
    call.tenant.commit(
        call.caller.actor, "graph", "DELETE /applications/{id}", application.id, app_id=application.app_id,
    )  # fmt: skip
    return Answer(204)


def application_values(call: Call, application: Application) -> dict[str, Any]:
    """Return what Graph shows of an application; a secret's text is nowhere in it."""
    info = application.properties.get("info") or {}
    defaults = APPLICATION.properties["info"].default
    return {
        **application.properties,
        "owners": partial(related, call, application, "owners"),
        "id": application.id,
        "appId": application.app_id,
        "createdDateTime": stamp(application.span.made),
        "deletedDateTime": stamp(application.deleted),
        "publisherDomain": call.tenant.domains[0],
        "info": {**defaults, **info, "logoUrl": logo_url(call, application)},
        "keyCredentials": [key_values(k) for k in live_keys(application)],
        "passwordCredentials": [secret_values(s) for s in application.secrets if s.span.removed is None],
    }


def logo_url(call: Call, application: Application) -> str | None:
    """The address of the logo, which a content network serves to everybody."""
    if application.logo is None:
        return None
    # A new picture has a new address: the content network keeps what it once served.
    version = int.from_bytes(hashlib.sha256(application.logo).digest()[:6], "big")
    return f"{call.root}/appbranding/{call.tenant.id}/{application.id}/bannerlogo?ts={version}"


def secret_values(secret: Secret) -> dict[str, Any]:
    """learn.microsoft.com/graph/api/resources/passwordcredential."""
    return {
        "customKeyIdentifier": None,
        "displayName": secret.display_name,
        "endDateTime": stamp(secret.end),
        "hint": secret.hint,
        "keyId": secret.key_id,
        "secretText": None,
        "startDateTime": stamp(secret.start),
    }


def _rows(call: Call) -> list[dict[str, Any]]:
    found: Iterable[Application] = call.tenant.applications.values()
    match wanted_key(call, APPLICATION):
        case ("id", value):
            found = (a for a in found if a.id == value.lower())
        case ("appId", value):
            found = (a for a in found if a.app_id == value.lower())
    return listed(call, found, application_values)


def _create(call: Call, body: dict[str, Any], request: str) -> Application:
    if not body.get("displayName"):
        raise bad_request("A value is required for property 'displayName' of resource 'Application'.")
    check_rules(call, body)
    if name := body.get("uniqueName"):
        check_unique_name(call, name)
    application = Application(str(uuid4()), str(uuid4()), Span(call.tenant.clock.now()), owners=first_owners(call))
    named = sorted(body)
    body = dict(body)
    wanted_keys = body.pop("keyCredentials", None)
    if wanted_keys is not None:
        commit_keys(call, application, replaced_keys(call, application, wanted_keys))
    application.properties = body | {"createdByAppId": _creator(call)}
    call.tenant.applications[application.id] = application
    share(call.world, call.tenant, application)
    call.tenant.commit(
        call.caller.actor, "graph", request, application.id, app_id=application.app_id, set=named,
    )  # fmt: skip
    return application


def _update(call: Call, application: Application, body: dict[str, Any], request: str) -> None:
    if "displayName" in body and not body["displayName"]:
        raise bad_request("Invalid value specified for property 'displayName' of resource 'Application'.")
    check_rules(call, body)
    if "uniqueName" in body and body["uniqueName"] != application.properties.get("uniqueName"):
        if application.properties.get("uniqueName") is not None:
            raise bad_request("Property 'uniqueName' is immutable once it is set.")
        check_unique_name(call, body["uniqueName"])
    changed = sorted(n for n, v in body.items() if application.properties.get(n) != v)
    keys: dict[str, list[str]] = {}
    keep_indexed(call, application.id, application_values(call, application))
    body = dict(body)
    wanted_keys = body.pop("keyCredentials", None)
    if wanted_keys is not None:
        commit_keys(call, application, replaced_keys(call, application, wanted_keys))
        keys = {"key_ids": [key.key_id for key in live_keys(application)]}
    application.properties = _merged(application.properties, body)
    principal = live_principal(call, application.app_id)
    if principal and "displayName" in body:
        principal.properties |= {"displayName": body["displayName"], "appDisplayName": body["displayName"]}
    share(call.world, call.tenant, application)
    call.tenant.commit(
        call.caller.actor, "graph", request, application.id, app_id=application.app_id, changed=changed, **keys,
    )  # fmt: skip


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Complex values are merged by property, collections replaced as a whole."""
    return {**old, **{n: {**(old.get(n) or {}), **v} if isinstance(v, dict) else v for n, v in new.items()}}


def _creator(call: Call) -> str | None:
    return None if call.caller.by_hand else call.caller.client_id
