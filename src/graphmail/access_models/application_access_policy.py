"""Consent in Entra, taken away again by an application access policy for all but the group's members."""

from __future__ import annotations

from graphmail.access_models.model import MAIL_ROLES, AccessModel, Tested, undecided
from graphmail.exchange import Cmdlet, CmdletAnswer

_RESULTS = {"granted": "Granted", "true": "Granted", "denied": "Denied", "false": "Denied"}


class ApplicationAccessPolicyModel(AccessModel):
    """https://learn.microsoft.com/powershell/module/exchange/test-applicationaccesspolicy."""

    name = "application_access_policy"
    title = "an Exchange application access policy"
    consented = MAIL_ROLES
    cmdlets = (
        "New-ApplicationAccessPolicy",
        "Get-ApplicationAccessPolicy",
        "Test-ApplicationAccessPolicy",
        # What no policy limits.
        "Get-ServicePrincipal",
        "Get-ManagementRoleAssignment",
    )

    def test(self, client_id: str, mailbox: str) -> Cmdlet:
        return Cmdlet("Test-ApplicationAccessPolicy", {"Identity": mailbox, "AppId": client_id})

    def tested(self, answer: CmdletAnswer) -> Tested:
        """The result comes as a word or as a truth value."""
        if refused := undecided(answer):
            return refused
        results = {_RESULTS.get(str(row.get("AccessCheckResult", "")).lower()) for row in answer.rows}
        if results == {"Granted"}:
            return Tested("Granted")
        if results == {"Denied"}:
            return Tested("Denied")
        return Tested("undecided", "no result")
