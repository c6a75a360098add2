"""Certificates of an application: learn.microsoft.com/graph/api/resources/keycredential.

A PATCH replaces the whole collection. An entry that names the `keyId` of an existing one and has no `key` keeps it.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Call, ServiceError
from graphmail.sandbox.certificate import Certificate
from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import Application, KeyCredential
from graphmail.sandbox.graph.app_management import check_key
from graphmail.sandbox.graph.directory import stamp
from graphmail.sandbox.graph.errors import bad_request, graph_error
from graphmail.sandbox.graph.schema import check_value
from graphmail.sandbox.service import not_implemented

_FIELDS = {
    "customKeyIdentifier": "Edm.String",
    "displayName": "Edm.String",
    "endDateTime": "Edm.DateTimeOffset",
    "key": "Edm.String",
    "keyId": "Edm.Guid",
    "startDateTime": "Edm.DateTimeOffset",
    "type": "Edm.String",
    "usage": "Edm.String",
}


def key_values(key: KeyCredential, *, with_key: bool = False) -> dict[str, Any]:
    """What Graph shows of a certificate; `key` is null but for `$select=keyCredentials` of one object."""
    return {
        "customKeyIdentifier": key.thumbprint,
        "displayName": key.display_name,
        "endDateTime": stamp(key.end),
        "key": key.key if with_key else None,
        "keyId": key.key_id,
        "startDateTime": stamp(key.start),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def live_keys(application: Application) -> list[KeyCredential]:
    return [key for key in application.keys if key.span.removed is None]


def replaced_keys(call: Call, application: Application, wanted: Any) -> list[KeyCredential]:
    """Return the new collection, nothing committed yet; ServiceError for what Entra would refuse."""
    if not isinstance(wanted, list):
        raise graph_error(400, "BadRequest", "Property keyCredentials in payload is no collection.")
    old = {key.key_id: key for key in live_keys(application)}
    keys = [_kept_or_new(call, application, old, entry) for entry in wanted]
    if len({key.key_id for key in keys}) < len(keys):
        raise bad_request("Invalid value specified for property 'keyCredentials' of resource 'Application'.")
    return keys


def commit_keys(call: Call, application: Application, keys: list[KeyCredential]) -> None:
    """Make these the application's keys; the ones left out are seen as gone as late as new ones are seen."""
    kept = {key.key_id for key in keys}
    now = call.tenant.clock.now()
    gone = [key for key in application.keys if key.key_id not in kept]
    for key in gone:
        key.span.removed = key.span.removed or now
    application.keys = [*gone, *keys]


def _kept_or_new(
    call: Call, application: Application, old: dict[str, KeyCredential], entry: Any,
) -> KeyCredential:  # fmt: skip
    _check_fields(entry)
    known = old.get(str(entry.get("keyId") or "").lower())
    if known and entry.get("key") in (None, known.key):
        return known
    return new_key(call, application, entry)


def new_key(call: Call, application: Application, entry: dict[str, Any]) -> KeyCredential:
    """Make a key of a certificate; its dates, name and identifier are the certificate's unless given."""
    _check_fields(entry)
    if entry.get("type") != "AsymmetricX509Cert" or entry.get("usage") != "Verify":
        raise ServiceError(not_implemented(f"a key of type {entry.get('type')} for {entry.get('usage')}"))
    try:
        certificate = Certificate(entry.get("key") or "")
    except ValueError:
        raise bad_request("Invalid value specified for property 'key' of resource 'KeyCredential'.") from None
    start = _date(entry.get("startDateTime")) or certificate.start
    end = _date(entry.get("endDateTime")) or certificate.end
    if end > certificate.end or end <= start or end <= call.tenant.clock.now():
        raise graph_error(400, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid.")
    if start < certificate.start:
        raise graph_error(400, "KeyCredentialsInvalidStartDate", "Key credential start date is invalid.")
    check_key(call, application, end - start)
    return KeyCredential(
        str(entry.get("keyId") or uuid4()).lower(),
        entry.get("displayName") or certificate.name,
        start,
        end,
        base64.b64encode(certificate.der).decode(),
        certificate.thumbprint,
        Span(call.tenant.clock.now()),
    )


def _check_fields(entry: Any) -> None:
    if not isinstance(entry, dict):
        raise bad_request("Invalid value specified for property 'keyCredentials' of resource 'Application'.")
    for name, value in entry.items():
        if "@odata." in name:
            continue
        if name not in _FIELDS:
            raise bad_request(f"Invalid property '{name}'.")
        check_value(name, _FIELDS[name], value)


def _date(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
