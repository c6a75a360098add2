"""After an offboarding: what was made here is gone, what was there is as it was, and all can be made once more."""

from __future__ import annotations

from tests.states.customer import CustomerOf
from tests.states.leftovers import Leftover, after_leave, after_restore
from tests.states.snapshot import Snapshot, differences, taken


def offboarded_and_back(customer: CustomerOf, start: Snapshot, *, migrated: bool = False) -> None:
    """Put the start back, at once or after an offboarding that leaves what would give access; and onboard again."""
    if customer.state.number % 2 == 0:
        left = after_leave(customer.state, migrated=migrated)
        _offboard(customer, start, "leave", left)
        told = "\n".join(customer.warnings)
        assert all(leftover.told in told for leftover in left), told
        _silent(customer, "leave")
    _offboard(customer, start, "restore", after_restore(customer.state, migrated=migrated))
    _silent(customer, "restore")

    customer.with_access(customer.state.model)  # what was consented before is there again
    assert customer.play("onboard.yml") == ""
    customer.hand.settle()
    assert (customer.play("onboard.yml"), customer.changed) == ("", [])
    members = dict.fromkeys(customer.names.members, True)
    assert {address: reached for address, reached in customer.reached().items() if address in members} == members


def _offboard(customer: CustomerOf, start: Snapshot, adopted: str, expected: list[Leftover]) -> None:
    """Ours and everybody else's are as they were, but for what the oracle says."""
    assert customer.play("offboard.yml", offboard=customer.entry.name, offboard_adopted=adopted) == ""
    customer.hand.settle()
    after = taken(customer.hand)
    assert after.foreign == start.foreign
    found = differences(start, after)
    found = {"deleted " if name.startswith("deleted ") else name: differ for name, differ in found.items()}
    assert found.keys() == {leftover.name(customer.names) for leftover in expected}, found
    for leftover in expected:
        assert found[leftover.name(customer.names)] <= set(leftover.properties), found


def _silent(customer: CustomerOf, adopted: str) -> None:
    written = customer.writes
    said = customer.play("offboard.yml", offboard=customer.entry.name, offboard_adopted=adopted)
    assert (said, customer.changed) == ("", [])
    assert customer.writes == written
