"""Admin consent for application permissions, as an exact set: what is not listed is taken away."""

from __future__ import annotations

from typing import Any, ClassVar

from graphmail.clock import poll
from graphmail.errors import GraphError, ServiceFailure, TenantError
from graphmail.keyed_create import PATIENCE, create_keyed, find_again
from graphmail.resource import Found, Option, Plan, Resource, State, Values, unordered
from graphmail.resources.application_reference import REFERENCE, referred_application, service_principal_path
from graphmail.resources.foreign_credentials import foreign_credentials
from graphmail.resources.permissions import graph_service_principal, role_id, role_name
from graphmail.retry import Operation
from graphmail.tenant import Tenant


class AppRoleAssignment(Resource):
    """https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto."""

    name = "entra_app_role_assignment"
    permissions = ("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    states = ("present",)
    options: ClassVar = REFERENCE | {
        "roles": Option("appRoleAssignments", {"type": "list", "elements": "str", "required": True}, compare=unordered),
        "known_credentials": Option(
            "passwordCredentials", {"type": "list", "elements": "str", "default": []}, managed=False
        ),
    }

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        for name in desired["roles"]:
            role_id(graph_service_principal(tenant), name)
        application = referred_application(tenant, desired)
        principal = tenant.graph.find(service_principal_path(application["appId"])) if application else None
        if application and principal is None and not tenant.run.check_mode:
            # One read proves no absence: another replica may be behind.
            tenant.reads.drop()
            path = service_principal_path(application["appId"])
            principal = find_again(tenant.clock, lambda: tenant.graph.find(path))
        if application is None or principal is None:
            self._must_be_planned(tenant, desired)
            return Found({"roles": []})
        path = f"{service_principal_path(application['appId'])}/appRoleAssignments"
        assignments = list(tenant.graph.list_all(path))
        names = {assignment["id"]: self._name(tenant, assignment) for assignment in assignments}
        return Found(
            {"roles": sorted(names.values())},
            {
                "principal_id": principal["id"],
                "assignments": {name: identifier for identifier, name in names.items()},
                "foreign": foreign_credentials(tenant, application, desired["known_credentials"]),
            },
        )

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        plan = super().plan(found, desired, state)
        foreign = found.object.get("foreign") if found else ()
        if plan.action and foreign and set(plan.after["roles"]) - set(plan.before["roles"]):
            raise TenantError(
                f"App {desired['application']!r} holds credentials that nobody here made, "
                "and its consent would be widened for whoever has them",
                expected="none, or each listed as app.known_credentials",
                found=", ".join(foreign),
                remedy="list the key ids that the vendor shall keep, or remove them in Entra, then run again",
            )
        return plan

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        current = found.object if found else {}
        if "principal_id" not in current:
            raise TenantError(f"The enterprise application of {desired['application']!r} is missing")
        # What is too much goes first: an interrupted run never leaves more than there was.
        for name in sorted(set(plan.before["roles"]) - set(plan.after["roles"])):
            path = f"/servicePrincipals/{current['principal_id']}/appRoleAssignments/{current['assignments'][name]}"
            tenant.graph.delete(path)
        for name in sorted(set(plan.after["roles"]) - set(plan.before["roles"])):
            self._grant(tenant, current["principal_id"], name)
        wanted = unordered(plan.after["roles"])

        def granted() -> Found | None:
            seen = self.read(tenant, desired)
            return seen if seen and unordered(seen.values["roles"]) == wanted else None

        poll(tenant.clock, granted, PATIENCE, "the granted permissions to be readable")

    def _grant(self, tenant: Tenant, principal_id: str, name: str) -> None:
        graph = graph_service_principal(tenant)
        body = {"principalId": principal_id, "resourceId": graph["id"], "appRoleId": role_id(graph, name)}
        path = f"/servicePrincipals/{principal_id}/appRoleAssignments"

        def granted() -> dict[str, Any] | None:
            try:
                return next((a for a in tenant.graph.list_all(path) if a["appRoleId"] == body["appRoleId"]), None)
            except GraphError as error:
                # A read that goes backwards may not know the enterprise application itself.
                if error.missing:
                    return None
                raise

        create_keyed(
            tenant.clock,
            f"the consent to {name}",
            lambda: tenant.graph.call(
                Operation.KEYED_CREATE, "POST", f"/servicePrincipals/{graph['id']}/appRoleAssignedTo", json=body
            ),
            granted,
            exists=_exists_already,
            early=lambda error: error.status == 404,
        )

    def _must_be_planned(self, tenant: Tenant, desired: Values) -> None:
        if not tenant.would_create("entra_service_principal", desired["application"]):
            raise TenantError(
                f"App {desired['application']!r} has no enterprise application in tenant {tenant.tenant_id}",
                remedy="run onboard.yml: entra_service_principal makes it",
            )

    @staticmethod
    def _name(tenant: Tenant, assignment: dict[str, Any]) -> str:
        """`Mail.Send`, or for another resource than Graph `Office 365 Exchange Online/full_access_as_app`."""
        graph = graph_service_principal(tenant)
        if assignment["resourceId"] == graph["id"]:
            return role_name(graph, assignment["appRoleId"])
        resource = tenant.graph.get(f"/servicePrincipals/{assignment['resourceId']}")
        return f"{resource['displayName']}/{role_name(resource, assignment['appRoleId'])}"


def _exists_already(error: ServiceFailure) -> bool:
    # Graph has no code of its own for it: "Permission being assigned already exists on the object".
    return isinstance(error, GraphError) and error.status == 400 and "already exists" in error.message
