"""Policies of single applications, which take the default's place; an application has at most one.

learn.microsoft.com/graph/api/resources/appmanagementpolicy
"""

from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.directory_records import Application
from graphmail.sandbox.graph.directory import find_application
from graphmail.sandbox.graph.errors import bad_request, graph_error, not_found
from graphmail.sandbox.graph.ownership import referenced
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_entra import APP_MANAGEMENT_POLICY as ENTITY

CONTEXT = "policies/appManagementPolicies"
_TYPES = {
    "passwordCredentials": {
        "passwordAddition", "passwordLifetime", "customPasswordAddition", "symmetricKeyAddition",
        "symmetricKeyLifetime",
    },
    "keyCredentials": {"asymmetricKeyLifetime", "trustedCertificateAuthority"},
}  # fmt: skip


async def list_all(call: Call) -> Answer:
    return many(call, ENTITY, list(call.tenant.app_management_policies.values()), CONTEXT)


async def get(call: Call) -> Answer:
    return one(call, ENTITY, _find(call), CONTEXT)


async def create(call: Call) -> Answer:
    body = _checked(call)
    if not body.get("displayName"):
        raise bad_request("A value is required for property 'displayName' of resource 'AppManagementPolicy'.")
    policy = {"id": str(uuid4()), "isEnabled": False, **body}
    call.tenant.app_management_policies[policy["id"]] = policy
    _commit(call, "POST /policies/appManagementPolicies", policy["id"], name=policy["displayName"])
    return one(call, ENTITY, policy, CONTEXT, 201)


async def update(call: Call) -> Answer:
    policy, body = _find(call), _checked(call)
    call.tenant.app_management_policies[policy["id"]] = policy | body
    _commit(call, "PATCH /policies/appManagementPolicies/{id}", policy["id"], changed=sorted(body))
    return Answer(204)


async def delete(call: Call) -> Answer:
    policy = _find(call)
    if _applied_to(call, policy["id"]):
        raise bad_request("The policy is assigned to an application and cannot be deleted.")
    del call.tenant.app_management_policies[policy["id"]]
    _commit(call, "DELETE /policies/appManagementPolicies/{id}", policy["id"])
    return Answer(204)


async def list_of_application(call: Call) -> Answer:
    policy = call.tenant.app_management_policies.get(find_application(call).management_policy)
    return many(call, ENTITY, [policy] if policy else [], "appManagementPolicies")


async def assign(call: Call) -> Answer:
    application, policy_id = find_application(call), referenced(call)
    if policy_id not in call.tenant.app_management_policies:
        raise not_found(policy_id)
    if application.management_policy:
        raise graph_error(400, "Request_BadRequest", "The application has an app management policy already.")
    application.management_policy = policy_id
    _commit(call, "POST /applications/{id}/appManagementPolicies/$ref", application.id, policy=policy_id)
    return Answer(204)


async def unassign(call: Call) -> Answer:
    application, policy_id = find_application(call), call.params["policy_id"].lower()
    if application.management_policy != policy_id:
        raise not_found(policy_id)
    application.management_policy = ""
    _commit(call, "DELETE /applications/{id}/appManagementPolicies/{policy_id}/$ref", application.id, policy=policy_id)
    return Answer(204)


def _applied_to(call: Call, policy_id: str) -> list[Application]:
    return [a for a in call.tenant.applications.values() if a.management_policy == policy_id and a.deleted is None]


def _checked(call: Call) -> dict[str, Any]:
    """The body, with rules of known types only, each once."""
    body = ENTITY.check(call.json())
    restrictions = body.get("restrictions") or {}
    for kind, rules in restrictions.items():
        if "@odata." in kind:
            continue
        types = [r.get("restrictionType") for r in rules if isinstance(r, dict)] if isinstance(rules, list) else [None]
        if kind not in _TYPES or len(set(types)) < len(types) or set(types) - _TYPES[kind]:
            raise bad_request("Invalid value specified for property 'restrictions' of resource 'AppManagementPolicy'.")
    return body


def _find(call: Call) -> dict[str, Any]:
    policy = call.tenant.app_management_policies.get(call.params["policy_id"].lower())
    if policy is None:
        raise not_found(call.params["policy_id"])
    return policy


def _commit(call: Call, request: str, target: str, **detail: Any) -> None:
    call.tenant.commit(call.caller.actor, "graph", request, target, **detail)
