"""Onboarding over generated start states: it converges, or stops and has written nothing; and nobody else notices."""

from __future__ import annotations

import pytest

from tests.states.conftest import states
from tests.states.offboarded import offboarded_and_back
from tests.states.oracle import verdict
from tests.states.snapshot import taken

STATES = [*states("application_access_policy"), *states("rbac")]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_start_state(state, customer_of):
    customer, expected = customer_of(state), verdict(state)
    start, written = taken(customer.hand), customer.writes

    said = customer.play("onboard.yml")

    if expected.stops:
        assert any(words in said for words in expected.stops), said or "it did not stop"
        assert customer.writes == written
        assert taken(customer.hand) == start
        return
    assert said == ""
    assert taken(customer.hand).foreign == start.foreign
    customer.hand.settle()
    written = customer.writes
    assert (customer.play("onboard.yml"), customer.changed) == ("", [])
    assert customer.writes == written
    members, outside = customer.names.members, customer.names.outside
    assert customer.reached() == dict.fromkeys(members, True) | {outside: False}
    assert customer.red().keys() == expected.red
    offboarded_and_back(customer, start)
