"""Management roles: which cmdlets a role allows, and which permissions an Application role grants.

Application roles: learn.microsoft.com/exchange/permissions-exo/application-rbac. The others:
learn.microsoft.com/exchange/permissions-exo/permissions-exo, with the cmdlets that public tools list for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

_SAME = (
    "Mail.Read",
    "Mail.ReadBasic",
    "Mail.ReadWrite",
    "Mail.Send",
    "MailboxSettings.Read",
    "MailboxSettings.ReadWrite",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Contacts.Read",
    "Contacts.ReadWrite",
)
_ALL = (
    "MailboxFolder.Read",
    "MailboxFolder.ReadWrite",
    "MailboxItem.Read",
    "MailboxItem.ReadWrite",
    "MailboxItem.Export",
    "MailboxItem.ImportExport",
)
_OTHER = (
    "EWS.AccessAsApp",
    "SMTP.SendAsApp",
    "MailboxConfigItem.Read",
    "MailboxConfigItem.ReadWrite",
    "MailTips.ReadBasic.All",
    "Mail-Advanced.ReadWrite.All",
)

# Application role -> what it grants, in the order that GrantedPermissions has it.
APPLICATION_ROLES: dict[str, tuple[str, ...]] = {
    **{f"Application {name}": (name,) for name in _SAME},
    **{f"Application {name}": (f"{name}.All",) for name in _ALL},
    **{f"Application {name}": (name,) for name in _OTHER},
    "Application Mail Full Access": ("Mail.ReadWrite", "Mail.Send"),
    "Application Exchange Full Access": (
        "Mail.ReadWrite",
        "Mail.Send",
        "MailboxSettings.ReadWrite",
        "Calendars.ReadWrite",
        "Contacts.ReadWrite",
    ),
}


def _all_of(noun: str, *verbs: str) -> tuple[str, ...]:
    return tuple(f"{verb}-{noun}" for verb in verbs)


_READ_RECIPIENTS = (
    "Get-Recipient",
    "Get-Mailbox",
    "Get-User",
    "Get-Group",
    "Get-MailUser",
    "Get-MailContact",
    "Get-DistributionGroup",
    "Get-DistributionGroupMember",
    "Get-AcceptedDomain",
    "Get-OrganizationConfig",
    "Get-MailboxPlan",
    "Get-MailboxStatistics",
)
_READ_CONFIGURATION = (
    "Get-OrganizationConfig",
    "Get-AcceptedDomain",
    "Get-TransportConfig",
    "Get-AdminAuditLogConfig",
    "Get-ApplicationAccessPolicy",
    "Test-ApplicationAccessPolicy",
    "Get-ServicePrincipal",
    "Get-ManagementScope",
    "Get-ManagementRole",
    "Get-ManagementRoleAssignment",
    "Get-RoleGroup",
    "Get-RoleGroupMember",
    "Get-MailboxPlan",
)
_GROUPS = (
    *_all_of("DistributionGroup", "Get", "New", "Set", "Remove"),
    *_all_of("DistributionGroupMember", "Get", "Add", "Remove", "Update"),
    "Get-Recipient",
    "Get-Group",
    "Get-Mailbox",
    "Get-AcceptedDomain",
    "Get-OrganizationConfig",
)

SECURITY_GROUPS = "Security Group Creation and Membership"
ROLE_MANAGEMENT = "Role Management"

# Management role -> its cmdlets among those emulated here.
ADMINISTRATIVE_ROLES: dict[str, tuple[str, ...]] = {
    "View-Only Recipients": _READ_RECIPIENTS,
    "View-Only Configuration": _READ_CONFIGURATION,
    "Organization Configuration": (
        *_READ_CONFIGURATION,
        *_all_of("ApplicationAccessPolicy", "New", "Set", "Remove"),
        "Enable-OrganizationCustomization",
    ),
    ROLE_MANAGEMENT: (
        *_all_of("ServicePrincipal", "Get", "New", "Set", "Remove"),
        *_all_of("ManagementScope", "Get", "New", "Set", "Remove"),
        *_all_of("ManagementRoleAssignment", "Get", "New", "Set", "Remove"),
        *_all_of("RoleGroupMember", "Get", "Add", "Remove"),
        "Get-RoleGroup",
        "Get-ManagementRole",
        "Test-ServicePrincipalAuthorization",
        "Get-OrganizationConfig",
    ),
    "Distribution Groups": _GROUPS,
    SECURITY_GROUPS: _GROUPS,
    "Mail Recipients": (*_READ_RECIPIENTS, "Set-Mailbox"),
    "Mail Recipient Creation": (*_READ_RECIPIENTS, *_all_of("Mailbox", "New", "Remove"), "New-MailContact"),
    "Recipient Policies": ("Get-MailboxPlan", "Set-MailboxPlan"),
    "Message Tracking": ("Get-MessageTraceV2", "Get-Recipient"),
    "Transport Hygiene": ("Get-QuarantineMessage", "Get-BlockedSenderAddress"),
    "Audit Logs": ("Search-UnifiedAuditLog", *_all_of("AdminAuditLogConfig", "Get", "Set")),
    "View-Only Audit Logs": ("Search-UnifiedAuditLog", "Get-AdminAuditLogConfig"),
}

ROLES = (*ADMINISTRATIVE_ROLES, *APPLICATION_ROLES)

ORGANIZATION_MANAGEMENT = "Organization Management"

# Role group -> its roles. Organization Management has all administrative ones, and may delegate every role.
ROLE_GROUPS: dict[str, tuple[str, ...]] = {
    ORGANIZATION_MANAGEMENT: tuple(ADMINISTRATIVE_ROLES),
    "Recipient Management": (
        "Distribution Groups",
        "Mail Recipients",
        "Mail Recipient Creation",
        "Message Tracking",
        "Recipient Policies",
    ),
    "View-Only Organization Management": ("View-Only Configuration", "View-Only Recipients"),
    "Help Desk": ("View-Only Recipients",),
    "Security Administrator": ("View-Only Configuration", "View-Only Recipients", "Transport Hygiene"),
    "Security Reader": ("View-Only Configuration", "View-Only Recipients"),
    "Compliance Management": ("Audit Logs", "View-Only Configuration", "View-Only Recipients", "View-Only Audit Logs"),
}

# Parameters that only some of the roles which have the cmdlet allow.
PARAMETER_ROLES: dict[str, frozenset[str]] = {"BypassSecurityGroupManagerCheck": frozenset({SECURITY_GROUPS})}


def role_named(name: str) -> str | None:
    """The role as it is spelled; role names have no case."""
    return next((role for role in ROLES if role.lower() == name.lower()), None)


@cache
def _cmdlets(role: str) -> frozenset[str]:
    return frozenset(ADMINISTRATIVE_ROLES.get(role, ()))


def cmdlets_of(roles: Iterable[str]) -> frozenset[str]:
    """What the holder of these roles may run."""
    return frozenset().union(*(_cmdlets(role) for role in roles))


def denied_parameters(roles: Iterable[str], given: Iterable[str]) -> list[str]:
    """Those of the parameters that none of the roles allows."""
    held = frozenset(roles)
    return [name for name in given if name in PARAMETER_ROLES and held.isdisjoint(PARAMETER_ROLES[name])]
