"""Directory roles of an app's enterprise application, as an exact set: consent assigns none."""

from __future__ import annotations

from typing import Any, ClassVar

from graphmail.clock import poll
from graphmail.errors import GraphError, TenantError
from graphmail.graph import literal
from graphmail.keyed_create import PATIENCE, create_keyed, find_again
from graphmail.resource import Found, Option, Plan, Resource, Values, unordered
from graphmail.resources.application_reference import REFERENCE, referred_application, service_principal_path
from graphmail.resources.awaited_consent import OPTION, or_awaited
from graphmail.retry import Operation
from graphmail.rights import ROLES
from graphmail.tenant import Tenant

ASSIGNMENTS = "/roleManagement/directory/roleAssignments"
_NAMES = {template: name for name, template in ROLES.items()}


class DirectoryRoleAssignment(Resource):
    """https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments."""

    name = "entra_directory_role_assignment"
    permissions = ("RoleManagement.ReadWrite.Directory", "Application.Read.All")
    options: ClassVar = (
        REFERENCE
        | {
            "roles": Option(
                "roleAssignments",
                {"type": "list", "elements": "str", "required": True, "choices": [*ROLES]},
                compare=unordered,
            )
        }
        | OPTION
    )

    def run(self, tenant: Tenant, params: Values) -> Values:
        if not params.get("await_consent") or params.get("state") == "absent":
            return super().run(tenant, params)
        found = self.read(tenant, params)
        missing = sorted(set(params["roles"]) - set(found.values["roles"] if found else ()))

        def to_do(application: dict[str, Any], _page: str) -> str:
            return (
                f"assign the directory role {' and '.join(missing)} to the enterprise application of "
                f"{application.get('displayName') or params['application']} (client id {application['appId']})"
            )

        return or_awaited(
            tenant, params, missing, to_do, lambda: super(DirectoryRoleAssignment, self).run(tenant, params)
        )

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        application = referred_application(tenant, desired)
        principal = self._principal(tenant, application, desired) if application else None
        if principal is None:
            return None if desired.get("state") == "absent" else Found({"roles": []})
        held = tenant.graph.list_all(f"/servicePrincipals/{principal['id']}/transitiveMemberOf")
        roles = sorted(
            _NAMES.get(str(item.get("roleTemplateId", "")).lower(), str(item.get("displayName")))
            for item in held
            if str(item.get("@odata.type", "")).endswith("directoryRole")
        )
        if desired.get("state") == "absent":
            roles = [role for role in roles if role in desired["roles"]]
            if not roles:
                return None
        return Found({"roles": roles}, principal)

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if found is None or not found.object:
            raise TenantError(f"The enterprise application of {desired['application']!r} is missing")
        before, after = set(plan.before["roles"]), set(plan.after.get("roles", ()))
        for role in sorted(before - after):
            self._withdraw(tenant, found.object["id"], role)
        for role in sorted(after - before):
            self._assign(tenant, found.object["id"], role)

        def done() -> bool | None:
            seen = self.read(tenant, desired)
            return True if set(seen.values["roles"] if seen else ()) == after else None

        poll(tenant.clock, done, PATIENCE, "the directory roles to be read as they were assigned")

    def facts(self, found: Found | None, desired: Values) -> Values:
        return {"awaiting": ""}

    @staticmethod
    def _principal(tenant: Tenant, application: dict[str, Any], desired: Values) -> dict[str, Any] | None:
        path = service_principal_path(application["appId"])
        principal = tenant.graph.find(path)
        if principal is None and not tenant.run.check_mode and desired.get("state") != "absent":
            # One read proves no absence: another replica may be behind.
            tenant.reads.drop()
            principal = find_again(tenant.clock, lambda: tenant.graph.find(path))
        return principal

    def _assign(self, tenant: Tenant, principal_id: str, role: str) -> None:
        body = {"principalId": principal_id, "roleDefinitionId": ROLES[role], "directoryScopeId": "/"}
        create_keyed(
            tenant.clock,
            f"the directory role {role}",
            lambda: tenant.graph.call(Operation.KEYED_CREATE, "POST", ASSIGNMENTS, json=body),
            lambda: next((a for a in self._assignments(tenant, principal_id) if _is(a, role)), None),
            exists=lambda error: isinstance(error, GraphError) and error.status == 400 and "conflict" in error.message,
            early=lambda error: error.status == 404,
        )

    def _withdraw(self, tenant: Tenant, principal_id: str, role: str) -> None:
        for assignment in self._assignments(tenant, principal_id):
            if _is(assignment, role):
                tenant.graph.delete(f"{ASSIGNMENTS}/{assignment['id']}")

    @staticmethod
    def _assignments(tenant: Tenant, principal_id: str) -> list[dict[str, Any]]:
        return list(tenant.graph.list_all(f"{ASSIGNMENTS}?$filter=principalId%20eq%20{literal(principal_id)}"))


def _is(assignment: dict[str, Any], role: str) -> bool:
    return str(assignment.get("roleDefinitionId", "")).lower() == ROLES[role]
