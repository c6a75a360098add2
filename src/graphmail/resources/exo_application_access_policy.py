"""Application access policy: what Entra granted to the app, confined to the mailboxes of one group."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from graphmail.errors import TenantError
from graphmail.exchange_errors import already_exists
from graphmail.keyed_create import create_keyed
from graphmail.resource import Found, Option, Plan, Resource, Values
from graphmail.resources.access_policies import RESTRICT, AccessPolicies
from graphmail.resources.application_reference import REFERENCE, former_client_id, referred_application
from graphmail.resources.entra_app_role_assignment import AppRoleAssignment, mail_consents
from graphmail.resources.foreign_credentials import foreign_credentials
from graphmail.resources.group_reference import referred_group
from graphmail.resources.last_tokens import LastTokens
from graphmail.resources.roles_elsewhere import assignments_of_app, refuse_roles_elsewhere
from graphmail.retry import Operation
from graphmail.rights import EXCHANGE_WRITES
from graphmail.start_state import ListChange, StartState
from graphmail.tenant import Tenant


class ApplicationAccessPolicy(Resource):
    """https://learn.microsoft.com/powershell/module/exchange/new-applicationaccesspolicy."""

    name = "exo_application_access_policy"
    permissions = (EXCHANGE_WRITES,)
    cmdlets = (
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "New-ApplicationAccessPolicy",
        "Remove-ApplicationAccessPolicy",
    )
    claimed = True
    options: ClassVar = REFERENCE | {
        "group": Option("PolicyScopeGroupId", {"type": "str", "required": True}),
        "access_right": Option("AccessRight", {"type": "str", "choices": [RESTRICT], "default": RESTRICT}),
        # One space: the limit is the policies' total size, and a description left out is a long one.
        "description": Option("Description", {"type": "str", "default": " "}, managed=False),
        "wait_for_tokens": Option("", {"type": "int", "default": 0}, managed=False),
        "restore": Option("", {"type": "bool", "default": False}, managed=False),
    }

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        application = referred_application(tenant, desired)
        absent = desired.get("state") == "absent"
        group = referred_group(tenant, desired["group"], absent=absent)
        client_id = str(application["appId"]) if application else former_client_id(tenant, desired) if absent else ""
        if not client_id:
            return None
        policies = AccessPolicies.of(tenant, client_id, group, desired["group"] if absent else "")
        if not absent:
            policies.refuse_widening(desired["application"], desired["group"])
            roles = assignments_of_app(tenant, client_id)
            refuse_roles_elsewhere(roles, desired["application"], group, desired["group"])
        for other in policies.others:
            tenant.warn(
                f"App {desired['application']!r} has another policy, {other.get('AccessRight')} "
                f"for {other.get('ScopeName')!r}; it was not made here and is left alone."
            )
        policy = policies.of_group
        if policy is None:
            return None
        if not desired.get("made_here_only"):
            # An offboarding leaves it alone and names it; it was not made here.
            policies.refuse_other_kind(desired["application"], desired["group"])
        return Found({"group": desired["group"], "access_right": policy["AccessRight"]}, policy)

    def identify(self, found: Found) -> str:
        return str(found.object["Identity"])

    def stays(self, tenant: Tenant, found: Found, desired: Values) -> str:
        """Also while the app has consent that it alone confines: without it every mailbox would be open."""
        if why := super().stays(tenant, found, desired):
            return why
        name = str(desired["application"])
        if StartState(tenant).of(self.name, name):
            return "one like it was there before, and was removed by a migration"
        consented = mail_consents(tenant, desired)
        start = StartState(tenant).of(AppRoleAssignment.name, name)
        if desired.get("restore") and start:
            # Unconfined as it was before. What somebody granted since was granted under the policy.
            consented = [role for role in consented if role not in start.found["roles"]]
        return f"the app still has consent to {', '.join(consented)}, which it alone confines" if consented else ""

    def as_found(self, tenant: Tenant, found: Found, desired: Values) -> Values:
        scope = str(found.object.get("ScopeIdentityRaw", "")).rpartition(";")[2]
        description = str(found.object.get("Description") or " ")
        return {"group": scope, "access_right": found.values["access_right"], "description": description}

    def record(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        """Consent that the new policy confines; and one by others, before a migration removes it."""
        if plan.action == "create":
            AppRoleAssignment().remember(tenant, desired)
        elif plan.action == "delete" and found and self.adopted(tenant, found, desired):
            values, key = self.as_found(tenant, found, desired), self._claim_key(desired)
            removed = {"policies": ListChange(removed=frozenset([desired["group"]]))}
            StartState(tenant).change(self.name, key, self.identify(found), values, removed)

    @staticmethod
    def _wait_for_tokens(tenant: Tenant, desired: Values) -> None:
        """Tokens issued before the consent went carry it until they end, and nothing else confines those."""
        if not desired.get("wait_for_tokens"):
            return
        application = referred_application(tenant, desired)
        others = bool(application and foreign_credentials(tenant, application, []))
        if since := LastTokens(tenant).since(desired["application"], others=others):
            over = since + timedelta(seconds=desired["wait_for_tokens"])
            tenant.clock.sleep((over - tenant.clock.now()).total_seconds())

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if plan.action == "delete" and found:
            self._wait_for_tokens(tenant, desired)
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
