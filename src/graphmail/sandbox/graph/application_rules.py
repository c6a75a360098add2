"""What Entra refuses about an application's values.

learn.microsoft.com/entra/identity-platform/supported-accounts-validation and …/graph/api/resources/application.
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Call, ServiceError
from graphmail.sandbox.graph.directory import restorable
from graphmail.sandbox.graph.errors import bad_request
from graphmail.sandbox.service import not_implemented

AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_LENGTHS = {"displayName": 256, "description": 1024}


def check_rules(call: Call, body: dict[str, Any]) -> None:
    """ServiceError 400 for the first value that Entra would not take."""
    for name, length in _LENGTHS.items():
        if len(body.get(name) or "") > length:
            raise _invalid(name)
    if "signInAudience" in body and body["signInAudience"] not in AUDIENCES:
        raise _invalid("signInAudience")
    if body.get("passwordCredentials"):
        raise bad_request("New password credentials must be generated with service actions.")
    if "passwordCredentials" in body:
        raise ServiceError(not_implemented("removing secrets by PATCH"))
    if "info" in body and "logoUrl" in (body["info"] or {}):
        raise bad_request("Property 'logoUrl' is read-only and cannot be set.")
    if "tags" in body:
        _check_tags(body["tags"])
    if "requiredResourceAccess" in body:
        _check_access(body["requiredResourceAccess"])


def check_unique_name(call: Call, name: str) -> None:
    """The name is taken by a live application, and for 30 days by a deleted one.

    microsoftgraph/msgraph-bicep-types#137 and learn.microsoft.com/graph/templates/how-to-reference-existing-resources.
    """
    for application in call.tenant.applications.values():
        held = application.deleted is None or restorable(call, application.deleted)
        if held and application.properties.get("uniqueName") == name:
            message = "Another object with the same value for property uniqueName already exists."
            raise bad_request(
                message, [{"code": "ObjectConflict", "message": message, "target": "uniqueName"}],
            )  # fmt: skip


def _check_tags(tags: list[str]) -> None:
    if any(not 1 <= len(tag) <= 256 or any(c.isspace() for c in tag) for tag in tags) or len(set(tags)) < len(tags):
        raise _invalid("tags")


def _check_access(declared: list[dict[str, Any]]) -> None:
    """At most 50 APIs and 400 permissions; each a Role or a Scope."""
    access = [a for api in declared for a in api.get("resourceAccess", [])]
    if len(declared) > 50 or len(access) > 400 or any(a.get("type") not in ("Role", "Scope") for a in access):
        raise _invalid("requiredResourceAccess")
    if any(not api.get("resourceAppId") for api in declared):
        raise _invalid("requiredResourceAccess")


def _invalid(name: str) -> ServiceError:
    return bad_request(f"Invalid value specified for property '{name}' of resource 'Application'.")
