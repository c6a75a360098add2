"""Offboarding killed at a request: the next run ends as one that nobody killed, and nothing is opened in between."""

from __future__ import annotations

import pytest

from tests.killed import Killer, chosen, told
from tests.states.killed import (
    Again,
    End,
    adopted,
    nothing_dead,
    nothing_lost,
    policy_outlived_tokens,
    resumed,
    state,
)
from tests.states.snapshot import taken
from tests.sweep import sampled

POLICY, RBAC = "application_access_policy", "rbac"
STATES = [
    state(1, POLICY),
    state(2, RBAC),
    adopted(3, POLICY),
    adopted(4, POLICY, consents=("Mail.Send",), group="missing"),
    adopted(5, RBAC),
]


@pytest.mark.parametrize("state", sampled(STATES, STATES[3]), ids=str)
def test_the_next_run_ends_as_an_uninterrupted_one(state, customer_of, monkeypatch):
    again = Again(customer_of, state)
    customer = again.onboarded()
    offboard = {"offboard": customer.entry.name}
    killer = Killer(monkeypatch)
    points = killer.points_of(lambda: customer.play("offboard.yml", **offboard))
    whole = End.of(customer)
    assert {verdict for _name, verdict, _observed in whole.checks} == {"passed"}
    policy_outlived_tokens(customer)

    for point in chosen(points):
        with told(point):
            customer = again.onboarded()
            foreign = taken(customer.hand).foreign
            killer.kill(point, lambda customer=customer: customer.play("offboard.yml", **offboard))
            nothing_lost(customer)
            resumed(customer, point)

            assert customer.play("offboard.yml", **offboard) == ""

            assert End.of(customer) == whole
            assert taken(customer.hand).foreign == foreign
            nothing_lost(customer)
            nothing_dead(customer)
            policy_outlived_tokens(customer)
