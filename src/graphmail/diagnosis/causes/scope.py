"""The confinement: void, so that the app reaches more than its group."""

from __future__ import annotations

from graphmail.diagnosis.cause import Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts
from graphmail.reach import Sources, detect

# Of what `detect` finds, what lets the app in; what shuts it out are causes of their own.
WIDENING = frozenset(
    {
        "consent_of_exchange",
        "consent_unlimited",
        "consent_beside_scope",
        "consent_beyond",
        "no_policy",
        "assignment_unscoped",
        "assignment_elsewhere",
        "policy_elsewhere",
    }
)


def _void(facts: Facts) -> Proof | None:
    sources = Sources(
        facts.customer.group.name,
        facts.group.value,
        facts.members.value,
        facts.consents.value,
        facts.policies.value,
        facts.assignments.value,
    )
    findings = [finding for finding in detect(facts.model, sources) if finding.kind in WIDENING]
    if not findings:
        return None
    calls = (facts.consents, facts.policies, facts.assignments)
    found = "; ".join(f"{finding.what}: it reaches {finding.reaches}" for finding in findings)
    return Proof(Certainty.CERTAIN, found, calls, "; ".join(finding.repair for finding in findings))


SCOPE_VOID = Cause(
    name="scope_void",
    title="The app reaches more than its group",
    healthy="Nothing lets the app reach beyond its group",
    signs="every source of access, as `verify_access` looks at them",
    next_step="tell operations at once",
    explains=frozenset(),
    judge=_void,
)
