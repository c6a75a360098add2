"""The tenant's app management policy, which may forbid secrets or limit their lifetime.

learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy. Existing secrets keep working, additions are refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.errors import bad_request, graph_error
from graphmail.sandbox.store import Application

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
        call.caller.client_id, "graph", "PATCH /policies/defaultAppManagementPolicy", "defaultAppManagementPolicy",
        changed=sorted(body),
    )  # fmt: skip
    return Answer(204)


def check_password(call: Call, application: Application, lifetime: timedelta) -> None:
    """ServiceError where the policy forbids a secret of this lifetime on this application."""
    policy = call.tenant.app_management_policy
    if not policy.get("isEnabled"):
        return
    for rule in (policy.get("applicationRestrictions") or {}).get("passwordCredentials") or []:
        if rule.get("state", "enabled") != "enabled" or not _applies(rule, application):
            continue
        if rule["restrictionType"] == "passwordAddition":
            raise graph_error(
                403,
                "CredentialTypeNotAllowedAsPerAppPolicy",
                "Credential type not allowed as per assigned policy 'Default app management tenant policy'.",
            )
        if rule["restrictionType"] == "passwordLifetime" and lifetime > _DURATION.validate_python(rule["maxLifetime"]):
            raise graph_error(
                400,
                "CredentialInvalidLifetimeAsPerAppPolicy",
                "Credential lifetime exceeds the max value allowed as per assigned policy "
                "'Default app management tenant policy'.",
            )


def _applies(rule: dict[str, Any], application: Application) -> bool:
    since = rule.get("restrictForAppsCreatedAfterDateTime")
    return not since or application.span.made >= datetime.fromisoformat(since)
