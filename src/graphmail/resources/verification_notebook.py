"""Executes one verification notebook for one customer; executed copy and record are evidence, whatever it found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from graphmail.errors import TenantError
from graphmail.evidence import Record, Run
from graphmail.notebook import execute
from graphmail.resource import Info, Option, Values
from graphmail.rights import EXCHANGE_WRITES
from graphmail.tenant import Tenant

NOTEBOOKS = ("verify_access", "verify_send", "verify_receive", "verify_large_mail")


class VerificationNotebook(Info):
    """Fails unless the verdict is `passed`, and says the first check that is not."""

    name = "verification_notebook"
    permissions = ("Application.Read.All", EXCHANGE_WRITES)
    cmdlets = (
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-Mailbox",
        "Get-ManagementRoleAssignment",
        "Get-ServicePrincipal",
        "Test-ApplicationAccessPolicy",
        "Test-ServicePrincipalAuthorization",
    )
    options: ClassVar = {
        "notebook": Option("", {"type": "str", "required": True, "choices": list(NOTEBOOKS)}),
        "folder": Option("", {"type": "path", "required": True}),
        "inventory": Option("", {"type": "path", "required": True}),
        "max_wait": Option("", {"type": "int", "default": 7200}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        name = params["notebook"]
        if tenant.run.check_mode or tenant.run.evidence is None:
            # A check proves nothing; later tasks learn that the run would have made this proof.
            tenant.plan_create(self.name, name)
            return {"skipped": True, "notebook": name, "verdict": "unknown", "record": "", "executed": ""}
        run = Run(tenant.run.evidence, tenant.customer, tenant.run.run_id)
        executed = execute(
            Path(params["folder"]) / f"{name}.ipynb",
            {
                "customer": tenant.customer,
                "inventory": str(Path(params["inventory"]).absolute()),
                "run_id": tenant.run.run_id,
                "evidence": str(tenant.run.evidence),
                "max_wait": params["max_wait"],
            },
            run.notebook_path(name),
        )
        if executed.record is None:
            raise TenantError(
                f"Notebook {name} ended without a record",
                found=executed.error or "no reason told",
                remedy=f"open {executed.output}, find the cell that failed, and run it again",
            )
        result = {
            "notebook": name,
            "verdict": executed.verdict,
            "record": os.fspath(executed.record),
            "executed": os.fspath(executed.output),
        }
        if executed.verdict != "passed":
            result |= {"failed": True, "msg": _not_verified(Record.read(executed.record), run)}
        return result


def _not_verified(record: Record, run: Run) -> str:
    """The first check that is not green: those after it often follow from it."""
    wrong = [
        f"{check.claim}: {check.verdict}. {check.observed}" for check in record.checks if check.verdict != "passed"
    ]
    return (
        f"{record.customer} is not verified: {record.notebook} {record.verdict}. "
        f"{next(iter(wrong), 'No check was made')} To do: mend it, then run verify.yml again; "
        f"every check stands in {run.data / 'report.html'}"
    )
