"""Secrets of an application: learn.microsoft.com/graph/api/application-addpassword and …/application-removepassword."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import Secret
from graphmail.sandbox.entra.tokens import digest, new_secret
from graphmail.sandbox.graph.app_management import check_password
from graphmail.sandbox.graph.applications import secret_values
from graphmail.sandbox.graph.errors import bad_request
from graphmail.sandbox.graph.ownership import writable_application
from graphmail.sandbox.graph.schema import check_value

_FIELDS = {"displayName": "Edm.String", "startDateTime": "Edm.DateTimeOffset", "endDateTime": "Edm.DateTimeOffset"}
_SERVER_SIDE = ("keyId", "hint", "secretText", "customKeyIdentifier")
DEFAULT_LIFETIME = 2  # years


async def add(call: Call) -> Answer:
    """Make a secret; its text is in this answer and nowhere else, and it works after `delays.secret`."""
    application = writable_application(call)
    wanted = _wanted(call.json())
    now = call.tenant.clock.now()
    start = _date(wanted.get("startDateTime")) or now
    end = _date(wanted.get("endDateTime")) or _years_later(start, DEFAULT_LIFETIME)
    if end <= start:
        raise bad_request("Invalid value specified for property 'endDateTime' of resource 'PasswordCredential'.")
    check_password(call, application, end - start)
    text = new_secret()
    secret = Secret(str(uuid4()), wanted.get("displayName"), start, end, text[:3], digest(text), Span(now))
    application.secrets.append(secret)
    call.tenant.commit(
        call.caller.actor, "graph", "POST /applications/{id}/addPassword", application.id,
        app_id=application.app_id, key_id=secret.key_id, display_name=secret.display_name,
    )  # fmt: skip
    context = {"@odata.context": f"{call.root}/v1.0/$metadata#microsoft.graph.passwordCredential"}
    return Answer(200, context | secret_values(secret) | {"secretText": text})


async def remove(call: Call) -> Answer:
    application = writable_application(call)
    key_id = call.json().get("keyId")
    check_value("keyId", "Edm.Guid", key_id)
    secret = next((s for s in application.secrets if s.key_id == key_id and s.span.removed is None), None)
    if secret is None:
        raise bad_request(f"No password credential found with keyId '{key_id}'.")
    secret.span.removed = call.tenant.clock.now()
    call.tenant.commit(
        call.caller.actor, "graph", "POST /applications/{id}/removePassword", application.id,
        app_id=application.app_id, key_id=key_id, display_name=secret.display_name,
    )  # fmt: skip
    return Answer(204)


def _wanted(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or set(body) - {"passwordCredential"}:
        raise bad_request("Invalid parameter of the action: only 'passwordCredential' is known.")
    wanted = body.get("passwordCredential") or {}
    for name, value in wanted.items():
        if name in _SERVER_SIDE and value is not None:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
        if name not in _FIELDS and name not in _SERVER_SIDE:
            raise bad_request(f"Invalid property '{name}'.")
        check_value(name, _FIELDS.get(name, "any"), value)
    return dict(wanted)


def _date(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _years_later(start: datetime, years: int) -> datetime:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, day=28) + timedelta()
