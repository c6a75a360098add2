"""An application with an enterprise application, an Exchange pointer and role assignments, all lags over."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.clock import Span
from graphmail.sandbox.directory_records import Application, ServicePrincipal
from tests.sandbox_in_process import APP

OBJECT_ID = "22222222-3333-4444-8555-666666666666"
REGISTRATION_ID = "33333333-4444-4555-8666-777777777777"
LAG = 10  # seconds; longer than replication
INBOX = "/users/{}/mailFolders/inbox?$select=id"


def enterprise_app(tenancy: Any, app_id: str = APP, object_id: str = OBJECT_ID) -> ServicePrincipal:
    """Put a registration and its enterprise application into the tenant, made long ago."""
    past = tenancy.tenant.clock.now().replace(year=2020)
    tenancy.tenant.applications[REGISTRATION_ID] = Application(REGISTRATION_ID, app_id, Span(past))
    principal = ServicePrincipal(object_id, app_id, Span(past), {"displayName": "mail app"})
    tenancy.tenant.service_principals[object_id] = principal
    return principal


def pointer(tenancy: Any) -> dict[str, Any]:
    enterprise_app(tenancy)
    row = tenancy.rows("New-ServicePrincipal", AppId=APP, ObjectId=OBJECT_ID, DisplayName="mail app")[0]
    tenancy.advance(LAG)
    return dict(row)


def group(tenancy: Any, *members: str, name: str = "g") -> str:
    """Make a mail-enabled security group; answer its DN."""
    row = tenancy.rows("New-DistributionGroup", Name=name, Type="Security", Members=list(members))[0]
    tenancy.advance(LAG)
    return str(row["DistinguishedName"])


def assign(tenancy: Any, role: str = "Application Mail.ReadWrite", **scope: Any) -> dict[str, Any]:
    wanted = {"Name": f"{role} {len(tenancy.tenant.exchange.assignments)}", "Role": role, "App": OBJECT_ID}
    return dict(tenancy.rows("New-ManagementRoleAssignment", **(wanted | scope))[0])


def reads(tenancy: Any, address: str, roles: tuple[str, ...] = ()) -> int:
    """Answer the status of reading the Inbox with these roles in the token."""
    return int(tenancy.graph("GET", INBOX.format(address), roles=roles).status_code)
