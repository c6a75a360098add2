"""What preflight finds, each with what was expected, found and is to be done; told all at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from graphmail.access_models import AccessModel
from graphmail.errors import ServiceFailure, TenantError
from graphmail.exchange import CmdletAnswer
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.resources.recipients import addressed
from graphmail.tenant import Tenant

# What an onboarding needs, by the resource that the token is for.
GRAPH_RIGHTS = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "User.Read.All",
)
EXCHANGE_RIGHTS = ("Exchange.ManageAsApp",)
# … and of cmdlets, beside those of the access model.
CMDLETS = (
    "Get-DistributionGroup",
    "New-DistributionGroup",
    "Set-DistributionGroup",
    "Add-DistributionGroupMember",
    "Remove-DistributionGroupMember",
)
_DURATION = TypeAdapter(timedelta)
MAILBOXES = ("UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox")


class Findings:
    """Collects obstacles; `raise_all` ends the customer's run with all of them."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._problems: list[str] = []
        self._elsewhere: set[str] = set()
        self.roles: set[str] = set()

    def add(self, problem: str, *, expected: str, found: str, remedy: str) -> None:
        self._problems.append(f"{problem}. Expected: {expected}. Found: {found}. To do: {remedy}.")

    def take(self, look: Callable[[], object]) -> None:
        """Look at a resource as its own task will; its refusal is an obstacle like any other."""
        try:
            look()
        except ServiceFailure:
            raise
        except TenantError as error:
            self._problems.append(str(error))

    def rights(self, model: AccessModel) -> None:
        """Application permissions in the admin's own tokens, and the cmdlets that Exchange lets it run."""
        cloud = self._tenant.cloud
        for audience, needed in ((cloud.graph_audience, GRAPH_RIGHTS), (cloud.exchange_audience, EXCHANGE_RIGHTS)):
            roles = self._tenant.admin_token(audience).roles
            self.roles |= roles
            for right in (right for right in needed if right not in roles):
                self.add(
                    f"The admin app lacks the application permission {right}",
                    expected=", ".join(needed),
                    found=", ".join(sorted(roles)) or "none",
                    remedy=f"grant {right} to the admin app and consent to it; a new token is needed then",
                )
        # Nothing below can be read without them.
        self.raise_all()
        allowed = self._tenant.exchange.cmdlets()
        missing = [cmdlet for cmdlet in (*CMDLETS, *model.cmdlets) if cmdlet not in allowed]
        if missing:
            self.add(
                "Exchange does not let the admin app run every cmdlet that is needed",
                expected="the Entra role Exchange Administrator, or Exchange roles with these cmdlets",
                found=f"not allowed: {', '.join(missing)}",
                remedy="assign Exchange Administrator to the admin app's enterprise application; it takes minutes",
            )
            self.raise_all()

    def domains(self, organization: dict[str, Any], addresses: list[str]) -> None:
        verified = [d["name"].lower() for o in organization["value"] for d in o.get("verifiedDomains", ())]
        for address in dict.fromkeys(addresses):
            if address.lower().rpartition("@")[2] not in verified:
                self._elsewhere.add(address.lower())
                self.add(
                    f"{address} is not in a domain of this tenant",
                    expected=f"an address in {', '.join(verified)}",
                    found=address.rpartition("@")[2],
                    remedy="correct the address or the tenant_id",
                )

    def role_assignments(self, settings: dict[str, Any], consented: frozenset[str], assigned: list[str]) -> None:
        """What stands in the way of RBAC for Applications."""
        if settings.get("IsDehydrated") in (True, "True"):
            self.add(
                "The organization was never customized, so Exchange refuses role assignments",
                expected="IsDehydrated False",
                found="IsDehydrated True",
                remedy="run Enable-OrganizationCustomization once in Exchange and wait an hour; it cannot be undone",
            )
        if consented and not assigned:
            self.add(
                "The app works by consent in Entra; removing that before Exchange's own roles act would cut it off",
                expected="no Mail.* consent, or role assignments that act already",
                found=f"consented: {', '.join(sorted(consented))}; no role assignment",
                remedy="run migrate.yml for this customer",
            )

    def app_management_policy(self, policy: dict[str, Any], lifetime: str) -> None:
        """https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy."""
        if not policy.get("isEnabled"):
            return
        for rule in (policy.get("applicationRestrictions") or {}).get("passwordCredentials") or ():
            if rule.get("state", "enabled") != "enabled":
                continue
            if rule.get("restrictionType") == "passwordAddition":
                self.add(
                    "The tenant's app management policy forbids client secrets",
                    expected="secrets allowed, or `credential.kind: certificate`",
                    found="restriction passwordAddition, enabled",
                    remedy="choose a certificate, or have the tenant's administrator exempt the app",
                )
            elif rule.get("restrictionType") == "passwordLifetime" and self._longer(lifetime, rule.get("maxLifetime")):
                self.add(
                    "The tenant's app management policy allows a shorter life of secrets only",
                    expected=f"at most {rule['maxLifetime']}",
                    found=lifetime,
                    remedy="shorten credential.lifetime",
                )

    def mailboxes(self, users: dict[str, list[dict[str, Any]]], recipients: dict[str, CmdletAnswer]) -> None:
        for address, answer in recipients.items():
            row = addressed(answer, address)
            kind = str(row.get("RecipientTypeDetails", ""))
            if kind in MAILBOXES or address in self._elsewhere:
                continue
            exists = bool(users[address])
            self.add(
                f"{address} has no mailbox in Exchange Online" if exists or kind else f"{address} does not exist",
                expected="a user or shared mailbox in the cloud",
                found=kind or ("a user without mailbox: no licence" if exists else "no recipient and no user"),
                remedy="license the user or make it a shared mailbox" if exists else "correct the address",
            )

    def raise_all(self) -> None:
        if self._problems:
            found, self._problems = self._problems, []
            raise TenantError(
                f"Customer {self._tenant.customer} cannot be onboarded yet; nothing was written:\n" + "\n".join(found)
            )

    def _longer(self, lifetime: str, longest: str | None) -> bool:
        now = self._tenant.clock.now()
        return bool(longest) and (credential_lifetime(lifetime).end(now) - now).total_seconds() > iso_duration(
            str(longest)
        )


def iso_duration(text: str) -> float:
    """Seconds of an ISO 8601 duration in days or shorter, as Graph writes them: `P90D`, `P4DT12H`."""
    return _DURATION.validate_python(text).total_seconds()
