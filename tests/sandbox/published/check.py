"""Whether an answer of Graph has nothing but what the published schema has: every property's name, and its type.

An answer's type is what its own @odata.context and @odata.type say.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any

import requests

from tests.sandbox.published.extract import EXTRACT

SCHEMA: dict[str, Any] = json.loads(EXTRACT.read_text(encoding="utf-8"))
TYPES, ENUMS = SCHEMA["types"], SCHEMA["enums"]

# The last segment of @odata.context -> the type of what follows.
COLLECTIONS = {
    "appManagementPolicies": "appManagementPolicy",
    "appRoleAssignedTo": "appRoleAssignment",
    "appRoleAssignments": "appRoleAssignment",
    "applications": "application",
    "attachments": "attachment",
    "childFolders": "mailFolder",
    "defaultAppManagementPolicy": "tenantAppManagementPolicy",
    "directoryObjects": "directoryObject",
    "directoryRoles": "directoryRole",
    "domains": "domain",
    "federatedIdentityCredentials": "federatedIdentityCredential",
    "groups": "group",
    "mailFolders": "mailFolder",
    "mailboxSettings": "mailboxSettings",
    "messages": "message",
    "oauth2PermissionGrants": "oAuth2PermissionGrant",
    "organization": "organization",
    "roleAssignments": "unifiedRoleAssignment",
    "roleDefinitions": "unifiedRoleDefinition",
    "servicePrincipals": "servicePrincipal",
    "subscribedSkus": "subscribedSku",
    "users": "user",
}

# What this check cannot say anything about, and why.
UNCHECKED = {
    "Edm.Stream, $value, /logo, /$count": "no JSON",
    "the envelope of POST /$batch": "in no model; what is inside it is checked",
    "upload URLs": "another host than Graph's, in no model; the sessions that Graph makes are checked",
    "numbers, texts and Edm.Duration": "ranges and formats are not in the models",
    "which properties come by default": "the models say what may be there, not what is",
    "Exchange administration": "no schema is published; the cmdlets' pages are the source",
    "Entra's token endpoint": "OAuth 2.0 and OpenID Connect, not Graph",
}
# (type, property) that the real service answers although the models lack it.
UNPUBLISHED = {
    ("group", "creationOptions"): "in every v1.0 answer: learn.microsoft.com/graph/api/group-get",
    ("servicePrincipal", "createdDateTime"): "in every v1.0 answer; the SDKs have it in their additional properties",
}
# (type, property) whose value is not what the models make of it.
UNLIKE = {("innerError", "date"): "a time without zone: learn.microsoft.com/graph/errors"}
ANNOTATIONS = re.compile(
    r"(\w+)?@odata\.(context|count|nextLink|deltaLink|type|id|etag|mediaContentType|mediaReadLink|associationLink|"
    r"navigationLink)|@removed"
)
BEFORE = (401, 501)  # before Graph's own services: 401 is the gateway's, 501 the sandbox's
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PYTHON: dict[str, tuple[type, ...]] = {"text": (str,), "boolean": (bool,), "integer": (int,), "number": (int, float)}


def verified(answer: requests.Response) -> requests.Response:
    """Return the answer; AssertionError when something in it is not published."""
    if "/v1.0/" in answer.url and "json" in answer.headers.get("Content-Type", "") and answer.status_code not in BEFORE:
        assert problems(answer.status_code, answer.json()) == [], answer.url
    return answer


def problems(status: int, body: Any) -> list[str]:
    """Return what is wrong with the JSON body of an answer; nothing when all is published."""
    if not isinstance(body, dict):
        return [] if body is None else ["the body is no object"]
    if "responses" in body:
        return [p for item in body["responses"] for p in problems(item["status"], item.get("body")) if _is_json(item)]
    if status >= 400:
        return list(_object(body, "oDataError", "error answer"))
    context = body.get("@odata.context")
    if context is None:
        return ["no @odata.context"]
    if kind := _kind_of_property(context):
        inner = body["value"] if "value" in body else {k: v for k, v in body.items() if not ANNOTATIONS.fullmatch(k)}
        return _value(inner, kind, context)
    name = type_of(context)
    if name is None:
        return [f"what the context {context} means is not in COLLECTIONS"]
    if "value" not in body or name in ("uploadSession",):
        return list(_object(body, name, name))
    outer = [f"{key} beside value" for key in body if key != "value" and not ANNOTATIONS.fullmatch(key)]
    return outer + [p for row in body["value"] for p in _object(row, name, name)]


def type_of(context: str) -> str | None:
    """Return the type that a context names, or None."""
    fragment = context.partition("#")[2].removesuffix("/$entity").removesuffix("/$delta")
    while fragment.endswith(")") and (opening := _opening(fragment)) >= 0:
        inside, fragment = fragment[opening + 1 : -1], fragment[:opening]
        if fragment == "Collection":
            fragment = inside
    last = fragment.rsplit("/", 1)[-1].removeprefix("microsoft.graph.")
    return COLLECTIONS.get(last, last if last in TYPES else None)


def _kind_of_property(context: str) -> str | None:
    """Return the kind of one property of an object, where the context names that: `…/mailboxSettings/timeZone`."""
    outer, _, last = context.partition("#")[2].rpartition("/")
    name = COLLECTIONS.get(outer.rsplit("/", 1)[-1])
    return properties_of(name).get(last) if name == "mailboxSettings" else None


def properties_of(name: str) -> dict[str, str]:
    """All properties of a type, inherited ones too, with their kinds."""
    described = TYPES[name]
    inherited = properties_of(described["base"]) if described["base"] else {}
    return {**inherited, **described["properties"]}


def _opening(text: str) -> int:
    """The position of the parenthesis that the last one closes."""
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += (text[position] == ")") - (text[position] == "(")
        if depth == 0:
            return position
    return -1


def _is_json(item: dict[str, Any]) -> bool:
    return "json" in item.get("headers", {}).get("Content-Type", "")


def _object(value: Any, name: str, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no object"]
    actual = str(value.get("@odata.type", "")).removeprefix("#microsoft.graph.") or name
    if actual not in TYPES:
        return [f"{where}: no type {actual}"]
    known = properties_of(actual)
    found = []
    for key, inner in value.items():
        if key in known:
            found += _value(inner, known[key], f"{where}/{key}") if (actual, key) not in UNLIKE else []
        elif not ANNOTATIONS.fullmatch(key) and (actual, key) not in UNPUBLISHED:
            found.append(f"{where}: {actual} has no property {key}")
    return found


def _value(value: Any, kind: str, where: str) -> list[str]:
    if value is None:
        return []
    if kind.startswith("["):
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no collection"]
        return [p for element in value for p in _value(element, kind[1:-1], where)]
    if kind in ENUMS:
        return [] if value in ENUMS[kind] else [f"{where}: {value!r} is not in {kind}"]
    if kind in TYPES:
        return _object(value, kind, where)
    return [] if _fits(value, kind) else [f"{where}: {value!r} is no {kind}"]


def _fits(value: Any, kind: str) -> bool:
    if kind in _PYTHON:
        return isinstance(value, _PYTHON[kind]) and isinstance(value, bool) == (kind == "boolean")
    if not isinstance(value, str):
        return False
    if kind == "guid":
        return _GUID.fullmatch(value) is not None
    try:
        if kind == "bytes":
            base64.b64decode(value, validate=True)
        elif kind == "dateTime":
            return "T" in value and (value.endswith("Z") or datetime.fromisoformat(value).tzinfo is not None)
    except (ValueError, binascii.Error):
        return False
    return True
