"""Enterprise application of an app registration: without it the app gets no token in the tenant."""

from __future__ import annotations

from typing import ClassVar

from graphmail.claims import Claims
from graphmail.errors import GraphError, ServiceFailure
from graphmail.keyed_create import create_keyed
from graphmail.resource import ASSIGNED, Found, Option, Plan, Resource, Values
from graphmail.resources.application_reference import (
    REFERENCE,
    made_here,
    referred_application,
    service_principal_path,
    stays_for,
)
from graphmail.resources.entra_app_role_assignment import consents_left
from graphmail.retry import Operation
from graphmail.start_state import StartState
from graphmail.tenant import Tenant

# Makes it show under "Enterprise applications" in the portal.
TAG = "WindowsAzureActiveDirectoryIntegratedApp"


class ServicePrincipal(Resource):
    """https://learn.microsoft.com/graph/api/resources/serviceprincipal."""

    name = "entra_service_principal"
    permissions = ("Application.ReadWrite.All",)
    key = "application"
    claimed = True
    options: ClassVar = REFERENCE | {
        "account_enabled": Option("accountEnabled", {"type": "bool", "default": True}),
    }

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        application = referred_application(tenant, desired)
        if application is None:
            return None
        principal = tenant.graph.find(service_principal_path(application["appId"]))
        if principal is None:
            return None
        return Found({"account_enabled": principal.get("accountEnabled")}, principal)

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if found is None:
            self._create(tenant, desired)
        elif plan.action == "delete":
            path = f"/servicePrincipals/{found.object['id']}"
            # Disabled first: from then on no token is issued, whatever becomes of the deletion.
            tenant.graph.call(Operation.IDEMPOTENT, "PATCH", path, json={"accountEnabled": False})
            tenant.graph.delete(path)
        else:
            body = {self.options[name].property: value for name, value in plan.after.items()}
            tenant.graph.call(Operation.IDEMPOTENT, "PATCH", f"/servicePrincipals/{found.object['id']}", json=body)

    def identify(self, found: Found) -> str:
        return str(found.object["id"])

    def stays(self, tenant: Tenant, found: Found, desired: Values) -> str:
        """One that was made here for an app that was there before goes, unless somebody else's consent is on it."""
        application = referred_application(tenant, desired)
        if application is None:
            return ""
        why = stays_for(tenant, application, desired)
        added = why and not made_here(tenant, application, desired) and StartState(tenant).complete
        if not added or not Claims(tenant).holds(self.name, str(desired["application"]), self.identify(found)):
            return why
        consented = consents_left(tenant, desired)
        return f"others consented to {', '.join(consented)}" if consented else ""

    def as_found(self, tenant: Tenant, found: Found, desired: Values) -> Values:
        return {"account_enabled": found.values["account_enabled"]}

    def facts(self, found: Found | None, desired: Values) -> Values:
        return {"object_id": found.object["id"] if found else ASSIGNED}

    def _create(self, tenant: Tenant, desired: Values) -> None:
        application = referred_application(tenant, desired) or {}
        body = {"appId": application["appId"], "accountEnabled": desired["account_enabled"], "tags": [TAG]}
        create_keyed(
            tenant.clock,
            f"the enterprise application of {desired['application']!r}",
            lambda: tenant.graph.call(Operation.KEYED_CREATE, "POST", "/servicePrincipals", json=body),
            lambda: tenant.graph.find(service_principal_path(application["appId"])),
            exists=lambda error: error.status == 409,
            early=_application_not_replicated,
        )


def _application_not_replicated(error: ServiceFailure) -> bool:
    return isinstance(error, GraphError) and (
        "NoBackingApplicationObject" in error.details or error.code == "Request_ResourceNotFound"
    )
