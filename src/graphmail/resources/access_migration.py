"""Takes a customer from an application access policy to RBAC for Applications, one step with each call."""

from __future__ import annotations

from typing import ClassVar

from graphmail.access_models import DEFAULT
from graphmail.errors import TenantError
from graphmail.live_credential import proof_credential_lives
from graphmail.migration.journey import Journey, said
from graphmail.migration.plan import difference, first_step, obstacles
from graphmail.migration.progress import Progress, Progresses
from graphmail.migration.standing import Standing
from graphmail.migration.work import RBAC, Done
from graphmail.resource import Info, Option, Plan, Values
from graphmail.resources.application_reference import REFERENCE
from graphmail.rights import EXCHANGE_WRITES
from graphmail.tenant import Tenant


class AccessMigration(Info):
    """https://learn.microsoft.com/exchange/permissions-exo/application-rbac."""

    name = "access_migration"
    permissions = (
        "AppRoleAssignment.ReadWrite.All",
        "Application.Read.All",
        EXCHANGE_WRITES,
    )
    cmdlets = (
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-ManagementRoleAssignment",
        "Get-OrganizationConfig",
        "Get-Recipient",
        "Get-ServicePrincipal",
        "New-ApplicationAccessPolicy",
        "New-ManagementRoleAssignment",
        "New-ServicePrincipal",
        "Remove-ApplicationAccessPolicy",
        "Remove-ManagementRoleAssignment",
        "Remove-ServicePrincipal",
        "Test-ApplicationAccessPolicy",
        "Test-ServicePrincipalAuthorization",
    )
    options: ClassVar = REFERENCE | {
        "group": Option("", {"type": "str", "required": True}),
        "mailboxes": Option("", {"type": "list", "elements": "str", "required": True}),
        "outside_mailbox": Option("", {"type": "str", "required": True}),
        "cache_time": Option("", {"type": "int", "default": 7200}),
        "token_lifetime": Option("", {"type": "int", "default": 5400}),
        "patience": Option("", {"type": "int", "default": 900}),
        "max_wait": Option("", {"type": "int", "default": 7200}),
        "stay": Option("", {"type": "bool", "default": True}),
        "back": Option("", {"type": "bool", "default": False}),
        "proof": Option("", {"type": "bool", "default": False}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        told = self._go_on(tenant, params)
        return told | {"proof_credential": self._proof_credential(tenant, params, told["status"])}

    def _go_on(self, tenant: Tenant, params: Values) -> Values:
        progress = Progresses(tenant.state).read()
        if progress is None:
            return self._begin(tenant, params)
        if progress.group != params["group"]:
            raise TenantError(
                "The group changed in the inventory in the middle of the migration",
                expected=progress.group,
                found=params["group"],
                remedy="finish the migration with the group that it began with",
            )
        if tenant.run.check_mode:
            plan = self.plan(progress.before, params["group"])
            rest = Done(changed=True, before=plan.before, after=plan.after)
            return said("planned", progress, rest)
        tenant.pin()
        tenant.pin_exchange()
        if params["back"] and not progress.back and (route := progress.step.red):
            progress = progress.turned(route, "somebody asked for the way back")
            Progresses(tenant.state).write(progress)
        if progress.step.signs_in and self._lacks_credential(tenant, params):
            return said("next", progress, Done())
        return Journey(tenant, params, progress).go_on()

    @staticmethod
    def plan(standing: Standing, group: str) -> Plan:
        """What the whole migration changes. Pure."""
        return difference(standing, group)

    def _begin(self, tenant: Tenant, params: Values) -> Values:
        """See what there is and what stands in the way; store it, before anything is written."""
        standing = Standing.of(tenant, params)
        first = first_step(standing, params["group"])
        if standing is None or not first:
            return said("nothing", None, Done())
        organization = tenant.exchange.find("Get-OrganizationConfig")
        found = obstacles(standing, params["group"], (organization or [{}])[0], tenant.exchange.cmdlets())
        if found:
            raise TenantError(
                f"Customer {tenant.customer} cannot be migrated yet; nothing was written:\n" + "\n".join(found)
            )
        plan = self.plan(standing, params["group"])
        done = Done(changed=True, before=plan.before, after=plan.after)
        progress = Progress("forward", first, params["group"], standing, tenant.clock.now())
        if tenant.run.check_mode:
            return said("planned", progress, done)
        tenant.pin()
        tenant.pin_exchange()
        if self._lacks_credential(tenant, params):
            return said("next", None, Done(missing="the proof needs a credential of its own first"))
        self._must_work(tenant, params, standing)
        Progresses(tenant.state).write(progress)
        return said("next", progress, done)

    def _proof_credential(self, tenant: Tenant, params: Values, status: str) -> str:
        """`missing` where the next call proves with a short-lived credential, `spent` where none is needed any more."""
        if not params["proof"] or tenant.run.check_mode:
            return ""
        progress = Progresses(tenant.state).read()
        # A migration that has not begun goes on with a proof of what is there.
        wanted = progress.step.signs_in if progress else status == "next"
        if wanted == (not self._lacks_credential(tenant, params)):
            return ""
        return "missing" if wanted else "spent"

    @staticmethod
    def _lacks_credential(tenant: Tenant, params: Values) -> bool:
        """Nothing is proved without one: the caller makes it, and calls again."""
        return bool(params["proof"]) and not proof_credential_lives(tenant)

    @staticmethod
    def _must_work(tenant: Tenant, params: Values, standing: Standing) -> None:
        """What is migrated is proved as it is now: else no later proof, and no way back, could be told from it."""
        from graphmail.migration import proof  # brings the notebooks' pictures with it

        model = DEFAULT if standing.consents else RBAC
        seen = proof.look(tenant, params, model, standing.client_id)
        proof.record(tenant, params, "prove_before", seen)
        if seen.missing:
            raise TenantError(
                f"Customer {tenant.customer} is not as it shall be even before the migration; nothing was written",
                found=seen.missing,
                remedy="run onboard.yml and verify.yml with the access model of now, then migrate",
            )
        # A minute lies between: what one read did not show must not be taken for absent, and removed on the way back.
        again = Standing.of(tenant, params)
        if again is None or not standing.same_access(again):
            raise TenantError(
                "What confines the app changed while it was looked at",
                remedy="run migrate.yml again; nothing was written",
            )
