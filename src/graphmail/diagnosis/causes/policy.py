"""The application access policy: it denies a connected mailbox."""

from __future__ import annotations

from typing import Any

from graphmail.diagnosis.cause import NO_LARGE, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts
from graphmail.diagnosis.seen import Seen
from graphmail.reach.detect import DENY

ACCESS_DENIED = "ErrorAccessDenied"


def _denies(facts: Facts) -> Proof | None:
    if not facts.model.consented or facts.group.value is None:
        return None
    shut = [b for b in facts.mailboxes if b.recipient.value and b.tested.value.plane == "Denied" and facts.member(b)]
    if not shut:
        return None
    policies = facts.policies.value
    denying = [str(p.get("ScopeName")) for p in policies if p.get("AccessRight") == DENY]
    names = ", ".join(box.address for box in shut)
    if denying:
        found = f"a policy with {DENY} names {', '.join(map(repr, denying))}; Exchange denies {names}"
        remedy = "see who made it; then Remove-ApplicationAccessPolicy it"
    else:
        others = ", ".join(repr(str(p.get("ScopeName"))) for p in policies) or "nothing"
        found = f"{names}: in the group, and denied; the app's policies name {others}"
        remedy = "operations run onboard.yml, which makes the group's policy; then see who needs the others"
    return Proof(Certainty.CERTAIN, found, (facts.policies, facts.members, *(b.tested for b in shut)), remedy)


def _not_acting(facts: Facts) -> Proof | None:
    if facts.codes or facts.model.consented - facts.token.value.roles:
        return None
    refused = [box for box in facts.mailboxes if box.answered(ACCESS_DENIED)]
    shut = [box for box in refused if box.tested.value.plane == "Granted"]
    if not shut:
        return None
    names = ", ".join(box.address for box in shut)
    calls: list[Seen[Any]] = []
    for box in shut:
        calls.append(box.tested)
        calls.extend(box.answered(ACCESS_DENIED))
    return Proof(Certainty.CERTAIN, f"{names}: Exchange's own test grants, and Graph still refuses", tuple(calls))


POLICY_DENIES = Cause(
    name="policy_denies",
    title="An access policy denies a connected mailbox",
    healthy="The access policies let the app into every member of its group",
    signs="Exchange's own test of a mailbox that is in the group; the app's policies, `DenyAccess` and their groups",
    next_step="operations compare the app's policies with the inventory",
    explains=NO_LARGE,
    judge=_denies,
)
NOT_ACTING_YET = Cause(
    name="not_acting_yet",
    title="A change of policy, roles or group does not act yet",
    healthy="Graph acts as Exchange's own test says",
    signs="Exchange's test says Granted, Graph answers 403 with a token that carries all it needs: its cache",
    next_step="wait: minutes as a rule, up to two hours; change nothing meanwhile, and run this again with `max_wait`",
    explains=NO_LARGE,
    judge=_not_acting,
    passing=True,
)
