"""How one customer's tenant differs from its inventory entry. Writes nothing, and says so where it cannot read."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from graphmail.drift import AREAS, Comparison, Difference
from graphmail.errors import ExchangeError, GraphError, TenantError
from graphmail.evidence import Check, Record, Run, Subject, Verdict
from graphmail.resource import Info, Option, Values, with_rights
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.tenant import Tenant

RECORD = "drift"


class CustomerDriftInfo(Info):
    """`status` is `none`, `drift`, or `unknown` where the tenant could not be read; never a failure of the task."""

    name = "customer_drift_info"
    permissions = ("Application.Read.All", "Organization.Read.All", "User.Read.All")
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
        except TenantError as error:
            problem = str(
                with_rights(error, self.permissions, tenant) if isinstance(error, GraphError | ExchangeError) else error
            )
        status = "unknown" if problem else "drift" if found else "none"
        if tenant.run.evidence and not tenant.run.check_mode:
            record = self._record(tenant, params["entry"], comparison, found, problem, started)
            Run(tenant.run.evidence, tenant.customer, tenant.run.run_id).write_record(record)
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
        subject = Subject(
            client_id=str(comparison.application.get("appId", "")) if comparison else "",
            key_id=comparison.key_id if comparison else "",
            mailboxes=entry["mailboxes"],
            outside_mailbox=entry["outside_mailbox"],
        )
        return Record(
            customer=tenant.customer,
            tenant_id=tenant.tenant_id,
            environment=tenant.environment,
            run_id=tenant.run.run_id,
            notebook=RECORD,
            started=started,
            finished=tenant.clock.now(),
            subject=subject,
            checks=checks,
        )


def _counted(found: list[Difference]) -> str:
    if not found:
        return "as the inventory says"
    return f"{len(found)} differences" if len(found) > 1 else "1 difference"
