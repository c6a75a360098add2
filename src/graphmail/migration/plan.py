"""Whether a customer is to be migrated, where that begins, what it would change, and what stands in its way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphmail.access_models import MAIL_ROLES
from graphmail.migration.standing import Standing
from graphmail.reach.detect import LIMITED, UNLIMITED
from graphmail.resource import Plan
from graphmail.resources.access_policies import RESTRICT
from graphmail.resources.exo_management_role_assignment import PREFIX

CMDLETS = (
    "Get-ServicePrincipal",
    "New-ServicePrincipal",
    "Remove-ServicePrincipal",
    "Get-ManagementRoleAssignment",
    "New-ManagementRoleAssignment",
    "Remove-ManagementRoleAssignment",
    "Test-ServicePrincipalAuthorization",
    # … and for the way back.
    "New-ApplicationAccessPolicy",
    "Remove-ApplicationAccessPolicy",
)


def roles_on(group: str) -> list[str]:
    """What the app has in the end, as `shown_assignment` says it."""
    return sorted(f"{PREFIX}{role} on {group}" for role in MAIL_ROLES)


def first_step(standing: Standing | None, group: str) -> str:
    """Where the migration begins; empty where there is nothing to migrate.

    Consent that is gone already, beside roles and a policy, is a migration whose state was lost: it begins in the
    middle, where tokens with the old permissions may still be about.
    """
    if standing is None:
        return ""
    if _opening(standing):
        return "grant"
    whole = set(roles_on(group)) <= set(standing.assignments.values())
    return "prove" if standing.policy and whole else ""


def _opening(standing: Standing) -> list[str]:
    """Consents that open mailboxes."""
    return [name for name in standing.consents if name.startswith(LIMITED + UNLIMITED) or "/" in name]


def difference(standing: Standing, group: str) -> Plan:
    """What the whole migration changes. No ids, so that a check and the run say the same."""
    before: dict[str, Any] = {
        "consents": list(standing.consents),
        "policies": [f"{RESTRICT} for {group!r}"] if standing.policy else [],
        "service_principal_of_exchange": standing.pointer,
        "assignments": sorted(standing.assignments.values()),
    }
    after = {
        "consents": [],
        "policies": [],
        "service_principal_of_exchange": True,
        "assignments": sorted({*standing.assignments.values(), *roles_on(group)}),
    }
    changed = [name for name in before if before[name] != after[name]]
    return Plan("update", {n: before[n] for n in changed}, {n: after[n] for n in changed})


def obstacles(standing: Standing, group: str, organization: Mapping[str, Any], allowed: frozenset[str]) -> list[str]:
    """Everything that stops this customer before anything is written, each with what to do."""
    return [*_tenant(organization, allowed), *_group(standing, group), *_access(standing, group)]


def _tenant(organization: Mapping[str, Any], allowed: frozenset[str]) -> Iterator[str]:
    if organization.get("IsDehydrated") in (True, "True"):
        yield (
            "The organization was never customized, so Exchange refuses role assignments. To do: run "
            "Enable-OrganizationCustomization once in Exchange and wait an hour; it cannot be undone"
        )
    if missing := [cmdlet for cmdlet in CMDLETS if cmdlet not in allowed]:
        yield (
            f"Exchange does not let the admin app run {', '.join(missing)}. To do: assign the Entra role Exchange "
            "Administrator to the admin app's enterprise application; it takes minutes"
        )


def _group(standing: Standing, group: str) -> Iterator[str]:
    if not standing.group:
        yield f"There is no group {group!r} in Exchange. To do: correct the name, or run onboard.yml"
    elif not standing.members:
        yield (
            f"The group {group!r} reads as empty. That is unreadable, not 'no mailboxes'. To do: see whether it has "
            "members in Exchange; then run again"
        )
    for name in standing.nested:
        yield (
            f"The group {group!r} holds another group, {name}. Exchange's roles count direct members alone, so its "
            f"mailboxes would be shut out. To do: put them into {group!r} themselves, list them as mailboxes, and take "
            f"{name} out"
        )


def _access(standing: Standing, group: str) -> Iterator[str]:
    for policy in standing.others:
        if "Deny" in policy:
            yield (
                f"A policy with {policy} names this app. It is a list of mailboxes to stay out of, which Exchange's "
                "roles cannot say, so it is not converted. To do: see who made it and why; then remove it in Exchange"
            )
        else:
            yield (
                f"A policy with {policy} opens more mailboxes to the app than those of {group!r}, and they would be "
                "shut. To do: see who needs it; put the mailboxes into the group, and remove it in Exchange"
            )
    if _opening(standing) and not standing.policy:
        yield (
            f"Nothing confines the app's consent: no policy with {RESTRICT} for {group!r}. To do: run onboard.yml with "
            "access: application_access_policy first, or revoke the consent in Entra if nobody uses the app"
        )
    for name in (name for name in standing.consents if "/" in name):
        yield (
            f"Entra consents to {name}, which this program could not give back on the way back. To do: see who needs "
            "it; then revoke it in Entra"
        )
    wanted = roles_on(group)
    for name, shown in standing.assignments.items():
        if shown not in wanted:
            yield (
                f"Exchange has assigned {shown} to the app ({name}), which was not made here. To do: see who needs it; "
                f"then Remove-ManagementRoleAssignment {name!r}"
            )
