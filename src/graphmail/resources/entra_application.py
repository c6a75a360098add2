"""App registration, found by the inventory's `client_id` or else by `uniqueName`: display names are not unique."""

from __future__ import annotations

from typing import Any, ClassVar

from graphmail.claims import Claims
from graphmail.clock import poll
from graphmail.errors import GraphError, TenantError
from graphmail.graph import literal
from graphmail.keyed_create import PATIENCE
from graphmail.resource import ASSIGNED, Found, Option, Plan, Resource, State, Values, unordered
from graphmail.resources.application_logo import ApplicationLogo
from graphmail.resources.application_reference import application_path, deleted_application, stays_for
from graphmail.resources.deleted_application import DeletedApplication
from graphmail.resources.permissions import declared_roles, offered, required_resource_access
from graphmail.retry import Operation
from graphmail.tenant import Tenant


def same_name_path(display_name: str) -> str:
    return f"/applications?$filter=displayName%20eq%20{literal(display_name)}"


class Application(Resource):
    """https://learn.microsoft.com/graph/api/resources/application."""

    name = "entra_application"
    permissions = ("Application.ReadWrite.All",)
    options: ClassVar = {
        "unique_name": Option("uniqueName", {"type": "str", "required": True}),
        "client_id": Option("appId", {"type": "str"}, managed=False),
        "display_name": Option("displayName", {"type": "str"}),
        "notes": Option("notes", {"type": "str"}),
        "sign_in_audience": Option(
            "signInAudience", {"type": "str", "choices": ["AzureADMyOrg", "AzureADMultipleOrgs"]}
        ),
        "required_permissions": Option(
            "requiredResourceAccess", {"type": "list", "elements": "str"}, compare=unordered
        ),
        "redirect_uris": Option("publicClient", {"type": "list", "elements": "str"}, compare=unordered),
        "logo": Option("logo", {"type": "path"}),
        "on_offboard": Option(
            "", {"type": "str", "choices": ["keep_deleted", "purge"], "default": "keep_deleted"}, managed=False
        ),
    }
    key = "unique_name"
    claimed = True

    def prepare(self, tenant: Tenant, params: Values) -> Values:
        logo = ApplicationLogo.of_file(params["logo"]) if params.get("logo") else None
        return params | ({"logo": logo.label, "logo_file": logo} if logo else {})

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        path = application_path(desired["unique_name"], desired.get("client_id"))
        application = tenant.graph.find(path)
        for name in desired.get("required_permissions") or ():
            offered(tenant, name)
        if application is None:
            self._refuse_strangers(tenant, desired)
            return self._left_deleted(tenant, desired)
        values = {
            name: application.get(option.property)
            for name, option in self.options.items()
            if option.managed and name not in ("required_permissions", "redirect_uris", "logo")
        }
        values["redirect_uris"] = (application.get("publicClient") or {}).get("redirectUris") or []
        if desired.get("required_permissions") is not None:
            values["required_permissions"] = declared_roles(tenant, application, desired["required_permissions"])
        if desired.get("logo"):
            values["logo"] = ApplicationLogo.known(tenant, application)
        return Found(values, application)

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if plan.action == "delete" and found:
            tenant.graph.delete(f"/applications/{found.object['id']}")
            if desired.get("on_offboard") == "purge":
                DeletedApplication(tenant, found.object).purge()
            return
        body = self._body(tenant, plan.after, found)
        if found is None:
            found = self._create(tenant, desired, body)
        elif body:
            tenant.graph.call(Operation.IDEMPOTENT, "PATCH", f"/applications/{found.object['id']}", json=body)
        if "logo" in plan.after:
            desired["logo_file"].upload(tenant, found.object)

    def facts(self, found: Found | None, desired: Values) -> Values:
        return {
            "client_id": found.object["appId"] if found else ASSIGNED,
            "object_id": found.object["id"] if found else ASSIGNED,
        }

    def identify(self, found: Found) -> str:
        return str(found.object["id"])

    def stays(self, tenant: Tenant, found: Found, desired: Values) -> str:
        return stays_for(tenant, found.object, desired)

    def as_found(self, tenant: Tenant, found: Found, desired: Values) -> Values:
        values = {n: found.object.get(o.property) for n, o in self.options.items() if o.managed and n != "logo"}
        return values | {"logo": bool((found.object.get("info") or {}).get("logoUrl"))}

    @staticmethod
    def _left_deleted(tenant: Tenant, desired: Values) -> Found | None:
        """For what shall be absent for good: the app that is soft-deleted, if it was made here."""
        if desired.get("state") != "absent" or desired.get("on_offboard") != "purge":
            return None
        deleted = deleted_application(tenant, desired["unique_name"])
        ours = deleted and Claims(tenant).made_as("entra_application", str(deleted["id"]))
        return Found({"unique_name": desired["unique_name"], "deleted": True}, deleted) if deleted and ours else None

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        if found is None and state == "present" and desired.get("client_id"):
            raise TenantError(
                f"The inventory adopts app {desired['client_id']}, which is not in the tenant",
                remedy="correct app.client_id, or leave it out to have an app made",
            )
        return super().plan(found, desired, state)

    def _body(self, tenant: Tenant, after: Values, found: Found | None) -> dict[str, Any]:
        own = ("required_permissions", "redirect_uris", "logo")
        body = {self.options[n].property: v for n, v in after.items() if n not in own}
        if "redirect_uris" in after:
            body["publicClient"] = {"redirectUris": after["redirect_uris"]}
        if "required_permissions" in after:
            current = found.object.get("requiredResourceAccess") or [] if found else []
            body["requiredResourceAccess"] = required_resource_access(tenant, after["required_permissions"], current)
        return body

    def _create(self, tenant: Tenant, desired: Values, body: dict[str, Any]) -> Found:
        """Upsert by `uniqueName`, the only create that can be repeated without making a second app.

        https://learn.microsoft.com/graph/api/application-upsert
        """
        body = {name: value for name, value in body.items() if name != "uniqueName"}
        path = application_path(desired["unique_name"], None)
        try:
            tenant.graph.call(Operation.IDEMPOTENT, "PATCH", path, json=body, headers={"Prefer": "create-if-missing"})
        except GraphError as error:
            self._make_way(tenant, error, desired)
            # Restored, or out of the way: the same request now updates the one or makes another.
            tenant.graph.call(Operation.IDEMPOTENT, "PATCH", path, json=body, headers={"Prefer": "create-if-missing"})
        what = f"app {desired['unique_name']!r} to be readable after it was created"
        return Found({}, poll(tenant.clock, lambda: tenant.graph.find(path), PATIENCE, what))

    def _refuse_strangers(self, tenant: Tenant, desired: Values) -> None:
        """An app of the same name, made by hand, is adopted only by the client id that the inventory names."""
        absent = desired.get("state") == "absent"
        if absent or desired.get("client_id") or not desired.get("display_name"):
            return
        same_name = tenant.graph.list_all(same_name_path(desired["display_name"]))
        strangers = [application for application in same_name if not application.get("uniqueName")]
        if strangers:
            ids = ", ".join(str(stranger["appId"]) for stranger in strangers)
            adopt = f"adopt it with `client_id: {strangers[0]['appId']}` below `app`, or rename it"
            onboarding = "seal how ops signs in with it instead, remove it, or choose another bootstrap.display_name"
            raise TenantError(
                f"Tenant {tenant.tenant_id} has an app named {desired['display_name']!r} the inventory does not name",
                expected="none" if tenant.connection.get("part") else "none, or its client id as app.client_id",
                found=f"client id {ids}",
                remedy=onboarding if tenant.connection.get("part") else adopt,
            )

    @staticmethod
    def _make_way(tenant: Tenant, error: GraphError, desired: Values) -> None:
        """A soft-deleted app keeps its `uniqueName`: one made here is restored or purged, as the inventory says."""
        deleted = None
        if error.status == 400 and "uniqueName" in error.message:
            deleted = deleted_application(tenant, desired["unique_name"])
        if deleted is None:
            raise error
        if not Claims(tenant).made_as("entra_application", str(deleted["id"])):
            raise TenantError(
                f"A deleted app still holds the uniqueName {desired['unique_name']!r}",
                found=f"object id {deleted['id']}, client id {deleted.get('appId')}, in directory/deletedItems",
                remedy="restore it or purge it in Entra (App registrations, Deleted applications), then run again",
                request_id=error.request_id,
            )
        if desired.get("on_offboard") == "purge":
            DeletedApplication(tenant, deleted).purge()
        else:
            DeletedApplication(tenant, deleted).restore()
