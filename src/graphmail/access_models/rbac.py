"""RBAC for Applications: Exchange itself grants, for the group's members alone; Entra consents nothing."""

from __future__ import annotations

from graphmail.access_models.model import MAIL_ROLES, AccessModel, Tested, undecided
from graphmail.exchange import Cmdlet, CmdletAnswer


class RbacModel(AccessModel):
    """https://learn.microsoft.com/exchange/permissions-exo/application-rbac."""

    name = "rbac"
    title = "Exchange RBAC for Applications"
    consented = frozenset()
    cmdlets = (
        "Get-ServicePrincipal",
        "New-ServicePrincipal",
        "Get-ManagementRoleAssignment",
        "New-ManagementRoleAssignment",
        "Remove-ManagementRoleAssignment",
        "Test-ServicePrincipalAuthorization",
    )

    def test(self, client_id: str, mailbox: str) -> Cmdlet:
        return Cmdlet("Test-ServicePrincipalAuthorization", {"Identity": client_id, "Resource": mailbox})

    def tested(self, answer: CmdletAnswer) -> Tested:
        """Granted when every permission is in scope, denied when nothing at all is: composite roles grant several."""
        if refused := undecided(answer):
            return refused
        words = {str(row.get("InScope")).lower() for row in answer.rows}
        if not words or not words <= {"true", "false"}:
            return Tested("undecided", f"InScope is {', '.join(sorted(words)) or 'not told'}")
        if words == {"false"}:
            return Tested("Denied")
        granted = {
            permission.strip()
            for row in answer.rows
            if str(row.get("InScope")).lower() == "true"
            for permission in str(row.get("GrantedPermissions", "")).split(",")
        }
        if granted >= MAIL_ROLES:
            return Tested("Granted")
        return Tested("undecided", f"in scope for {', '.join(sorted(granted - {''})) or 'nothing named'} alone")
