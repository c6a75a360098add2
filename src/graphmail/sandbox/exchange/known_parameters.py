"""Parameters that the cmdlets' own pages name and that are not emulated: 501 with their name, not the binder's error.

Copied from the syntax on learn.microsoft.com/powershell/module/exchangepowershell; those of on-premises Exchange alone
are left out, for the cloud's binder does not know them either. Not complete: what stands in neither list is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable

_ATTRIBUTES = (
    *(f"CustomAttribute{i}" for i in range(1, 16)),
    *(f"ExtensionCustomAttribute{i}" for i in range(1, 6)),
)
_MAIL_FLOW = (
    "AcceptMessagesOnlyFrom",
    "AcceptMessagesOnlyFromDLMembers",
    "AcceptMessagesOnlyFromSendersOrMembers",
    "BypassModerationFromSendersOrMembers",
    "GrantSendOnBehalfTo",
    "MailTip",
    "MailTipTranslations",
    "ModeratedBy",
    "RejectMessagesFrom",
    "RejectMessagesFromDLMembers",
    "RejectMessagesFromSendersOrMembers",
    "SendModerationNotifications",
    "SimpleDisplayName",
)
_READ = ("Anr", "OrganizationalUnit", "SortBy")

_KNOWN: dict[str, frozenset[str]] = {
    cmdlet: frozenset(name.lower() for name in names)
    for cmdlet, names in {
        "New-DistributionGroup": (
            "BccBlocked",
            "BypassNestedModerationEnabled",
            "ModeratedBy",
            "OrganizationalUnit",
            "RoomList",
            "SendModerationNotifications",
        ),
        "Set-DistributionGroup": (
            *_ATTRIBUTES,
            *_MAIL_FLOW,
            "BccBlocked",
            "BypassNestedModerationEnabled",
            "CreateDTMFMap",
            "EmailAddressPolicyEnabled",
            "ForceUpgrade",
            "MaxReceiveSize",
            "MaxSendSize",
            "ReportToManagerEnabled",
            "ReportToOriginatorEnabled",
            "ResetMigrationToUnifiedGroup",
            "RoomList",
            "SendOofMessageToOriginatorEnabled",
            "UpdateMemberCount",
            "WindowsEmailAddress",
        ),
        "Get-DistributionGroup": (*_READ, "ManagedBy", "IncludeGrantSendOnBehalfToWithDisplayNames"),
        "Get-Recipient": (
            *_READ,
            "AuthenticationType",
            "BookmarkDisplayName",
            "Capabilities",
            "IncludeSoftDeletedRecipients",
            "PropertySet",
            "RecipientPreviewFilter",
            "RecipientType",
        ),
        "Get-Mailbox": (
            *_READ,
            "Archive",
            "GroupMailbox",
            "InactiveMailboxOnly",
            "IncludeInactiveMailbox",
            "MailboxPlan",
            "Migration",
            "PublicFolder",
        ),
        "Set-Mailbox": (
            *_ATTRIBUTES,
            *_MAIL_FLOW,
            "Alias",
            "AuditEnabled",
            "DeliverToMailboxAndForward",
            "EmailAddresses",
            "ForwardingAddress",
            "ForwardingSmtpAddress",
            "IssueWarningQuota",
            "LitigationHoldEnabled",
            "MessageCopyForSendOnBehalfEnabled",
            "MessageCopyForSentAsEnabled",
            "ModerationEnabled",
            "Name",
            "ProhibitSendQuota",
            "ProhibitSendReceiveQuota",
            "RecipientLimits",
            "RequireSenderAuthenticationEnabled",
            "RetainDeletedItemsFor",
            "RetentionPolicy",
            "WindowsEmailAddress",
        ),
        "Get-ManagementRole": ("Cmdlet", "CmdletParameters", "GetChildren", "Recurse", "Script", "ScriptParameters"),
        "Get-ManagementRoleAssignment": (
            "AssignmentMethod",
            "ConfigWriteScope",
            "CustomConfigWriteScope",
            "CustomRecipientWriteScope",
            "Exclusive",
            "ExclusiveConfigWriteScope",
            "ExclusiveRecipientWriteScope",
            "GetEffectiveUsers",
            "RecipientOrganizationalUnitScope",
            "WritableRecipient",
        ),
        "New-ManagementRoleAssignment": ("ExclusiveRecipientWriteScope", "RecipientRelativeWriteScope"),
        "Set-ManagementRoleAssignment": ("CustomRecipientWriteScope", "Enabled", "RecipientRelativeWriteScope"),
        "Search-UnifiedAuditLog": (
            "Formatted",
            "FreeText",
            "HighCompleteness",
            "IPAddresses",
            "LongerRetentionEnabled",
        ),
        "Get-MessageTraceV2": ("FromIP", "SubjectFilterType", "ToIP"),
        "Get-MailboxStatistics": (
            "Archive",
            "IncludeMoveHistory",
            "IncludeMoveReport",
            "IncludeSoftDeletedRecipients",
            "UseCustomRouting",
        ),
    }.items()
}


def not_emulated_parameter(cmdlet: str, given: Iterable[str], declared: Iterable[str]) -> str | None:
    """The first parameter that the real cmdlet has and the one here does not."""
    own = {name.lower() for name in declared}
    known = _KNOWN.get(cmdlet, frozenset())
    return next((name for name in given if name.lower() in known and name.lower() not in own), None)
