"""What a tenant may hold when the first run comes: independent draws, the same for the same number."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from typing import Any, Literal

Model = Literal["application_access_policy", "rbac"]

# Of each draw, how often: what is likely in a customer's tenant, and what is hostile.
WEIGHTS: dict[str, dict[Any, int]] = {
    # none; ours by uniqueName; made by hand and in the inventory; named like ours and not in it; ours, soft-deleted
    "app": {"none": 5, "ours": 8, "adopted": 9, "look_alike": 1, "deleted": 1},
    "drifted": {False: 1, True: 1},
    "principal": {"there": 8, "absent": 2, "disabled": 2},
    "consents": {
        (): 6,
        ("Mail.Send",): 3,
        ("Mail.ReadWrite", "Mail.Send"): 5,
        ("Calendars.Read", "Mail.Read", "Mail.Send"): 3,
        ("Mail.ReadWrite", "exchange/full_access_as_app"): 2,
    },
    "secret": {"none": 5, "known": 5, "unknown": 2},
    "group": {
        "none": 6,
        "exact": 4,
        "missing": 4,
        "extra": 4,
        "drifted": 3,
        "nested": 2,
        "empty": 1,
        "distribution": 1,
        "contact": 1,
        "address": 1,
    },
    "extra_members": {"report": 1, "remove": 1},
    "policy": {"none": 8, "ours": 8, "other_group": 1, "deny_group": 1, "deny_others": 2},
    "roles": {"none": 10, "pointer": 4, "partial": 4, "whole": 4, "elsewhere": 1, "unscoped": 1},
}
GROUPS_OF_OURS = ("exact", "missing", "extra", "drifted", "nested", "empty")


@dataclass(frozen=True, slots=True)
class StartState:
    """One tenant's; the words are the keys of WEIGHTS. What cannot be without another thing is `none` without it."""

    number: int
    model: Model
    app: str
    drifted: bool
    principal: str
    consents: tuple[str, ...]
    secret: str
    group: str
    extra_members: str
    policy: str
    roles: str

    @property
    def has_app(self) -> bool:
        """Whether the customer's own app is there."""
        return self.app in ("ours", "adopted")

    @property
    def has_group(self) -> bool:
        return self.group in GROUPS_OF_OURS

    def __str__(self) -> str:
        said = [f"{f.name}={getattr(self, f.name)}" for f in fields(self) if f.name not in ("number", "model")]
        return f"{self.model} {self.number}: {' '.join(said)}"


def draw(model: Model, number: int) -> StartState:
    """The same for the same number, whichever others are drawn."""
    chance = random.Random(f"{model} {number}")
    drawn = {name: chance.choices(list(weights), list(weights.values()))[0] for name, weights in WEIGHTS.items()}
    if drawn["app"] == "none":
        drawn |= {"principal": "absent", "secret": "none"}
    if drawn["app"] != "adopted":
        # What counts as known is listed in the inventory; an app that it does not adopt has nothing there.
        drawn["secret"] = drawn["secret"] if drawn["app"] == "ours" else "none"
    if drawn["principal"] == "absent":
        drawn |= {"consents": (), "roles": "none"}
    state = StartState(number, model, **drawn)
    without_app = not state.has_app
    return StartState(
        **{f.name: getattr(state, f.name) for f in fields(state)}
        | ({"policy": "none", "roles": "none"} if without_app else {})
        | ({} if state.has_group or without_app else _without_group(state))
    )


def _without_group(state: StartState) -> dict[str, str]:
    """A policy or a role on the group needs the group."""
    return {
        "policy": "none" if state.policy in ("ours", "deny_group") else state.policy,
        "roles": "pointer" if state.roles in ("partial", "whole") else state.roles,
    }
