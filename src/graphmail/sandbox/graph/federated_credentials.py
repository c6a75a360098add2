"""Federated identity credentials: learn.microsoft.com/graph/api/resources/federatedidentitycredential.

Whose tokens of an external identity provider stand for the application; the token endpoint does the matching.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import Application, FederatedCredential
from graphmail.sandbox.graph.directory import find_application
from graphmail.sandbox.graph.errors import bad_request, graph_error, not_found
from graphmail.sandbox.graph.ownership import writable_application
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_entra import FEDERATED_IDENTITY_CREDENTIAL as ENTITY

CONTEXT = "federatedIdentityCredentials"
LARGEST = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
_LONGEST = 600


async def list_all(call: Call) -> Answer:
    return many(call, ENTITY, [_values(f) for f in live_federated(find_application(call))], CONTEXT)


async def get(call: Call) -> Answer:
    return one(call, ENTITY, _values(_find(call, find_application(call))), CONTEXT)


async def create(call: Call) -> Answer:
    application = writable_application(call)
    body = ENTITY.check(call.json())
    for name in ("name", "issuer", "subject", "audiences"):
        if not body.get(name):
            raise bad_request(f"A value is required for property '{name}' of resource 'FederatedIdentityCredential'.")
    if len(live_federated(application)) >= LARGEST:
        raise bad_request(
            "Federated identity credentials limit exceeded. No more than 20 are allowed on an application."
        )
    made = FederatedCredential(
        str(uuid4()), body["name"], body["issuer"], body["subject"], body["audiences"], body.get("description"),
        Span(call.tenant.clock.now()),
    )  # fmt: skip
    _check(application, made)
    application.federated.append(made)
    _commit(call, "POST", application, made)
    return one(call, ENTITY, _values(made), CONTEXT, 201)


async def update(call: Call) -> Answer:
    application = writable_application(call)
    old = _find(call, application)
    body = ENTITY.check(call.json())
    if "name" in body and body["name"] != old.name:
        raise bad_request("Property 'name' is read-only and cannot be set.")
    changed = {k: v for k, v in body.items() if k != "name"}
    made = replace(old, span=Span(call.tenant.clock.now()), **changed)
    _check(application, made)
    old.span.removed = call.tenant.clock.now()  # the token endpoint sees old and new as late as any credential
    application.federated.append(made)
    _commit(call, "PATCH", application, made)
    return Answer(204)


async def delete(call: Call) -> Answer:
    application = writable_application(call)
    gone = _find(call, application)
    gone.span.removed = call.tenant.clock.now()
    _commit(call, "DELETE", application, gone)
    return Answer(204)


def live_federated(application: Application) -> list[FederatedCredential]:
    return [f for f in application.federated if f.span.removed is None]


def _find(call: Call, application: Application) -> FederatedCredential:
    """By id, or by name, which is an alternate key."""
    wanted = call.params["credential_id"]
    for credential in live_federated(application):
        if wanted in (credential.id, credential.name):
            return credential
    raise not_found(wanted)


def _check(application: Application, made: FederatedCredential) -> None:
    """Limits of learn.microsoft.com/graph/api/application-post-federatedidentitycredentials."""
    if not _NAME.fullmatch(made.name):
        raise _invalid("name")
    if len(made.audiences) != 1 or len(made.audiences[0]) > _LONGEST:
        raise _invalid("audiences")
    for name in ("issuer", "subject"):
        if not getattr(made, name) or len(getattr(made, name)) > _LONGEST:
            raise _invalid(name)
    for other in live_federated(application):
        if other.id == made.id:
            continue
        if other.name == made.name:
            message = f"FederatedIdentityCredential with name {made.name} already exists."
            raise graph_error(409, "Request_MultipleObjectsWithSameKeyValue", message)
        if (other.issuer, other.subject) == (made.issuer, made.subject):
            message = (
                "FederatedIdentityCredential with same issuer and subject already exists on the application; the "
                "combination must be unique."
            )
            raise graph_error(409, "Request_MultipleObjectsWithSameKeyValue", message)


def _values(credential: FederatedCredential) -> dict[str, Any]:
    return {
        "id": credential.id,
        "name": credential.name,
        "issuer": credential.issuer,
        "subject": credential.subject,
        "description": credential.description,
        "audiences": credential.audiences,
    }


def _commit(call: Call, method: str, application: Application, credential: FederatedCredential) -> None:
    call.tenant.commit(
        call.caller.actor, "graph", f"{method} /applications/{{id}}/federatedIdentityCredentials", application.id,
        app_id=application.app_id, name=credential.name, issuer=credential.issuer, subject=credential.subject,
    )  # fmt: skip


def _invalid(name: str) -> ServiceError:
    return bad_request(f"Invalid value specified for property '{name}' of resource 'FederatedIdentityCredential'.")
