"""Exchange's management roles by cmdlet: the least that lets somebody run it, beside the Entra role with all of them.

https://learn.microsoft.com/powershell/exchange/find-exchange-cmdlet-permissions, and the settings.json of
Microsoft365DSC's resources. A cmdlet may be in several roles; the narrowest of what those two name stands here.
"""

from __future__ import annotations

from collections.abc import Iterable

GROUPS = "Distribution Groups"
SECURITY_GROUPS = "Security Group Creation and Membership"
RECIPIENTS = "View-Only Recipients"
CONFIGURATION = "View-Only Configuration"
POLICIES = "Organization Configuration"
HYGIENE = "Transport Hygiene"
ROLES = "Role Management"

ROLE_OF = {
    "Get-Recipient": RECIPIENTS,
    "Get-Mailbox": RECIPIENTS,
    "Get-MailboxStatistics": RECIPIENTS,
    "Get-DistributionGroup": RECIPIENTS,
    "Get-DistributionGroupMember": RECIPIENTS,
    "New-DistributionGroup": SECURITY_GROUPS,
    "Set-DistributionGroup": SECURITY_GROUPS,
    "Remove-DistributionGroup": SECURITY_GROUPS,
    "Add-DistributionGroupMember": SECURITY_GROUPS,
    "Remove-DistributionGroupMember": SECURITY_GROUPS,
    "Get-OrganizationConfig": CONFIGURATION,
    "Get-BlockedSenderAddress": HYGIENE,
    "Get-ApplicationAccessPolicy": CONFIGURATION,
    "New-ApplicationAccessPolicy": POLICIES,
    "Remove-ApplicationAccessPolicy": POLICIES,
    "Test-ApplicationAccessPolicy": CONFIGURATION,
    "Get-ServicePrincipal": CONFIGURATION,
    "New-ServicePrincipal": ROLES,
    "Set-ServicePrincipal": ROLES,
    "Remove-ServicePrincipal": ROLES,
    "Get-ManagementScope": CONFIGURATION,
    "Get-ManagementRoleAssignment": CONFIGURATION,
    "New-ManagementRoleAssignment": ROLES,
    "Remove-ManagementRoleAssignment": ROLES,
    "Test-ServicePrincipalAuthorization": ROLES,
}

# What the wider roles hold beside what only they do.
_ALSO = {
    SECURITY_GROUPS: {"Get-DistributionGroup", "Get-DistributionGroupMember", "Get-Mailbox", "Get-Recipient"},
    POLICIES: {cmdlet for cmdlet, role in ROLE_OF.items() if role == CONFIGURATION},
    ROLES: {"Get-ManagementRoleAssignment", "Get-ManagementScope", "Get-OrganizationConfig", "Get-ServicePrincipal"},
}


def least_roles(cmdlets: Iterable[str]) -> list[str]:
    """Names of the fewest and narrowest roles that together let somebody run these cmdlets."""
    wanted = set(cmdlets)
    wide = {ROLE_OF[cmdlet] for cmdlet in wanted} & set(_ALSO)
    held = set[str]().union(*(_ALSO[role] for role in wide))
    return sorted(wide | {ROLE_OF[cmdlet] for cmdlet in wanted - held})
