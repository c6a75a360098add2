"""Rotation killed at a request, with half a line in the journal, or at a sealed file: the next run ends as any other.

One credential after the other in one tenant, one for each point: its whole timeline is judged, not its end alone.
"""

from __future__ import annotations

import pytest

from tests.killed import WHICH, Killer, chosen, told
from tests.states.killed import state
from tests.states.rotated import ADDRESS, Rotated, mails
from tests.sweep import sampled

POLICY, RBAC = "application_access_policy", "rbac"
STATES = [state(1, POLICY), state(2, RBAC), state(3, RBAC), state(4, POLICY)]
KINDS = {STATES[0]: ("secret", "file"), STATES[1]: ("certificate", "file")}
KINDS |= {STATES[2]: ("secret", "mail"), STATES[3]: ("certificate", "mail")}


@pytest.mark.parametrize(
    "state", STATES if WHICH else sampled(STATES, *STATES[1:3]), ids=lambda state: "-".join(KINDS[state])
)
def test_the_next_run_ends_as_an_uninterrupted_one(state, customer_of, monkeypatch):
    kind, delivery = KINDS[state]
    rotated = Rotated(customer_of(state), kind=kind)
    rotated.want(handover={"delivery": delivery, "address": ADDRESS})
    old = rotated.onboard()
    killer = Killer(monkeypatch, disk=True)
    points = killer.points_of(lambda: rotated.through(old))
    (old,) = rotated.on_the_app

    # A mail that went and was not written down is the one that could go twice.
    mailed = [point for point in points if point.after and "sendMail" in point.asked]
    sample = list(dict.fromkeys([*mailed, *chosen(points, others=3)]))
    for number, point in enumerate(sample):
        with told(point):
            killer.kill(point, lambda old=old: rotated.through(old))
            rotated.nothing_lost()
            if number % 2:
                rotated.customer.hand.settle()

            new = rotated.through(old)

            assert new != old
            assert set(rotated.on_the_app) == {new}
            rotated.nothing_lost()
            rotated.nothing_dead()
            assert rotated.rotate(old) == "nothing"
            old = new
    replaced = rotated.without_a_gap()
    assert replaced > len(sample)
    sent = mails(rotated)
    assert len(sent) == len(set(sent))
    assert bool(sent) == (delivery == "mail")
