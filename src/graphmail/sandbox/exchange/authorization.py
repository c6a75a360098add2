"""Test-ServicePrincipalAuthorization: what role assignments give, without the cache and without Entra's consent.

learn.microsoft.com/powershell/module/exchangepowershell/test-serviceprincipalauthorization
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.grant import application_assignments
from graphmail.sandbox.exchange.parameter import REQUIRED_STRING, STRING
from graphmail.sandbox.exchange.pointer import find_pointer
from graphmail.sandbox.exchange.recipient import MAIL_USERS, MAILBOXES, find
from graphmail.sandbox.exchange.resource_scope import shown_scope
from graphmail.sandbox.exchange.role import APPLICATION_ROLES
from graphmail.sandbox.exchange.scope import ORGANIZATION, in_scope
from graphmail.sandbox.exchange_records import RoleAssignment
from graphmail.sandbox.recipient_records import Recipient

NOT_RUN = "Not Run"


def _test(call: Invocation) -> list[Row]:
    pointer = find_pointer(call, call.identity)
    asked = call.get("Resource")
    resource = find(call, asked, MAILBOXES | MAIL_USERS, read=True) if asked else None
    now = call.tenant.clock.now()
    return [_row(call, a, resource) for a in application_assignments(call.tenant, pointer.app_id, now)]


def _row(call: Invocation, assignment: RoleAssignment, resource: Recipient | None) -> Row:
    kind, scope = shown_scope(call, assignment)
    return {
        "RoleName": assignment.role,
        "GrantedPermissions": ", ".join(APPLICATION_ROLES[assignment.role]),
        "AllowedResourceScope": scope or ORGANIZATION,
        "ScopeType": kind,
        "InScope": _verdict(call, assignment, resource),
    }


def _verdict(call: Invocation, assignment: RoleAssignment, resource: Recipient | None) -> Any:
    if resource is None:
        return NOT_RUN
    inside = in_scope(call.tenant, assignment, resource, call.tenant.clock.now(), timedelta())
    return str(inside) if call.tenant.exchange.settings.in_scope_as_text else inside


CMDLETS = [Cmdlet("Test-ServicePrincipalAuthorization", _test, {"Identity": REQUIRED_STRING, "Resource": STRING})]
