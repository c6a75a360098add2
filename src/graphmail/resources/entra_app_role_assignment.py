"""Admin consent for application permissions, as an exact set: what is not listed is taken away."""

from __future__ import annotations

from typing import Any, ClassVar

from graphmail.claims import Claims
from graphmail.clock import poll
from graphmail.errors import GraphError, ServiceFailure, TenantError
from graphmail.keyed_create import PATIENCE, create_keyed, find_again
from graphmail.resource import Found, Option, Plan, Resource, State, Values, unordered
from graphmail.resources.application_reference import (
    REFERENCE,
    made_here,
    referred_application,
    service_principal_path,
    stays_for,
)
from graphmail.resources.awaited_consent import OPTION, or_awaited
from graphmail.resources.foreign_credentials import foreign_credentials, refuse_widening_for
from graphmail.resources.last_tokens import LastTokens
from graphmail.resources.permissions import graph_service_principal, offered, role_name
from graphmail.retry import Operation
from graphmail.start_state import ListChange, StartState
from graphmail.tenant import Tenant


class AppRoleAssignment(Resource):
    """https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto."""

    name = "entra_app_role_assignment"
    permissions = ("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    claimed = True
    options: ClassVar = (
        REFERENCE
        | {
            "roles": Option(
                "appRoleAssignments", {"type": "list", "elements": "str", "required": True}, compare=unordered
            ),
            "known_credentials": Option(
                "passwordCredentials", {"type": "list", "elements": "str", "default": []}, managed=False
            ),
        }
        | OPTION
    )

    def run(self, tenant: Tenant, params: Values) -> Values:
        if not params.get("await_consent") or params.get("state") == "absent":
            return super().run(tenant, params)
        found = self.read(tenant, params)
        missing = sorted(set(params["roles"]) - set(found.values["roles"] if found else ()))

        def to_do(_application: dict[str, Any], page: str) -> str:
            return f"let an administrator who may consent to {', '.join(missing)} open {page} and accept"

        return or_awaited(tenant, params, missing, to_do, lambda: super(AppRoleAssignment, self).run(tenant, params))

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        if desired.get("state") == "absent":
            return self._leaving(tenant, desired)
        for name in desired["roles"]:
            offered(tenant, name)
        application = referred_application(tenant, desired)
        principal = self._principal(tenant, application) if application else None
        if application is None or principal is None:
            self._must_be_planned(tenant, desired)
            return Found({"roles": []})
        assignments = self.assignments(tenant, application)
        return Found(
            {"roles": sorted(assignments)},
            {
                "principal_id": principal["id"],
                "assignments": assignments,
                "foreign": foreign_credentials(tenant, application, desired["known_credentials"]),
            },
        )

    def assignments(self, tenant: Tenant, application: dict[str, Any]) -> dict[str, str]:
        """Name of each permission granted -> id of the assignment."""
        path = f"{service_principal_path(application['appId'])}/appRoleAssignments"
        return {self._name(tenant, granted): granted["id"] for granted in tenant.graph.list_all(path)}

    def _leaving(self, tenant: Tenant, desired: Values) -> Found | None:
        """What goes, and of an app that stays only what was granted here; None where there is nothing of it."""
        application = referred_application(tenant, desired)
        principal = self._principal(tenant, application) if application else None
        if application is None or principal is None:
            return None
        there = self._granted(tenant, application, desired)
        goes = there
        if desired.get("made_here_only") and stays_for(tenant, application, desired):
            claims, name = Claims(tenant), desired["application"]
            goes = {role: i for role, i in there.items() if claims.holds(self.name, f"{name} {role}", i)}
            for role in sorted(set(there) - set(goes)):
                tenant.warn(f"Left alone: consent to {role} of app {application['appId']}; it was not granted here.")
        found = {"principal_id": principal["id"], "assignments": goes, "kept": sorted(set(there) - set(goes))}
        return Found({"roles": sorted(goes)}, found) if goes else None

    @staticmethod
    def _principal(tenant: Tenant, application: dict[str, Any]) -> dict[str, Any] | None:
        """One read proves no absence, and consent that is not seen would stay."""
        path = service_principal_path(application["appId"])
        found = tenant.graph.find(path)
        if found is None and not tenant.run.check_mode:
            tenant.reads.drop()
            found = find_again(tenant.clock, lambda: tenant.graph.find(path))
        return found

    def _granted(self, tenant: Tenant, application: dict[str, Any], desired: Values) -> dict[str, str]:
        """As `assignments`; what a run died over is looked for again, or it would appear when nobody revokes it."""
        there = self.assignments(tenant, application)
        name = f"{desired['application']} "
        awaited = {key.removeprefix(name) for key in Claims(tenant).awaited(self.name) if key.startswith(name)}
        if tenant.run.check_mode or awaited <= there.keys():
            return there

        def again() -> dict[str, str] | None:
            seen = self.assignments(tenant, application)
            return seen if awaited <= seen.keys() else None

        return find_again(tenant.clock, again) or self.assignments(tenant, application)

    def facts(self, found: Found | None, desired: Values) -> Values:
        return {"awaiting": ""}

    def stays(self, tenant: Tenant, found: Found, desired: Values) -> str:
        return ""  # what stays is not among what was found

    def _claim(self, tenant: Tenant, plan: Plan, params: Values) -> str:
        return ""  # each permission is claimed when it is granted

    def adopted(self, tenant: Tenant, found: Found, desired: Values) -> bool:
        application = referred_application(tenant, desired)
        return application is not None and not made_here(tenant, application, desired)

    def as_found(self, tenant: Tenant, found: Found, desired: Values) -> Values:
        """By the names that are compared, with the ids that granting again needs."""
        if "principal_id" not in found.object:
            return {}
        path = f"/servicePrincipals/{found.object['principal_id']}/appRoleAssignments"
        rows = tenant.graph.list_all(path)
        return {"roles": {self._name(tenant, row): [row["resourceId"], row["appRoleId"]] for row in rows}}

    def set_here(self, plan: Plan, found: Found, desired: Values) -> Values:
        before, after = frozenset(plan.before["roles"]), frozenset(plan.after["roles"])
        return {"roles": ListChange(after - before, before - after)}

    def identify(self, found: Found) -> str:
        return str(found.object.get("principal_id", ""))

    def remember(self, tenant: Tenant, desired: Values) -> None:
        """Record the consent of an app that was there before, ahead of what only confines it."""
        wanted = {"application": desired["application"], "client_id": desired.get("client_id")}
        application = referred_application(tenant, wanted)
        if application is None or made_here(tenant, application, wanted):
            return  # nobody consented to anything before it was there
        if self._principal(tenant, application) is None:
            return  # without an enterprise application nothing is consented to
        found = self.read(tenant, wanted | {"roles": [], "known_credentials": []})
        if found and self.adopted(tenant, found, wanted) and (values := self.as_found(tenant, found, wanted)):
            key = self._claim_key(wanted)
            StartState(tenant).change(self.name, key, self.identify(found), values, {"roles": ListChange()})

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        plan = super().plan(found, desired, state)
        if state == "absent":
            return plan
        if plan.action and set(plan.after["roles"]) - set(plan.before["roles"]):
            refuse_widening_for(found.object.get("foreign", ()) if found else (), desired["application"], "consent")
        return plan

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        current = found.object if found else {}
        if plan.action == "delete":
            LastTokens(tenant).revoking(desired["application"])
            for assignment in current["assignments"].values():
                tenant.graph.delete(f"/servicePrincipals/{current['principal_id']}/appRoleAssignments/{assignment}")
            gone = "the permissions to be read as revoked"
            poll(tenant.clock, lambda: None if self._leaving(tenant, desired) else True, PATIENCE, gone)
            LastTokens(tenant).revoked()
            return
        if "principal_id" not in current:
            raise TenantError(f"The enterprise application of {desired['application']!r} is missing")
        # What is too much goes first: an interrupted run never leaves more than there was.
        for name in sorted(set(plan.before["roles"]) - set(plan.after["roles"])):
            path = f"/servicePrincipals/{current['principal_id']}/appRoleAssignments/{current['assignments'][name]}"
            tenant.graph.delete(path)
        for name in sorted(set(plan.after["roles"]) - set(plan.before["roles"])):
            claim = Claims(tenant).intend(self.name, f"{desired['application']} {name}")
            Claims(tenant).made(claim, self._grant(tenant, current["principal_id"], name))
        wanted = unordered(plan.after["roles"])

        def granted() -> Found | None:
            seen = self.read(tenant, desired)
            return seen if seen and unordered(seen.values["roles"]) == wanted else None

        poll(tenant.clock, granted, PATIENCE, "the granted permissions to be readable")

    def _grant(self, tenant: Tenant, principal_id: str, name: str) -> str:
        """Id of the assignment."""
        resource, role = offered(tenant, name)
        return self.grant_ids(tenant, principal_id, resource["id"], role)

    @staticmethod
    def grant_ids(tenant: Tenant, principal_id: str, resource_id: str, app_role_id: str) -> str:
        """Consent to any service's permission, by ids; again is no error. Id of the assignment."""
        body = {"principalId": principal_id, "resourceId": resource_id, "appRoleId": app_role_id}
        path = f"/servicePrincipals/{principal_id}/appRoleAssignments"

        def granted() -> dict[str, Any] | None:
            try:
                same = {"resourceId": resource_id, "appRoleId": app_role_id}
                return next((a for a in tenant.graph.list_all(path) if same.items() <= a.items()), None)
            except GraphError as error:
                # A read that goes backwards may not know the enterprise application itself.
                if error.missing:
                    return None
                raise

        made = create_keyed(
            tenant.clock,
            f"the consent to {app_role_id}",
            lambda: tenant.graph.call(
                Operation.KEYED_CREATE, "POST", f"/servicePrincipals/{resource_id}/appRoleAssignedTo", json=body
            ),
            granted,
            exists=_exists_already,
            early=lambda error: error.status == 404,
        )
        return str(made["id"])

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


def mail_consents(tenant: Tenant, desired: Values) -> list[str]:
    """Permissions for mail that the app will still have after what this run took, or in a check would take, away."""
    return [role for role in consents_left(tenant, desired) if role.startswith("Mail.") or "/" in role]


def consents_left(tenant: Tenant, desired: Values) -> list[str]:
    """All of them, by name."""
    application = referred_application(tenant, desired | {"state": "absent"})
    if application is None or tenant.graph.find(service_principal_path(application["appId"])) is None:
        return []
    there = AppRoleAssignment().assignments(tenant, application)
    if tenant.would_create("removed", f"{AppRoleAssignment.name} {desired['application']}"):
        there = {
            role: i
            for role, i in there.items()
            if stays_for(tenant, application, desired)
            and not Claims(tenant).holds(AppRoleAssignment.name, f"{desired['application']} {role}", i)
        }
    return sorted(there)
