"""The group that the app is confined to: gone, without a connected mailbox, or with it in a group inside."""

from __future__ import annotations

from typing import Any

from graphmail.diagnosis.cause import NO_LARGE, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts, MailboxFacts
from graphmail.diagnosis.seen import Seen


def _gone(facts: Facts) -> Proof | None:
    if facts.group.value is not None:
        return None
    return Proof(Certainty.CERTAIN, f"there is no group {facts.customer.group.name!r}", (facts.group,))


def _outside(facts: Facts) -> list[MailboxFacts]:
    """Connected mailboxes that exist, are not in the group itself, and are denied."""
    if facts.group.value is None:
        return []
    boxes = [box for box in facts.mailboxes if box.recipient.value and not facts.member(box)]
    return [box for box in boxes if not box.tested.read or box.tested.value.plane != "Granted"]


def _member_missing(facts: Facts) -> Proof | None:
    outside = _outside(facts)
    if not outside or facts.inner_groups:
        return None
    names = ", ".join(box.address for box in outside)
    certain = all(box.tested.read for box in outside)
    calls: tuple[Seen[Any], ...] = (facts.members, *(box.tested for box in outside))
    return Proof(Certainty.CERTAIN if certain else Certainty.LIKELY, f"not in the group: {names}", calls)


def _nested(facts: Facts) -> Proof | None:
    outside = _outside(facts)
    if not outside or not facts.inner_groups:
        return None
    names, inner = ", ".join(box.address for box in outside), ", ".join(facts.inner_groups)
    found = f"{names}: not in the group itself, which holds another group ({inner}); only direct members count"
    return Proof(Certainty.CERTAIN, found, (facts.members, *(box.tested for box in outside)))


GROUP_MISSING = Cause(
    name="group_missing",
    title="The group is gone",
    healthy="The group of the connected mailboxes is there",
    signs="Get-DistributionGroup by the inventory's name",
    next_step="ask the customer who removed it; operations run onboard.yml, which makes group and policy anew",
    explains=NO_LARGE,
    judge=_gone,
)
MEMBER_MISSING = Cause(
    name="member_missing",
    title="A connected mailbox is not in the group",
    healthy="Every connected mailbox is in the group",
    signs="the group's members; Exchange's own test of that mailbox",
    next_step="ask the group's owner whether it was taken out on purpose; onboard.yml puts it back",
    explains=NO_LARGE,
    judge=_member_missing,
)
NESTED_MEMBER = Cause(
    name="nested_member",
    title="A connected mailbox is only in a group inside the group",
    healthy="No connected mailbox is in the group by way of another group alone",
    signs="the group's members: a group, and not the mailbox; Exchange's own test",
    next_step="operations run onboard.yml, which puts the mailbox itself into the group",
    explains=NO_LARGE,
    judge=_nested,
)
