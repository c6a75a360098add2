"""After an offboarding: what was made here is gone, what was there before is there, and all can be made once more."""

from __future__ import annotations

from tests.states.customer import CustomerOf
from tests.states.snapshot import Snapshot, taken


def offboarded_and_back(customer: CustomerOf, start: Snapshot) -> None:
    """Offboard, compare with the state before the first run, and onboard again."""
    onboarded = taken(customer.hand)
    assert customer.play("offboard.yml", offboard=customer.entry.name) == ""
    after = taken(customer.hand)
    assert after.foreign == start.foreign
    made = onboarded.own.keys() - start.own.keys()
    lost = {name for name in onboarded.own.keys() - after.own.keys() if name not in made}
    assert lost == set(), "not made here, and gone"
    left = {name for name in made & after.own.keys() if not name.startswith("deleted ")}
    told = "\n".join(customer.warnings)
    assert not left or "Left alone" in told, left
    if not start.own:
        assert left == set()
        assert {name.split()[0] for name in after.own} <= {"deleted"}
    written = customer.writes
    assert (customer.play("offboard.yml", offboard=customer.entry.name), customer.changed) == ("", [])
    assert customer.writes == written

    assert customer.play("onboard.yml") == ""
    customer.hand.settle()
    assert (customer.play("onboard.yml"), customer.changed) == ("", [])
    members = dict.fromkeys(customer.names.members, True)
    assert {address: reached for address, reached in customer.reached().items() if address in members} == members
