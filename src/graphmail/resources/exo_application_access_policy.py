"""Application access policy: what Entra granted to the app, confined to the mailboxes of one group."""

from __future__ import annotations

from typing import ClassVar

from graphmail.errors import TenantError
from graphmail.exchange import Cmdlet, Row
from graphmail.exchange_errors import already_exists
from graphmail.keyed_create import create_keyed
from graphmail.resource import Found, Option, Plan, Resource, Values
from graphmail.resources.application_reference import REFERENCE, referred_application
from graphmail.resources.group_reference import referred_group
from graphmail.retry import Operation
from graphmail.tenant import Tenant

POLICIES = Cmdlet("Get-ApplicationAccessPolicy", {})


class ApplicationAccessPolicy(Resource):
    """https://learn.microsoft.com/powershell/module/exchange/new-applicationaccesspolicy."""

    name = "exo_application_access_policy"
    permissions = ("Exchange.ManageAsApp with the Entra role Exchange Administrator",)
    options: ClassVar = REFERENCE | {
        "group": Option("PolicyScopeGroupId", {"type": "str", "required": True}),
        "access_right": Option(
            "AccessRight", {"type": "str", "choices": ["RestrictAccess"], "default": "RestrictAccess"}
        ),
        # One space: the limit is the policies' total size, and a description left out is a long one.
        "description": Option("Description", {"type": "str", "default": " "}, managed=False),
    }

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        application = referred_application(tenant, desired)
        absent = desired.get("state") == "absent"
        group = referred_group(tenant, desired["group"], absent=absent)
        if application is None or (group is None and not absent):
            return None
        (rows,) = (answer.value() for answer in tenant.exchange.batch([POLICIES]))
        mine = [row for row in rows if str(row.get("AppId", "")).lower() == application["appId"].lower()]
        policy = next((row for row in mine if _is_for(row, group, desired["group"])), None)
        for other in mine:
            if other is not policy:
                tenant.warn(
                    f"App {desired['application']!r} has another policy, {other.get('AccessRight')} "
                    f"for {other.get('ScopeName')!r}; it was not made here and is left alone."
                )
        if policy is None:
            return None
        if policy.get("AccessRight") != desired["access_right"]:
            raise TenantError(
                f"The policy of app {desired['application']!r} for group {desired['group']!r} is of another kind",
                expected=desired["access_right"],
                found=str(policy.get("AccessRight")),
                remedy="remove it in Exchange; a right cannot be changed, and removing opens mailboxes",
            )
        return Found({"group": desired["group"], "access_right": policy["AccessRight"]}, policy)

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if plan.action == "delete" and found:
            tenant.exchange.remove("Remove-ApplicationAccessPolicy", Identity=found.object["Identity"])
            return
        application, group = referred_application(tenant, desired), referred_group(tenant, desired["group"])
        if application is None or group is None:
            raise TenantError("The app or the group of the policy is missing", remedy="run onboard.yml")
        create_keyed(
            tenant.clock,
            f"the access policy of {desired['application']!r}",
            lambda: tenant.exchange.invoke(
                Operation.KEYED_CREATE,
                "New-ApplicationAccessPolicy",
                AppId=[application["appId"]],
                PolicyScopeGroupId=group["PrimarySmtpAddress"],
                AccessRight=desired["access_right"],
                Description=desired["description"],
            ),
            lambda: self.read(tenant, desired),
            exists=already_exists,
            early=lambda error: getattr(error, "type_name", "") == "ManagementObjectNotFoundException",
        )


def _is_for(policy: Row, group: Row | None, name: str) -> bool:
    """Whether the policy is for that group: `ScopeIdentityRaw` ends with its object id; one that is gone has a name."""
    if group is None:
        return name.lower() in {str(policy.get(n, "")).lower() for n in ("ScopeName", "ScopeIdentity")}
    scope = str(policy.get("ScopeIdentityRaw", "")).rpartition(";")[2].lower()
    return scope == str(group["ExternalDirectoryObjectId"]).lower()
