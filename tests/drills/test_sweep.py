"""Each drill at each write, and at any request of an onboarding: whatever strikes, the next run ends well.

A seeded sample; GRAPHMAIL_SWEEP=all runs every drill at every write (minutes).
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from graphmail.sandbox.drills import DRILLS
from tests.drills.onboarding import Onboarding
from tests.sweep import SWEEP

WRITES: dict[str, dict[str, Any]] = {
    "app": {"service": "graph", "method": "PATCH"},
    "principal": {"service": "graph", "method": "POST", "path": "/servicePrincipals"},
    "group": {"service": "exchange", "cmdlet": "New-DistributionGroup"},
    "policy": {"service": "exchange", "cmdlet": "New-ApplicationAccessPolicy"},
    "first consent": {"service": "graph", "method": "POST", "path": "*/appRoleAssignedTo"},
    "second consent": {"service": "graph", "method": "POST", "path": "*/appRoleAssignedTo", "nth": 2},
    "secret": {"service": "graph", "method": "POST", "path": "*/addPassword"},
}
ANY = {f"request {n}": {"nth": n} for n in range(1, 119)}  # so many has an onboarding where nothing goes wrong
EVENTS = [d for d in DRILLS.values() if d.moment != "standing" and not d.name.endswith(("though_sent", "retry_after"))]
AT_WRITES = [(d.name, at) for d in EVENTS for at, how in WRITES.items() if how["service"] in d.services]
AT_ANY = [(d.name, at) for d in EVENTS for at in ANY if d.moment != "between"]


def chosen() -> list[tuple[str, str]]:
    if SWEEP:
        return AT_WRITES
    dice = Random(7)
    return [*dice.sample(AT_WRITES, 12), *dice.sample(AT_ANY, 12)]


@pytest.mark.parametrize(("name", "at"), chosen())
def test_whatever_strikes_nothing_is_made_twice_and_the_next_run_ends_well(
    onboarding: Onboarding, monkeypatch: pytest.MonkeyPatch, name: str, at: str
) -> None:
    monkeypatch.setenv("GRAPHMAIL_TIMEOUT", "0.4" if name == "hang" else "60")
    onboarding.drill(name, **(WRITES | ANY)[at])

    message = onboarding()

    assert message == "" or "To do: " in message
    onboarding.nothing_twice()
    onboarding.forget()
    if message:
        assert onboarding() == ""
    onboarding.converged()
