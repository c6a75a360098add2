"""Rotation where something was lost: the app, a sealed copy, a kind of credential that nobody asks for any more."""

from __future__ import annotations

from tests.states.killed import state

STATES = [state(1, "application_access_policy")]
FEDERATED = {"kind": "federated", "federated": {"issuer": "https://tokens.vendor.example", "subject": "helpdesk"}}


def app(rotated):
    found = rotated.customer.hand.graph("GET", "/applications?$top=999")["value"]
    return next(one for one in found if one["uniqueName"] == "kundo-mail")


def gone_for_good(rotated):
    hand, object_id = rotated.customer.hand, app(rotated)["id"]
    for path in (f"/applications/{object_id}", f"/directory/deletedItems/{object_id}"):
        hand.graph("DELETE", path)
        hand.settle()


def handed_over(rotated):
    """What onboarding made is proved, delivered and acknowledged; its key id."""
    for playbook in ("onboard.yml", "verify.yml", "handover.yml"):
        assert rotated.play(playbook) == ""
        rotated.customer.hand.settle()
    return rotated.answers()


def test_a_credential_of_a_former_app_takes_no_part(rotated):
    former = rotated.onboard()
    gone_for_good(rotated)
    old = handed_over(rotated)

    assert rotated.rotate("") == "nothing"
    new = rotated.through(old)

    assert set(rotated.on_the_app) == {new}
    assert former not in (old, new)


def test_a_new_one_whose_sealed_copy_is_lost_makes_room_for_another_when_somebody_says_so(rotated):
    old = rotated.onboard()
    new = rotated.begun(old)
    rotated.customer.folder.credential(new).unlink()

    said = rotated.play("rotate.yml")
    assert f"-e rotation_replace={new}" in said
    assert set(rotated.on_the_app) == {old, new}
    assert rotated.play("rotate.yml", rotation_replace=new, rotation_grace="none") == ""

    third = rotated.through(old)
    assert set(rotated.on_the_app) == {third}
    assert third != new
    rotated.without_a_gap()


def test_one_that_the_vendor_has_and_whose_sealed_copy_is_lost_is_replaced_when_somebody_says_so(rotated):
    old = rotated.onboard()
    assert rotated.rotate(old) == "awaiting_receipt"
    new = rotated.answers()
    assert rotated.rotate(old, grace="7 days") == "grace"
    rotated.customer.folder.credential(new).unlink()
    rotated.customer.hand.sandbox.advance(rotated.customer.names.tenant, 8 * 86400)

    assert f"-e rotation_replace={new}" in rotated.play("rotate.yml")
    assert set(rotated.on_the_app) == {old, new}

    third = rotated.through(new)
    assert set(rotated.on_the_app) == {third}
    rotated.without_a_gap()


def test_a_federated_one_is_told_as_drift_and_taken_back_when_the_vendor_has_another_kind(rotated):
    hand = rotated.customer.hand
    rotated.want(credential=FEDERATED)
    assert rotated.play("onboard.yml") == ""
    hand.settle()
    rotated.want(credential={"kind": "secret"})
    new = handed_over(rotated)
    path = f"/applications/{app(rotated)['id']}/federatedIdentityCredentials"
    (federated,) = hand.graph("GET", path)["value"]

    assert rotated.play("rotate.yml") == ""
    assert rotated.customer.said["credential_rotation"]["status"] == "grace"
    assert [federated] == hand.graph("GET", path)["value"]
    hand.sandbox.advance(rotated.customer.names.tenant, 30 * 86400)
    assert rotated.play("drift.yml").startswith("drift: 1 difference: A credential of another kind")
    assert rotated.play("rotate.yml") == ""

    assert hand.graph("GET", path)["value"] == []
    assert set(rotated.on_the_app) == {new}
    assert rotated.customer.said["credential_rotation"]["status"] == "nothing"
    assert rotated.play("drift.yml") == ""
    assert (rotated.play("rotate.yml"), rotated.customer.changed) == ("", [])
