"""Directory roles of an app's enterprise application: consent assigns none. Others that it has are nobody's here.

Only what the journal claims to have assigned is ever withdrawn.
"""

from __future__ import annotations

from typing import Any, ClassVar

from graphmail.claims import Claims
from graphmail.clock import poll
from graphmail.errors import GraphError, ServiceFailure, TenantError, nothing_done
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
        """Of the roles asked for those that it has, however it came by them, and those assigned here that it keeps.

        With `absent` those asked for that were assigned here: nobody else's are taken away.
        """
        application = referred_application(tenant, desired)
        principal = self._principal(tenant, application, desired) if application else None
        if principal is None:
            return None if desired.get("state") == "absent" else Found({"roles": []})
        # Everybody may read these. Assignments, which say by whose hand, few may; they are read where that matters.
        held, asked = self._reached(tenant, principal["id"]), set(desired["roles"])
        absent = desired.get("state") == "absent"
        claimed, awaited = (self._roles(keys, desired) for keys in self._known(tenant))
        direct: dict[str, str] = {}
        if claimed & asked if absent else awaited or claimed - asked:
            direct = self._direct(tenant, principal["id"], awaited)
        ours = self._ours(tenant, direct, desired)
        about = {"id": principal["id"], "assignments": direct}
        if not absent:
            return Found({"roles": sorted(asked & (held | direct.keys()) | ours)}, about)
        for role in sorted(asked & held - ours):
            who = desired["application"]
            tenant.warn(f"Not taken away: directory role {role} of app {who}; it was not assigned here.")
        goes = sorted(asked & ours)
        return Found({"roles": goes}, about) if goes else None

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if found is None or not found.object:
            raise TenantError(f"The enterprise application of {desired['application']!r} is missing")
        before, after = set(plan.before["roles"]), set(plan.after.get("roles", ()))
        for role in sorted(before - after):
            assignment = found.object["assignments"][role]
            tenant.graph.delete(f"{ASSIGNMENTS}/{assignment}")
            Claims(tenant).taken_away(self.name, assignment)
        for role in sorted(after - before):
            self._assign(tenant, found.object["id"], role, desired)

        def done() -> bool | None:
            there = self._assignments(tenant, found.object["id"]).keys()
            added = after - before <= there & self._reached(tenant, found.object["id"])
            return True if added and not (before - after) & there else None

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

    def _known(self, tenant: Tenant) -> tuple[set[str], set[str]]:
        """Keys of what the journal claims, and among them of what a run died over."""
        claims = Claims(tenant)
        return claims.claimed(self.name), claims.awaited(self.name)

    def _direct(self, tenant: Tenant, principal_id: str, awaited: set[str]) -> dict[str, str]:
        """As `_assignments`; what a run died over is looked for again, or it would appear when nobody withdraws it."""
        there = self._assignments(tenant, principal_id)
        if tenant.run.check_mode or awaited <= there.keys():
            return there

        def again() -> dict[str, str] | None:
            seen = self._assignments(tenant, principal_id)
            return seen if awaited <= seen.keys() else None

        return find_again(tenant.clock, again) or self._assignments(tenant, principal_id)

    def _ours(self, tenant: Tenant, direct: dict[str, str], desired: Values) -> set[str]:
        """Those of them that the journal claims."""
        claims = Claims(tenant)
        if not tenant.run.check_mode:
            for role, assignment in direct.items():
                claims.settle(self.name, self._key(desired, role), assignment)
        return {role for role, i in direct.items() if claims.holds(self.name, self._key(desired, role), i)}

    def _assign(self, tenant: Tenant, principal_id: str, role: str, desired: Values) -> None:
        body = {"principalId": principal_id, "roleDefinitionId": ROLES[role], "directoryScopeId": "/"}
        claim = Claims(tenant).intend(self.name, self._key(desired, role))
        sent, theirs = 0, False

        def create() -> None:
            nonlocal sent
            sent += 1
            tenant.graph.call(Operation.KEYED_CREATE, "POST", ASSIGNMENTS, json=body)

        def exists(error: ServiceFailure) -> bool:
            nonlocal theirs
            conflict = isinstance(error, GraphError) and error.status == 400 and "conflict" in error.message
            # Nothing of ours was under way: somebody else assigned it, and a read was behind.
            theirs = conflict and sent == 1
            return conflict

        def find() -> str | None:
            return self._assignments(tenant, principal_id).get(role)

        try:
            made = create_keyed(
                tenant.clock,
                f"the directory role {role}",
                create,
                find,
                exists=exists,
                early=lambda error: error.status == 404,
            )
        except TenantError as error:
            if nothing_done(error):
                Claims(tenant).refused(claim)
            raise
        if theirs:
            Claims(tenant).refused(claim)
        else:
            Claims(tenant).made(claim, made)

    @staticmethod
    def _key(desired: Values, role: str) -> str:
        return f"{desired['application']} {role}"

    @classmethod
    def _roles(cls, keys: set[str], desired: Values) -> set[str]:
        return {role for role in ROLES if cls._key(desired, role) in keys}

    @staticmethod
    def _assignments(tenant: Tenant, principal_id: str) -> dict[str, str]:
        """Name of each role of our table that it has itself, for the whole tenant -> id of the assignment.

        By template id, which is a built-in role's definition id too; a tenant may have roles that nobody here knows.
        """
        rows = tenant.graph.list_all(f"{ASSIGNMENTS}?$filter=principalId%20eq%20{literal(principal_id)}")
        known = ((_NAMES.get(str(row.get("roleDefinitionId", "")).lower()), row) for row in rows)
        return {name: str(row["id"]) for name, row in known if name and row.get("directoryScopeId") == "/"}

    @staticmethod
    def _reached(tenant: Tenant, principal_id: str) -> set[str]:
        """Names of the roles of our table that it has, also through a group."""
        held = tenant.graph.list_all(f"/servicePrincipals/{principal_id}/transitiveMemberOf")
        templates = (str(item.get("roleTemplateId", "")).lower() for item in held)
        return {_NAMES[template] for template in templates if template in _NAMES}
