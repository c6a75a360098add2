"""App management policies: what an application may not have, by the tenant's default or by a policy of its own.

learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy and …/appmanagementpolicy. Existing credentials keep
working, additions are refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.directory_records import Application
from graphmail.sandbox.graph.errors import bad_request, graph_error

_DURATION = TypeAdapter(timedelta)
_PATCHABLE = {"isEnabled", "displayName", "description", "applicationRestrictions", "servicePrincipalRestrictions"}


async def get_default(call: Call) -> Answer:
    context = {"@odata.context": f"{call.root}/v1.0/$metadata#policies/defaultAppManagementPolicy/$entity"}
    return Answer(200, context | call.tenant.app_management_policy)


async def update_default(call: Call) -> Answer:
    body = call.json()
    for name in body:
        if name not in _PATCHABLE:
            raise bad_request(f"Invalid property '{name}'.")
    call.tenant.app_management_policy = {**call.tenant.app_management_policy, **body}
    call.tenant.commit(
        call.caller.actor, "graph", "PATCH /policies/defaultAppManagementPolicy", "defaultAppManagementPolicy",
        changed=sorted(body),
    )  # fmt: skip
    return Answer(204)


def check_password(call: Call, application: Application, lifetime: timedelta) -> None:
    """ServiceError where a policy forbids a secret of this lifetime on this application."""
    for rule, policy in _rules(call, application, "passwordCredentials"):
        if rule["restrictionType"] == "passwordAddition":
            raise _not_allowed(policy)
        if rule["restrictionType"] == "passwordLifetime" and lifetime > _DURATION.validate_python(rule["maxLifetime"]):
            raise _too_long(policy)


def check_key(call: Call, application: Application, lifetime: timedelta) -> None:
    """ServiceError where a policy forbids a certificate of this lifetime on this application.

    No certificate authority is emulated, so none is trusted: where one is asked for, every certificate is refused.
    """
    for rule, policy in _rules(call, application, "keyCredentials"):
        if rule["restrictionType"] == "trustedCertificateAuthority":
            raise _not_allowed(policy)
        longest = rule.get("maxLifetime")
        if rule["restrictionType"] == "asymmetricKeyLifetime" and lifetime > _DURATION.validate_python(longest):
            raise _too_long(policy)


def _rules(call: Call, application: Application, kind: str) -> list[tuple[dict[str, Any], str]]:
    """Return the rules that act, each with its policy's name; one of its own takes the default's place, by type."""
    tenant = call.tenant
    default, own = tenant.app_management_policy, tenant.app_management_policies.get(application.management_policy, {})
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for policy, restrictions in ((default, "applicationRestrictions"), (own, "restrictions")):
        if not policy.get("isEnabled"):
            continue
        for rule in (policy.get(restrictions) or {}).get(kind) or []:
            found[rule["restrictionType"]] = (rule, policy["displayName"])
    return [(r, name) for r, name in found.values() if r.get("state", "enabled") == "enabled" and _acts(r, application)]


def _acts(rule: dict[str, Any], application: Application) -> bool:
    since = rule.get("restrictForAppsCreatedAfterDateTime")
    return not since or application.span.made >= datetime.fromisoformat(since)


def _not_allowed(policy: str) -> ServiceError:
    message = f"Credential type not allowed as per assigned policy '{policy}'."
    return graph_error(403, "CredentialTypeNotAllowedAsPerAppPolicy", message)


def _too_long(policy: str) -> ServiceError:
    message = f"Credential lifetime exceeds the max value allowed as per assigned policy '{policy}'."
    return graph_error(400, "CredentialInvalidLifetimeAsPerAppPolicy", message)
