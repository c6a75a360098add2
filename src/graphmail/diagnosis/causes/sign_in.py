"""The sign-in: stopped by the tenant's policies, or tried at the wrong tenant or cloud."""

from __future__ import annotations

from graphmail.diagnosis.cause import NO_LARGE, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts
from graphmail.errors import TokenError, WrongTenant

# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
BLOCKED = frozenset({53000, 53001, 53002, 53003, 53004, 530032, 530035, 50074, 50076, 50078, 50079})
ELSEWHERE = frozenset({90002, 900021, 900023, 90038, 900382, 900432, 500011})


def _blocked(facts: Facts) -> Proof | None:
    if not facts.codes & BLOCKED:
        return None
    code = min(facts.codes & BLOCKED)
    return Proof(
        Certainty.CERTAIN, f"Entra refuses the sign-in by a policy of the tenant (AADSTS{code})", (facts.token,)
    )


def _mistaken(facts: Facts) -> Proof | None:
    looked = (facts.token, facts.stored, facts.organization)
    wrong = [seen for seen in looked if isinstance(seen.error, WrongTenant)]
    codes = {code for s in looked if isinstance(s.error, TokenError) for code in s.error.codes}
    if wrong:
        return Proof(Certainty.CERTAIN, wrong[0].answer, tuple(wrong))
    if codes & ELSEWHERE:
        found = f"Entra knows no such tenant in this cloud (AADSTS{min(codes & ELSEWHERE)})"
        return Proof(Certainty.CERTAIN, found, (facts.token, facts.organization))
    if facts.token.value.tenant_id != facts.customer.tenant_id.lower():
        return Proof(Certainty.CERTAIN, f"the token is of tenant {facts.token.value.tenant_id}", (facts.token,))
    return None


SIGN_IN_BLOCKED = Cause(
    name="sign_in_blocked",
    title="A policy of the tenant blocks the app's sign-in",
    healthy="No policy of the tenant blocks the app's sign-in",
    signs="AADSTS53003 and its like: Conditional Access for workload identities, security defaults",
    next_step="the customer's administrator finds it in Entra, Sign-in logs, Service principal sign-ins, and exempts "
    "the app or its addresses",
    explains=NO_LARGE,
    judge=_blocked,
)
TENANT_MISTAKEN = Cause(
    name="tenant_mistaken",
    title="The tenant or the cloud is mistaken",
    healthy="Inventory, credential and tenant are about the same tenant",
    signs="AADSTS90002 and its like; the tenant's own id and initial domain; the tenant in the token",
    next_step="operations compare tenant_id, initial_domain and cloud in the inventory with the sealed credentials",
    explains=NO_LARGE,
    judge=_mistaken,
)
