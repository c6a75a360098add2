"""A customer onboarded with a policy goes over to Exchange's roles, or is left as it is: generated start states."""

from __future__ import annotations

import itertools

import pytest

from tests.states.conftest import COUNT
from tests.states.offboarded import offboarded_and_back
from tests.states.oracle import migration, verdict
from tests.states.snapshot import taken
from tests.states.start_state import draw

POLICY = (draw("application_access_policy", number) for number in itertools.count(10_000))
# A customer that does not work yet is onboarded before it is migrated.
STATES = list(itertools.islice((state for state in POLICY if verdict(state).converges), COUNT or 4))


@pytest.mark.parametrize("state", STATES, ids=str)
def test_start_state(state, customer_of):
    customer, expected = customer_of(state), migration(state)
    start = taken(customer.hand)
    assert customer.play("onboard.yml") == ""
    customer.hand.settle()
    customer.with_access("rbac")
    written = customer.writes

    said = customer.play("migrate.yml")

    if expected.stops:
        assert any(words in said for words in expected.stops), said or "it did not stop"
        assert customer.writes == written
        return
    assert said == ""
    now = taken(customer.hand)
    assert now.foreign == start.foreign
    assert {name.split()[0] for name in now.own} & {"consent", "policy"} == set()
    members, outside = customer.names.members, customer.names.outside
    assert customer.reached() == dict.fromkeys(members, True) | {outside: False}
    assert customer.red().keys() == expected.red
    # The permissions that the app declares are the onboarding's, and grant nothing.
    assert (customer.play("onboard.yml"), customer.changed) == ("", ["entra_application"])
    written = customer.writes
    assert (customer.play("migrate.yml"), customer.changed) == ("", [])
    assert (customer.play("onboard.yml"), customer.changed) == ("", [])
    assert customer.writes == written
    offboarded_and_back(customer, start, migrated=True)
