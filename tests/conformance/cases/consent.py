"""Service principals, consent and who may do what in the directory."""

from __future__ import annotations

from typing import Any

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.target import GRAPH_APP, Target
from tests.conformance.tenancy import MailApp

case = Cases("directory")
API = "https://learn.microsoft.com/graph/api/"
OWNED, ALL = "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"
PERMISSIONS = "https://learn.microsoft.com/graph/permissions-reference"


def grants(target: Target, app: MailApp) -> list[dict[str, Any]]:
    return list(target.graph("GET", f"/servicePrincipals/{app.principal_id}/appRoleAssignments").body["value"])


@case({"names": True, "role": True}, source="https://learn.microsoft.com/graph/permissions-reference")
def resource_tells_its_application_roles(target: Target) -> Any:
    """Graph's own service principal is found by its appId and lists roles by value, each with its id"""
    path = f"/servicePrincipals(appId='{GRAPH_APP}')?$select=id,appId,displayName,appRoles"
    read = target.graph("GET", path).body
    role = next(r for r in read["appRoles"] if r["value"] == "Mail.Send")
    return {"names": {"id", "appId", "displayName"} <= set(read), "role": "Application" in role["allowedMemberTypes"]}


@case({"status": 201, "type": "ServicePrincipal", "ids": True, "seen": 1},
      source=API + "serviceprincipal-post-approleassignedto")  # fmt: skip
def consent_by_the_resource_is_listed_by_the_client(target: Target) -> Any:
    """A grant POSTed to the resource's appRoleAssignedTo stands in the client's appRoleAssignments"""
    app = target.app()
    resource = target.graph("GET", f"/servicePrincipals(appId='{GRAPH_APP}')?$select=id,appRoles").body
    role = next(r["id"] for r in resource["appRoles"] if r["value"] == "Mail.Send")
    body = {"principalId": app.principal_id, "resourceId": resource["id"], "appRoleId": role}
    path = f"/servicePrincipals/{resource['id']}/appRoleAssignedTo"
    made = target.settled(lambda: target.graph("POST", path, body))
    seen = target.until(lambda: grants(target, app))
    return {
        "status": made.status,
        "type": made.body["principalType"],
        "ids": all(made.body[name] == value == seen[0][name] for name, value in body.items()),
        "seen": len(seen),
    }


@case({"status": 204, "left": 0, "again": {"status": 404, "code": "Request_ResourceNotFound"}},
      source=API + "serviceprincipal-delete-approleassignments", standing=Standing.UNVERIFIED)  # fmt: skip
def consent_is_revoked_once(target: Target) -> Any:
    """Deleting a grant is 204 and it is listed no more; deleting it again is 404, which the client takes for done"""
    app = target.app("Mail.Send")
    grant = target.until(lambda: grants(target, app))[0]["id"]
    path = f"/servicePrincipals/{app.principal_id}/appRoleAssignments/{grant}"
    status = target.graph("DELETE", path).status
    target.until(lambda: not grants(target, app))
    again = target.until(lambda: (a := target.graph("DELETE", path)).status != 204 and a, 120)
    return {"status": status, "left": len(grants(target, app)), "again": again.refusal}


@case({"roles": ["Mail.Read"]}, source="https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow",
      standing=Standing.UNVERIFIED)  # fmt: skip
def revoked_consent_leaves_new_tokens(target: Target) -> Any:
    """After a grant is deleted, tokens issued some minutes later lack the role and keep the others"""
    import jwt

    app = target.app("Mail.Send", "Mail.Read", secret=True)
    target.bearer_with(app, "Mail.Send", "Mail.Read")
    resource = target.graph("GET", f"/servicePrincipals(appId='{GRAPH_APP}')?$select=appRoles").body
    send = next(r["id"] for r in resource["appRoles"] if r["value"] == "Mail.Send")
    grant = next(g["id"] for g in grants(target, app) if g["appRoleId"] == send)
    target.graph("DELETE", f"/servicePrincipals/{app.principal_id}/appRoleAssignments/{grant}")

    def roles() -> list[str]:
        token = str(target.token(app=app).body["access_token"])
        return list(jwt.decode(token, options={"verify_signature": False}).get("roles", []))

    return {"roles": target.until(lambda: len(held := roles()) == 1 and held, 900, 15)}


