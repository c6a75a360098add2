"""What was there before comes back as it was, whichever request the onboarding or the offboarding died at."""

from __future__ import annotations

import pytest

from tests.killed import Killer, chosen, told
from tests.states.killed import Again, adopted, policy_outlived_tokens, resumed
from tests.states.leftovers import after_restore
from tests.states.snapshot import differences, taken
from tests.sweep import sampled

POLICY, RBAC = "application_access_policy", "rbac"
THERE = {"drifted": True, "principal": "disabled", "extra_members": "remove"}
OFFBOARDED = [
    adopted(11, POLICY, consents=("Mail.Read", "Mail.Send"), group="extra", **THERE),
    adopted(12, RBAC, group="extra", roles="elsewhere", **THERE),
]
ONBOARDED = [
    adopted(13, POLICY, consents=("Mail.Read", "Mail.Send"), group="extra", **THERE),
    adopted(14, RBAC, group="extra", roles="elsewhere", **THERE),
]
STATES = [*OFFBOARDED, *ONBOARDED]


def restore(customer):
    return customer.play("offboard.yml", offboard=customer.entry.name, offboard_adopted="restore")


def as_it_was(customer, start):
    """But for what nobody can put back; less of it where the onboarding had not come as far."""
    customer.hand.settle()
    expected = {leftover.name(customer.names): set(leftover.properties) for leftover in after_restore(customer.state)}
    for name, differ in differences(start, taken(customer.hand)).items():
        assert differ <= expected.get(name, set()), (name, differ)


@pytest.mark.parametrize("state", sampled(OFFBOARDED, OFFBOARDED[0]), ids=str)
def test_an_offboarding_that_died_is_finished_by_the_next(state, customer_of, monkeypatch):
    again = Again(customer_of, state)
    customer = again.onboarded()
    killer = Killer(monkeypatch)
    points = killer.points_of(lambda: restore(customer))

    for point in chosen(points):
        with told(point):
            customer = again()
            start = taken(customer.hand)
            assert customer.play("onboard.yml") == ""
            customer.hand.settle()
            killer.kill(point, lambda customer=customer: restore(customer))
            resumed(customer, point)

            assert restore(customer) == ""

            as_it_was(customer, start)
            policy_outlived_tokens(customer)
            assert (restore(customer), customer.changed) == ("", [])


@pytest.mark.long
@pytest.mark.parametrize("state", sampled(ONBOARDED, ONBOARDED[1]), ids=str)
def test_an_onboarding_that_died_can_be_taken_back(state, customer_of, monkeypatch):
    again = Again(customer_of, state)
    customer = again()
    killer = Killer(monkeypatch)
    points = killer.points_of(lambda: customer.play("onboard.yml"))

    for point in chosen(points):
        with told(point):
            customer = again()
            start = taken(customer.hand)
            killer.kill(point, lambda customer=customer: customer.play("onboard.yml"))
            resumed(customer, point)

            assert restore(customer) == ""

            as_it_was(customer, start)
