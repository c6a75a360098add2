"""Exchange's own service principal of the app: what its role assignments are given to."""

from __future__ import annotations

from typing import ClassVar

from graphmail.errors import ExchangeError, ServiceFailure, TenantError
from graphmail.exchange import Cmdlet, Row
from graphmail.exchange_errors import already_exists
from graphmail.keyed_create import create_keyed
from graphmail.resource import Found, Option, Plan, Resource, Values
from graphmail.resources.application_reference import (
    REFERENCE,
    former_client_id,
    referred_application,
    service_principal_path,
)
from graphmail.retry import Operation
from graphmail.rights import EXCHANGE_WRITES
from graphmail.tenant import Tenant

# All of them: one that is asked for by an Identity that is not there may answer with all objects anyway.
POINTERS = Cmdlet("Get-ServicePrincipal", {})


class ExchangeServicePrincipal(Resource):
    """https://learn.microsoft.com/powershell/module/exchangepowershell/new-serviceprincipal."""

    name = "exo_service_principal"
    permissions = (EXCHANGE_WRITES,)
    cmdlets = (
        "Get-Recipient",
        "Get-ServicePrincipal",
        "New-ServicePrincipal",
        "Remove-ServicePrincipal",
        "Set-ServicePrincipal",
    )
    key = "application"
    claimed = True
    options: ClassVar = REFERENCE | {"display_name": Option("DisplayName", {"type": "str"})}

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        application = referred_application(tenant, desired)
        absent = desired.get("state") == "absent"
        client_id = str(application["appId"]) if application else former_client_id(tenant, desired) if absent else ""
        if not client_id:
            return None
        row = pointer_row(tenant, client_id)
        if row is None:
            return None
        if application and not absent:
            _check_object(tenant, application, row)
        return Found({"display_name": row.get("DisplayName")}, row)

    def identify(self, found: Found) -> str:
        return str(found.object["ObjectId"])

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if found is None:
            self._create(tenant, desired)
        elif plan.action == "delete":
            # Its role assignments go with it.
            tenant.exchange.remove("Remove-ServicePrincipal", Identity=found.object["ObjectId"])
        else:
            identity, name = found.object["ObjectId"], plan.after["display_name"]
            tenant.exchange.invoke(Operation.IDEMPOTENT, "Set-ServicePrincipal", Identity=identity, DisplayName=name)

    def as_found(self, tenant: Tenant, found: Found, desired: Values) -> Values:
        return dict(found.values)

    def _create(self, tenant: Tenant, desired: Values) -> None:
        application = referred_application(tenant, desired) or {}
        principal = tenant.graph.find(service_principal_path(application["appId"]))
        if principal is None:
            raise TenantError(
                f"App {desired['application']!r} has no enterprise application in tenant {tenant.tenant_id}",
                remedy="run onboard.yml: entra_service_principal makes it",
            )
        parameters = {
            "AppId": application["appId"],
            # The enterprise application's, not the app registration's, which is the classic mistake.
            "ObjectId": principal["id"],
            "DisplayName": desired.get("display_name") or application["displayName"],
        }
        create_keyed(
            tenant.clock,
            f"Exchange's service principal of {desired['application']!r}",
            lambda: tenant.exchange.invoke(Operation.KEYED_CREATE, "New-ServicePrincipal", **parameters),
            lambda: pointer_row(tenant, application["appId"]),
            exists=already_exists,
            early=_not_replicated,
        )


def pointer_row(tenant: Tenant, client_id: str) -> Row | None:
    """Exchange's service principal of the app with that client id."""
    (rows,) = (answer.value() for answer in tenant.exchange.batch([POINTERS]))
    return next((row for row in rows if str(row.get("AppId", "")).lower() == client_id.lower()), None)


def _check_object(tenant: Tenant, application: Row, row: Row) -> None:
    """Refuse one that points elsewhere: what is assigned to it would be nobody's."""
    principal = tenant.graph.find(service_principal_path(application["appId"])) or {}
    pointed = str(row.get("ObjectId", "")).lower()
    if pointed == str(principal.get("id", "")).lower():
        return
    registration = pointed == str(application["id"]).lower()
    raise TenantError(
        f"Exchange's service principal of app {application['appId']} points to another object than its enterprise "
        "application",
        expected=f"the enterprise application's object id {principal.get('id') or '(there is none)'}",
        found=f"{pointed}, the object id of the app registration" if registration else pointed,
        remedy=f"Remove-ServicePrincipal {pointed} in Exchange, then run again; role assignments to it go with it",
    )


def _not_replicated(error: ServiceFailure) -> bool:
    """Exchange does not know a new enterprise application at once."""
    return isinstance(error, ExchangeError) and (error.missing or "doesn't exist in" in error.message)
