"""How one customer's tenant differs from its inventory entry. Writes nothing, and says so where it cannot read."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from graphmail.customer_state import keep_before
from graphmail.drift import AREAS, Comparison, Difference
from graphmail.errors import ExchangeError, GraphError, TenantError
from graphmail.evidence import Check, Record, Verdict
from graphmail.resource import Info, Option, Values, with_rights
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.rights import EXCHANGE_READS
from graphmail.task_record import keep, record_of, subject
from graphmail.tenant import Tenant

RECORD = "drift"

TOLD = 3  # differences in the line on the console; the table and the JSON have all


class CustomerDriftInfo(Info):
    """`status` is `none`, `drift`, or `unknown` where the tenant could not be read; never a failure of the task."""

    name = "customer_drift_info"
    permissions = (
        "Application.Read.All",
        "Organization.Read.All",
        "User.Read.All",
        EXCHANGE_READS,
    )
    cmdlets = (
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-ManagementRoleAssignment",
        "Get-Recipient",
        "Get-ServicePrincipal",
    )
    options: ClassVar = {
        "entry": Option("", {"type": "dict", "required": True}),
        "expires_within": Option("endDateTime", {"type": "str", "default": "30 days"}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        credential_lifetime(params["expires_within"])
        comparison = None
        found: list[Difference] = []
        problem = ""
        started = tenant.clock.now()
        try:
            comparison = Comparison(tenant, params["entry"], params["expires_within"])
            found = comparison.differences()
            keep_before(tenant)
        except TenantError as error:
            problem = str(with_rights(error, self, tenant) if isinstance(error, GraphError | ExchangeError) else error)
        status = "unknown" if problem else "drift" if found else "none"
        keep(tenant, self._record(tenant, params["entry"], comparison, found, problem, started))
        return {
            "status": status,
            "differences": [difference.facts() for difference in found],
            "requests": comparison.requests if comparison else 0,
            "msg": problem or _counted(found),
        }

    @staticmethod
    def _record(
        tenant: Tenant,
        entry: Values,
        comparison: Comparison | None,
        found: list[Difference],
        problem: str,
        started: datetime,
    ) -> Record:
        """One check for each area, for the run's evidence."""
        checks = []
        for area, claim in AREAS.items():
            wrong = "; ".join(str(difference) for difference in found if difference.area == area)
            observed = problem or wrong or "no difference"
            verdict: Verdict = "unknown" if problem else "failed" if wrong else "passed"
            checks.append(
                Check(name=area, claim=claim, expected="no difference", observed=observed[:3900], verdict=verdict)
            )
        about = subject(
            str(comparison.application.get("appId", "")) if comparison else "",
            comparison.key_id if comparison else "",
            entry["mailboxes"],
            entry["outside_mailbox"],
        )
        return record_of(tenant, RECORD, about, checks, started)


def _counted(found: list[Difference]) -> str:
    if not found:
        return "as the inventory says"
    told = "; ".join(difference.what for difference in found[:TOLD])
    more = f"; and {len(found) - TOLD} more" if len(found) > TOLD else ""
    return f"{len(found)} difference{'s' if len(found) > 1 else ''}: {told}{more}. To do: {found[0].repair}"
