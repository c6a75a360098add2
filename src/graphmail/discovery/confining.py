"""Which groups confine an app, what else does, and a new group where none can be taken over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graphmail.discovery.draft import Draft
from graphmail.exchange import Row
from graphmail.reach import Sources
from graphmail.reach.sources import EVERY_APP
from graphmail.resources.access_policies import RESTRICT
from graphmail.resources.exo_management_role_assignment import EVERYWHERE, assignment_place
from graphmail.resources.group_uses import SCOPES
from graphmail.tenant import Tenant

ASSIGNED = (
    "; a role works beside every policy: with access rbac onboard.yml replaces it by one on the group, "
    "otherwise remove it in Exchange"
)


@dataclass(frozen=True, slots=True)
class Confining:
    """`groups` are named by policies and role assignments, each once; `elsewhere` says what else is named instead."""

    groups: list[Row]
    elsewhere: list[str]

    @classmethod
    def of(cls, tenant: Tenant, sources: Sources, groups: Sequence[Row]) -> Confining:
        """`groups` are all of the tenant."""
        found: dict[str, Row] = {}
        elsewhere: list[str] = []
        by_id = {str(row.get("ExternalDirectoryObjectId", "")).lower(): row for row in groups}
        for policy in sources.policies:
            if policy.get("AccessRight") != RESTRICT or policy.get("AppId") == EVERY_APP:
                continue
            row = by_id.get(str(policy.get("ScopeIdentityRaw", "")).rpartition(";")[2].lower())
            if row:
                found[str(row["Guid"])] = row
            else:
                elsewhere.append(_gone(policy))
        filters: dict[str, str] | None = None
        for assignment in sources.assignments:
            row = next((r for r in groups if assignment_place(assignment, r) == str(r["Name"])), None)
            if row and assignment.get("RecipientWriteScope") == "Group":
                found[str(row["Guid"])] = row
                continue
            place = assignment_place(assignment, None)
            if place == EVERYWHERE:
                place = "no scope at all, so it opens every mailbox"
            else:
                filters = _filters(tenant) if filters is None else filters
                rule = filters.get(str(assignment.get("CustomResourceScope") or "").lower(), "")
                place = f"the scope {place}" + (f", the mailboxes of the filter {rule}" if rule else "")
            elsewhere.append(f"the role assignment {assignment['Name']!r} has {place}{ASSIGNED}")
        return cls(list(found.values()), elsewhere)


def _gone(policy: Row) -> str:
    return (
        f"an access policy names {policy.get('ScopeName')!r}, which is no distribution group of this tenant: it was "
        "deleted, so the app reaches no mailbox by it; onboard.yml stops while it is there: "
        f"Remove-ApplicationAccessPolicy -Identity '{policy.get('Identity')}' removes it, and "
        "opens every mailbox to an app with consent, so disable the app until onboard.yml has run"
    )


def _filters(tenant: Tenant) -> dict[str, str]:
    """What each management scope takes in, by its name."""
    (answer,) = tenant.exchange.batch([SCOPES])
    rows = [] if answer.missing else answer.value()
    return {str(row.get("Name", "")).lower(): str(row.get("RecipientFilter") or "") for row in rows}


def same_name(groups: Sequence[Row], name: str) -> list[Row]:
    return [row for row in groups if str(row.get("Name", "")).lower() == name.lower()]


def draft_new_group(draft: Draft, name: str, others: Sequence[Row], groups: Sequence[Row], domain: str) -> Row | None:
    """None of `others` can be taken over, so another group is proposed; of a single one it has the people.

    Answers that one, whose owners and members are the entry's.
    """
    for other in others:
        kind = other.get("RecipientTypeDetails")
        draft.doubt("group.name", f"{other['Name']!r} is a {kind}, which no onboarding takes over")
    row = others[0] if len(others) == 1 else None
    address = _free_address(name, groups, str((row or {}).get("PrimarySmtpAddress", "")).partition("@")[2] or domain)
    draft.decide("group.name", _free_name(name, groups))
    what = "no group that can be taken over; onboard.yml makes one, and leaves what is there"
    choices = "; ".join(f"{other['Name']} <{other['PrimarySmtpAddress']}>" for other in others)
    draft.leave("group.address", what, choices and f"any address that is free; there is {choices}", proposal=address)
    return row


def _free_name(name: str, groups: Sequence[Row]) -> str:
    taken = {str(row.get(n, "")).lower() for row in groups for n in ("Name", "DisplayName", "Alias")}
    names = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(free for free in names if free.lower() not in taken)


def _free_address(name: str, groups: Sequence[Row], domain: str) -> str:
    local = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "mailboxes"
    taken = {str(row.get("PrimarySmtpAddress", "")).lower() for row in groups}
    numbers = ("", *(f"-{number}" for number in range(2, len(taken) + 3)))
    return next(free for free in (f"{local}{number}@{domain}" for number in numbers) if free not in taken)
