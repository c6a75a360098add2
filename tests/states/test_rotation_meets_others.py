"""Other playbooks in the middle of a rotation, while two credentials are live; and a change of the kind."""

from __future__ import annotations

import pytest

from tests.states.killed import state

POLICY, RBAC = "application_access_policy", "rbac"
STATES = [state(1, POLICY), state(2, RBAC)]
TO_CERTIFICATE = {"kind": "certificate"}


@pytest.fixture(params=["secret", "certificate"])
def midway(rotated, request):
    """The old one, which the vendor has, and the new one, not proved yet; of the kind that is asked for."""
    old = rotated.onboard()
    rotated.want(credential={"kind": request.param})
    return old, rotated.begun(old)


def delivered(rotated):
    return [path.stem for path in rotated.customer.folder.handover.glob("*.age")]


def test_onboard_changes_nothing(rotated, midway):
    assert (rotated.play("onboard.yml"), rotated.customer.changed) == ("", [])

    assert set(rotated.on_the_app) == set(midway)


def test_handover_neither_delivers_the_unproved_one_nor_the_old_one_again(rotated, midway):
    old, _new = midway

    assert f"the proof is for credential {old}" in rotated.play("handover.yml")

    assert delivered(rotated) == [old]


def test_verify_proves_the_new_one_which_is_handed_over_once(rotated, midway):
    old, new = midway

    assert rotated.play("verify.yml") == ""
    assert rotated.play("handover.yml") == ""
    assert (rotated.play("handover.yml"), rotated.customer.changed) == ("", [])

    assert delivered(rotated) == [new]
    assert rotated.rotate(old) == "awaiting_receipt"
    assert rotated.through(old) == new
    rotated.without_a_gap()


def test_drift_is_not_what_a_rotation_does(rotated, midway):
    assert rotated.play("drift.yml") == ""


def test_offboard_takes_both_back(rotated, midway):
    assert rotated.play("offboard.yml", offboard=rotated.customer.entry.name) == ""

    assert rotated.on_the_app == {}
    rotated.nothing_dead()
    assert not list(rotated.customer.folder.credentials.glob("*.age"))
    assert rotated.rotate(midway[0]) == "nothing"


def test_a_migration_goes_on_beside_it(rotated, midway):
    old, new = midway
    rotated.customer.hand.settle()
    rotated.want(access=RBAC)

    assert rotated.play("migrate.yml") == ""

    assert set(rotated.on_the_app) == {old, new}
    assert rotated.through(old) == new
    rotated.without_a_gap()


@pytest.mark.parametrize("kind", ["secret", "certificate"])
def test_where_both_ended_in_the_middle_another_is_made(rotated, kind):
    rotated.want(credential={"lifetime": "30 days", "kind": kind})
    old = rotated.onboard()
    new = rotated.begun(old)
    rotated.customer.hand.sandbox.advance(rotated.customer.names.tenant, 40 * 86400)

    third = rotated.through(old)

    assert set(rotated.on_the_app) == {third}
    assert third not in (old, new)
    assert delivered(rotated) == [third]
    rotated.nothing_dead()
    assert rotated.play("onboard.yml") == ""


def test_where_the_new_one_ended_first_another_is_made_while_the_old_one_still_works(rotated):
    old = rotated.onboard()
    rotated.want(credential={"lifetime": "30 days"})
    new = rotated.begun(old)
    rotated.customer.hand.sandbox.advance(rotated.customer.names.tenant, 40 * 86400)

    third = rotated.through(old)

    assert set(rotated.on_the_app) == {third}
    assert third != new
    assert rotated.without_a_gap() == 2


def test_another_kind_comes_by_rotation_and_the_old_one_goes(rotated):
    old = rotated.onboard()
    rotated.want(credential=TO_CERTIFICATE)

    new = rotated.through(old)

    assert set(rotated.on_the_app) == {new}
    assert rotated.customer.said["credential_rotation"]["kind"] == "certificate"
    assert rotated.play("drift.yml") == ""
    rotated.nothing_dead()
    assert rotated.without_a_gap() == 1


def test_another_kind_that_onboarding_made_takes_the_old_one_s_place_too(rotated):
    old = rotated.onboard()
    rotated.want(credential=TO_CERTIFICATE)
    assert rotated.play("onboard.yml") == ""
    rotated.customer.hand.settle()
    assert len(rotated.on_the_app) == 2

    new = rotated.through(old)

    assert set(rotated.on_the_app) == {new}
    assert rotated.without_a_gap() == 1
