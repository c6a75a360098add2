"""What makes a confinement void: each source that opens more than the group, or shuts its members out.

Sources add up: consent in Entra as far as access policies leave it, and Exchange's own role assignments, which no
policy limits. https://learn.microsoft.com/exchange/permissions-exo/application-rbac,
https://learn.microsoft.com/graph/auth-limit-mailbox-access
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphmail.access_models import AccessModel
from graphmail.exchange import Row
from graphmail.reach.finding import Finding
from graphmail.reach.sources import Consent, Sources
from graphmail.resources.access_policies import RESTRICT
from graphmail.resources.exo_management_role_assignment import EVERYWHERE, PREFIX, assignment_place
from graphmail.resources.permissions import GRAPH
from graphmail.resources.roles_elsewhere import holds_elsewhere

EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
DENY = "DenyAccess"
EVERY_MAILBOX = "every mailbox of the tenant"
# What of Graph opens mailboxes; policies limit the first four kinds only.
LIMITED = ("Mail.", "MailboxSettings.", "Calendars.", "Contacts.")
UNLIMITED = ("MailboxItem.", "MailboxFolder.", "Mail-Advanced.")
MAILBOX_TYPES = ("UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox")


def detect(model: AccessModel, sources: Sources) -> list[Finding]:
    """All findings, the widest first. Pure."""
    return [
        *_administration(sources),
        *_consents(model, sources),
        *_assignments(sources),
        *_policies(model, sources),
        *_group(model, sources),
    ]


def _administration(sources: Sources) -> Iterator[Finding]:
    """Who may administer may open any mailbox to itself."""
    for name in sources.directory_roles:
        what = f"The app holds the directory role {name}"
        yield Finding("directory_role", what, "whatever that role opens to itself", "take the role away in Entra")
    for row in sources.assignments:
        if not str(row.get("Role", "")).startswith(PREFIX):
            what = f"Exchange assigns the management role {row.get('Role')} to the app ({row.get('Name')})"
            repair = f"Remove-ManagementRoleAssignment '{row.get('Name')}'"
            yield Finding("management_role", what, "whatever that role opens to itself", repair)


def _consents(model: AccessModel, sources: Sources) -> Iterator[Finding]:
    restricted = any(policy.get("AccessRight") == RESTRICT for policy in sources.policies)
    for consent in sources.consents:
        named = f"Entra consents to {consent.role} of {consent.resource_name}"
        if consent.resource == EXCHANGE:
            yield Finding(
                "consent_of_exchange",
                f"{named}, outside Graph",
                EVERY_MAILBOX if not _limited_by_policy(consent) or not restricted else "what the policies leave",
                f"revoke {consent.role} in Entra",
            )
        elif consent.resource == GRAPH and consent.role.startswith(UNLIMITED):
            yield Finding("consent_unlimited", f"{named}, which no policy limits", EVERY_MAILBOX, _revoke(consent))
        elif consent.resource == GRAPH and consent.role.startswith(LIMITED) and consent.role not in model.consented:
            yield Finding(
                "consent_beside_scope" if not model.consented else "consent_beyond",
                named,
                "what the policies leave" if restricted else EVERY_MAILBOX,
                _revoke(consent),
            )
        elif consent.role not in model.consented or consent.resource != GRAPH:
            reaches = "more than mail asks for; rights to administer can open any mailbox"
            yield Finding("consent_beyond", named, reaches, _revoke(consent))
    if model.consented and _mail(sources.consents) and not restricted:
        yield Finding(
            "no_policy",
            "Entra consents to mail, and no access policy restricts it",
            EVERY_MAILBOX,
            "run onboard.yml, which makes the policy; until then disable the app if it must not wait",
        )


def _limited_by_policy(consent: Consent) -> bool:
    """Policies limit Exchange's own `full_access_as_app` (EWS), and none of its other permissions."""
    return consent.role == "full_access_as_app"


def _mail(consents: Iterable[Consent]) -> bool:
    return any(c.resource == GRAPH and c.role.startswith("Mail.") for c in consents)


def _revoke(consent: Consent) -> str:
    return f"revoke {consent.role} in Entra; onboard.yml does"


def _assignments(sources: Sources) -> Iterator[Finding]:
    for row in sources.assignments:
        if not holds_elsewhere(row, sources.group_row, sources.group):
            continue
        place = assignment_place(row, sources.group_row)
        named = f"Exchange assigns {row['Role']} on {place} ({row['Name']})"
        everywhere = place == EVERYWHERE
        yield Finding(
            "assignment_unscoped" if everywhere else "assignment_elsewhere",
            named,
            EVERY_MAILBOX if everywhere else f"the mailboxes of {place}",
            f"Remove-ManagementRoleAssignment '{row['Name']}'; onboard.yml does where access is rbac",
        )


def _policies(model: AccessModel, sources: Sources) -> Iterator[Finding]:
    own: list[Row] = []
    others: list[Row] = []
    for policy in sources.policies:
        (own if _names(policy, sources) else others).append(policy)
    rights = {policy.get("AccessRight") for policy in own}
    if DENY in rights:
        both = RESTRICT in rights
        yield Finding(
            "policies_cancel_out" if both else "policy_denies_group",
            f"A policy with {DENY} names the group {sources.group!r}"
            + (f", beside one with {RESTRICT}" if both else ""),
            "none of the group's mailboxes by consent",
            "see who made it; then Remove-ApplicationAccessPolicy it",
        )
    for policy in others:
        scope = policy.get("ScopeName")
        if policy.get("AccessRight") == DENY:
            yield Finding(
                "policy_denies_others",
                f"A policy with {DENY} names {scope!r}",
                f"no member of {scope!r} by consent, also not one that is in the group",
                "see who made it and whether a connected mailbox is in it; then remove it or the mailbox",
            )
        elif _mail(sources.consents) or model.consented:
            yield Finding(
                "policy_elsewhere",
                f"A policy with {policy.get('AccessRight')} names {scope!r}",
                f"the mailboxes of {scope!r} too",
                "see who needs it; then Remove-ApplicationAccessPolicy it",
            )


def _names(policy: Row, sources: Sources) -> bool:
    scope = str(policy.get("ScopeIdentityRaw", "")).rpartition(";")[2].lower()
    identifier = str((sources.group_row or {}).get("ExternalDirectoryObjectId", "")).lower()
    return bool(identifier) and scope == identifier


def _group(model: AccessModel, sources: Sources) -> Iterator[Finding]:
    for member in sources.members:
        kind = str(member.get("RecipientTypeDetails") or member.get("RecipientType") or "")
        name = str(member.get("PrimarySmtpAddress") or member.get("Name"))
        if "Group" in kind:
            followed = "nobody in it: Exchange's roles count direct members alone" if not model.consented else (
                "perhaps everybody in it: whether policies follow groups in groups differed over the years"
            )  # fmt: skip
            yield Finding(
                "nested_group", f"The group holds another group, {name}", followed, "put its mailboxes in themselves"
            )
        elif kind and kind not in MAILBOX_TYPES:
            yield Finding(
                "member_without_mailbox", f"The group holds {name}, a {kind}", "no mailbox by it", "take it out"
            )
