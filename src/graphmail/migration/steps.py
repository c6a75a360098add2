"""The migration as data: which steps there are, in which order, what each waits for, and where a red one leads.

Microsoft's order (https://learn.microsoft.com/exchange/permissions-exo/application-rbac, "Migrating"): roles,
then consent, then policy. In between stands what makes it hold:

* While Entra consents, it masks Exchange's roles, and the test does not use the cache. So after the roles are made
the longest time that they may stay unseen is waited out before consent goes.
* A token keeps the permissions of the moment when it was issued, and only the policy confines those. So the policy
stays until the last token of the time with consent has expired.
* On the way back a policy that was removed acts again before consent is given again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Route = Literal["forward", "back_from_roles", "back_from_consent", "back_from_policy"]
# Options of the module that say how long a hold is, in seconds.
Hold = Literal["cache_time", "token_lifetime"]


@dataclass(frozen=True, slots=True)
class Step:
    """`does` says what it changes, `proves` what must be so before the next one; a hold only waits.

    `red` is the way back from here; empty on a way back, where a red step is tried again by the next run. `signs_in`
    says that the proof needs the app's credential.
    """

    name: str
    does: str = ""
    proves: str = ""
    hold: Hold | None = None
    waits_for: str = ""
    red: Route | None = None
    signs_in: bool = False


_ROLES = "everything that Exchange remembers of the app's rights to be as old as the roles"

FORWARD = (
    Step("grant", does="Exchange's service principal and the roles on the group", red="back_from_roles"),
    Step("test", proves="Exchange's test: members granted, the outside mailbox denied", red="back_from_roles"),
    Step("hold", hold="cache_time", waits_for=_ROLES, red="back_from_roles"),
    Step("revoke", does="consent in Entra taken away", proves="the test once more, before", red="back_from_consent"),
    Step("prove", proves="both planes, with a token without any Mail.* role", red="back_from_consent", signs_in=True),
    Step(
        "outlast",
        hold="token_lifetime",
        waits_for="the last tokens with the old permissions to expire",
        red="back_from_consent",
    ),
    Step("unrestrict", does="the policy removed", proves="nobody consented again, before", red="back_from_policy"),
    Step("settle", hold="cache_time", waits_for="the removal of the policy to act", red="back_from_policy"),
    Step("prove_again", proves="both planes, and no other source of access", red="back_from_policy", signs_in=True),
)

_PROVE_BEFORE = Step("prove_before", proves="both planes, as it was before", signs_in=True)
_BACK_FROM_ROLES = (Step("withdraw", does="the roles made here taken away"), _PROVE_BEFORE)
_BACK_FROM_CONSENT = (
    Step("consent", does="consent in Entra as it was", proves="the policy is there, before"),
    Step("prove_consent", proves="both planes, with a token that carries the old roles", signs_in=True),
    Step("outlast_back", hold="token_lifetime", waits_for="the last tokens without the old permissions to expire"),
    Step("withdraw", does="the roles made here taken away"),
    Step("fade", hold="cache_time", waits_for="Exchange to forget the roles"),
    _PROVE_BEFORE,
)
_BACK_FROM_POLICY = (
    Step("restrict", does="consent of anybody else's taken away while nothing confines it; the policy made again"),
    Step("act", hold="cache_time", waits_for="the policy to act again, before anybody consents"),
    *_BACK_FROM_CONSENT,
)

ROUTES: dict[Route, tuple[Step, ...]] = {
    "forward": FORWARD,
    "back_from_roles": _BACK_FROM_ROLES,
    "back_from_consent": _BACK_FROM_CONSENT,
    "back_from_policy": _BACK_FROM_POLICY,
}


def step_of(route: Route, name: str) -> Step:
    return next(step for step in ROUTES[route] if step.name == name)


def after(route: Route, name: str) -> Step | None:
    """The step after it; None at the route's end."""
    names = [step.name for step in ROUTES[route]]
    number = names.index(name) + 1
    return ROUTES[route][number] if number < len(names) else None
