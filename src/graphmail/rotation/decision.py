"""What is to be done next, and why: a pure decision over where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from graphmail.customers.span import Lifetime
from graphmail.rotation.standing import Credential, Standing

Step = Literal["nothing", "add", "prove", "hand_over", "awaiting_receipt", "grace", "remove", "prove_removed"]


# What the vendor needs, before a proof about one that it has no more: that may never come to an end.
URGENT = frozenset({"add", "prove", "hand_over"})


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the inventory and the operator want. `replace` are key ids to be replaced now, due or not."""

    rotate_before: Lifetime
    grace: Lifetime | None
    replace: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Decision:
    """`about` is the credential that the step works on, `replaces` the one that it shall take the place of."""

    step: Step
    why: str
    about: Credential | None = None
    replaces: Credential | None = None
    until: datetime | None = None


def decide(standing: Standing, wishes: Wishes, now: datetime, *, proved: bool) -> Decision:
    """`proved` is whether a fresh green access proof is about the newest credential.

    At most two live; the older one goes only when the newer one was proved, delivered and acknowledged, and the time
    that the vendor has to change over is past.
    """
    decision = _next(standing, wishes, now, proved=proved)
    if standing.removed and decision.step not in URGENT:
        gone = standing.removed[0]
        return Decision("prove_removed", f"credential {gone.key_id} was taken back and not yet seen refused", gone)
    return decision


def _next(standing: Standing, wishes: Wishes, now: datetime, *, proved: bool) -> Decision:
    if not standing.live:
        return Decision("nothing", "no live credential was made here: run onboard.yml")
    newest, *older = standing.live
    if not older and standing.gone and newest.delivered and newest.acknowledged:
        gone = standing.gone[-1]
        return Decision("remove", f"credential {gone.key_id} is gone from the app and was never taken back", gone, gone)
    if not older:
        return _one(newest, wishes, now)
    old = older[-1]
    if newest.ended(now):
        return _ended(newest, old, now)
    if newest.lost and newest.key_id in wishes.replace and newest.acknowledged is None:
        return Decision("remove", f"nobody can prove or deliver credential {newest.key_id} any more", newest, newest)
    if not newest.delivered:
        if not proved:
            return Decision("prove", f"credential {newest.key_id} is new and not proved", newest, old)
        return Decision("hand_over", f"credential {newest.key_id} is proved and not delivered", newest, old)
    if newest.acknowledged is None:
        return Decision("awaiting_receipt", f"the vendor has not acknowledged credential {newest.key_id}", newest, old)
    until = wishes.grace.end(newest.acknowledged) if wishes.grace else newest.acknowledged
    if now < until:
        why = f"the vendor has until {until:%Y-%m-%d %H:%M} UTC to change over to credential {newest.key_id}"
        return Decision("grace", why, newest, old, until)
    return Decision("remove", f"credential {newest.key_id} has taken its place", old, old)


def under_way(standing: Standing, wishes: Wishes, now: datetime) -> bool:
    """Whether two are live on purpose: the vendor has not got the new one, or still has time to change over."""
    step = decide(standing, wishes, now, proved=False).step
    return len(standing.live) > 1 and step in ("prove", "hand_over", "awaiting_receipt", "grace")


def _one(only: Credential, wishes: Wishes, now: datetime) -> Decision:
    if only.key_id in wishes.replace:
        return Decision("add", f"credential {only.key_id} shall be replaced now", only, only)
    if only.expires and _due(only, only.expires, wishes, now):
        return Decision("add", f"credential {only.key_id} ends on {only.expires:%Y-%m-%d}", only, only)
    end = f", and ends on {only.expires:%Y-%m-%d}" if only.expires else ""
    return Decision("nothing", f"credential {only.key_id} is not due{end}", only)


def _ended(newest: Credential, old: Credential, now: datetime) -> Decision:
    """What should have taken the other's place is over itself: nothing can be proved with it any more.

    The place for a further one is made by what has ended; what still works is left.
    """
    gone = old if old.ended(now) else newest
    return Decision("remove", f"credential {gone.key_id} ended before another had taken its place", gone, gone)


def _due(only: Credential, end: datetime, wishes: Wishes, now: datetime) -> bool:
    """One whose whole life is no longer than `rotate_before` is due at half of it: else each would be due at once.

    A tenant's policy may allow no longer one.
    """
    if only.made and wishes.rotate_before.end(only.made) >= end:
        return now >= only.made + (end - only.made) / 2
    return wishes.rotate_before.end(now) >= end