@case(
    {"status": 400, "detail": "NoBackingApplicationObject"},
    source="https://github.com/kubernetes-retired/kubernetes-anywhere/issues/251", standing=Standing.OBSERVED,
)  # fmt: skip
def service_principal_of_no_application_is_told_by_its_detail(target: Target) -> Any:
    """A service principal for an appId that no application has yet is 400 with detail NoBackingApplicationObject"""
    refused = target.graph("POST", "/servicePrincipals", {"appId": "5a4d0000-0000-4000-8000-00000000dead"})
    details = refused.body["error"].get("details") or [{}]
    return {"status": refused.status, "detail": details[0].get("code")}


@case({"by_app_id": 200, "enabled": True, "tags": ["WindowsAzureActiveDirectoryIntegratedApp"], "patched": 204},
      source=API + "serviceprincipal-post-serviceprincipals")  # fmt: skip
def service_principal_is_read_by_app_id(target: Target) -> Any:
    """A service principal is found by appId, keeps its tags, and is disabled by a PATCH of accountEnabled"""
    made = target.graph("POST", "/applications", {"displayName": target.name()}).body
    target.undo(lambda: target._purge(made["id"]))
    body = {"appId": made["appId"], "accountEnabled": True, "tags": ["WindowsAzureActiveDirectoryIntegratedApp"]}
    target.settled(lambda: target.graph("POST", "/servicePrincipals", body))
    read = target.settled(lambda: target.graph("GET", f"/servicePrincipals(appId='{made['appId']}')"))
    patched = target.graph("PATCH", f"/servicePrincipals/{read.body['id']}", {"accountEnabled": False})
    return {
        "by_app_id": read.status,
        "enabled": read.body["accountEnabled"],
        "tags": read.body["tags"],
        "patched": patched.status,
    }


@case({"error": Like("^unauthorized_client"), "code": Like("7000112")}, standing=Standing.UNVERIFIED,
      source="https://learn.microsoft.com/entra/identity-platform/reference-error-codes")  # fmt: skip
def disabled_application_gets_no_token(target: Target) -> Any:
    """Where accountEnabled is false, a token is refused with AADSTS7000112"""
    app = target.app(secret=True)
    target.graph("PATCH", f"/servicePrincipals/{app.principal_id}", {"accountEnabled": False})
    refused = target.until(lambda: (a := target.token(app=app)).status != 200 and a, 900, 15)
    return {"error": refused.body["error"], "code": refused.code}


@case({"status": 403, "code": "Authorization_RequestDenied"}, source=PERMISSIONS)
def missing_directory_permission_is_denied(target: Target) -> Any:
    """A directory request without its permission is 403 Authorization_RequestDenied"""
    app = target.lend("Mail.ReadWrite")
    bearer = target.bearer_with(app, "Mail.ReadWrite")
    return target.graph("GET", "/organization", bearer=bearer).refusal


@case({"own": 204, "other": {"status": 403, "code": "Authorization_RequestDenied"}, "owner": True}, source=PERMISSIONS)
def owned_by_writes_what_the_caller_made(target: Target) -> Any:
    """With Application.ReadWrite.OwnedBy an app owns what it makes, changes that, and nothing else"""
    caller = target.lend(OWNED)
    bearer = target.bearer_with(caller, OWNED)
    made = target.graph("POST", "/applications", {"displayName": target.name()}, bearer=bearer).body
    target.undo(lambda: target._purge(made["id"]))
    target.settled(lambda: target.graph("GET", f"/applications/{made['id']}"))

    def patch(object_id: str) -> Answer:
        return target.graph("PATCH", f"/applications/{object_id}", {"notes": "x"}, bearer=bearer)

    own = target.settled(lambda: patch(made["id"])).status
    owners = target.until(lambda: target.graph("GET", f"/applications/{made['id']}/owners").body["value"])
    other = patch(target.app().id)
    return {"own": own, "other": other.refusal, "owner": [o["id"] for o in owners] == [caller.principal_id]}
