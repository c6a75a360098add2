"""A tenant's policy for apps that came after the first secret: it goes on working, and the next is what may be made."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.states.killed import state
from tests.states.rotated import Rotated

STATES = [state(1, "application_access_policy")]
FORBIDDEN = {"restrictionType": "passwordAddition"}
SHORTER = {"restrictionType": "passwordLifetime", "maxLifetime": "P90D"}


@pytest.fixture
def rotated(customer_of, machine):
    customer = customer_of(STATES[0])
    text = customer.inventory.read_text()
    yield Rotated(customer)
    customer.inventory.write_text(text)
    customer.sandbox.reset(customer.names.tenant)
    customer.forget()


def onboarded(rotated, on_policy, rule):
    """Key id of the secret that the vendor has, which was made before the policy."""
    rotated.want(credential={"on_policy": on_policy})
    old = rotated.onboard()
    acting = rule | {"state": "enabled", "restrictForAppsCreatedAfterDateTime": "2010-01-01T00:00:00Z"}
    restrictions = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [acting]}}
    rotated.customer.hand.graph("PATCH", "/policies/defaultAppManagementPolicy", restrictions)
    rotated.customer.hand.settle()
    return old


def test_where_secrets_are_forbidden_a_certificate_takes_the_secret_s_place(rotated):
    old = onboarded(rotated, "certificate", FORBIDDEN)

    new = rotated.through(old)

    assert set(rotated.on_the_app) == {new}
    assert rotated.customer.said["credential_rotation"]["kind"] == "certificate"
    assert (rotated.play("onboard.yml"), rotated.customer.changed) == ("", [])
    assert rotated.play("drift.yml") == ""
    rotated.nothing_dead()
    assert rotated.without_a_gap() == 1


def test_the_certificate_is_replaced_by_another(rotated):
    old = rotated.through(onboarded(rotated, "certificate", FORBIDDEN))

    new = rotated.through(old)

    assert set(rotated.on_the_app) == {new}
    assert rotated.customer.said["credential_rotation"]["kind"] == "certificate"


def test_where_it_shall_stop_nothing_is_begun_and_the_vendor_s_goes_on(rotated):
    old = onboarded(rotated, "stop", FORBIDDEN)
    begun, written = len(rotated.journal()), rotated.customer.writes

    stopped = rotated.play("rotate.yml", rotation_replace=old, rotation_grace="none")

    assert "The tenant's app management policy forbids client secrets" in stopped
    assert "credential.on_policy" in stopped
    assert (len(rotated.journal()), rotated.customer.writes) == (begun, written)
    assert set(rotated.on_the_app) == {old}
    assert (rotated.play("onboard.yml"), rotated.customer.changed) == ("", [])
    assert rotated.play("rotate.yml") == ""


def test_the_next_lives_as_long_as_is_allowed(rotated):
    old = onboarded(rotated, "shorten", SHORTER)

    new = rotated.through(old)

    assert set(rotated.on_the_app) == {new}
    ends = {str(entry.facts["key_id"]): entry.facts["end"] for entry in rotated.journal() if entry.result == "sealed"}
    now = datetime.fromisoformat(rotated.customer.sandbox.now(rotated.customer.names.tenant))
    assert timedelta(days=88) < datetime.fromisoformat(str(ends[new])) - now < timedelta(days=90)
