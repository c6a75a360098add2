"""RBAC for Applications: Exchange's own roles of the app are missing, disabled, or hold elsewhere."""

from __future__ import annotations

from graphmail.access_models import MAIL_ROLES
from graphmail.diagnosis.cause import ALL, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts
from graphmail.resources.exo_management_role_assignment import EVERYWHERE, PREFIX, assignment_place, shown_assignment

# https://learn.microsoft.com/exchange/permissions-exo/application-rbac
COMPOSITE = frozenset({"Mail Full Access", "Exchange Full Access"})


def _grants(role: str) -> frozenset[str]:
    name = role.removeprefix(PREFIX)
    return MAIL_ROLES if name in COMPOSITE else MAIL_ROLES & {name}


def _missing(facts: Facts) -> Proof | None:
    if facts.model.consented or (facts.principal.read and facts.principal.got is None):
        return None
    calls = (facts.pointer, facts.assignments)
    if facts.pointer.value is None:
        return Proof(Certainty.CERTAIN, "the app has no service principal in Exchange, so it holds no roles", calls)
    group, name = facts.group.value, facts.customer.group.name.lower()
    held: frozenset[str] = frozenset()
    for row in facts.assignments.value:
        acts = row.get("Enabled", True) in (True, "True")
        if acts and assignment_place(row, group).lower() in (name, EVERYWHERE):
            held |= _grants(str(row["Role"]))
    lacking = sorted(MAIL_ROLES - held)
    if not lacking or group is None:  # without the group nothing can hold in it: that is another cause
        return None
    there = "; ".join(shown_assignment(row, group) for row in facts.assignments.value) or "none"
    found = f"no role lets the app use {' and '.join(lacking)} in the group's mailboxes; it holds: {there}"
    return Proof(Certainty.CERTAIN, found, calls)


ROLES_MISSING = Cause(
    name="roles_missing",
    title="Exchange's roles for the app are missing, disabled or hold elsewhere",
    healthy="Exchange's roles let the app into its group, where the access model is RBAC",
    signs="the app's service principal in Exchange; its role assignments with scope and `Enabled`",
    next_step="operations run onboard.yml for this customer: it assigns them anew",
    explains=ALL,
    judge=_missing,
)
