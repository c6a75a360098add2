"""Onboarding killed at a request: the next run ends as one that nobody killed, and no credential is lost or dead."""

from __future__ import annotations

import pytest

from tests.killed import Killer, chosen, told
from tests.states.killed import Again, End, nothing_dead, nothing_lost, resumed, secrets, state
from tests.states.snapshot import taken

POLICY, RBAC = "application_access_policy", "rbac"
STATES = [state(1, POLICY), state(2, RBAC)]


def confined(customer):
    """No consent without a policy, at any moment."""
    own = {name.split()[0] for name in taken(customer.hand).own}
    assert "consent" not in own or "policy" in own


@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_next_run_ends_as_an_uninterrupted_one(state, customer_of, monkeypatch):
    again = Again(customer_of, state)
    customer = again()
    killer = Killer(monkeypatch)
    points = killer.points_of(lambda: customer.play("onboard.yml"))
    customer.hand.settle()
    whole = End.of(customer)
    outside = customer.names.outside
    assert whole.reached == (*((address, True) for address in customer.names.members), (outside, False))

    for point in chosen(points, others=3):
        with told(point):
            customer = again()
            foreign = taken(customer.hand).foreign
            killer.kill(point, lambda customer=customer: customer.play("onboard.yml"))
            nothing_lost(customer)
            confined(customer)
            resumed(customer, point)

            assert customer.play("onboard.yml") == ""

            nothing_lost(customer)
            nothing_dead(customer)
            assert len(secrets(customer)) == 1
            assert taken(customer.hand).foreign == foreign
            customer.hand.settle()
            assert End.of(customer) == whole
            assert (customer.play("onboard.yml"), customer.changed) == ("", [])
