"""Offboarding an app of which somebody else holds a credential too: no token of theirs outlives the policy."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.modules.migrated import CEO, SUPPORT
from tests.modules.migrated import onboard as onboarded
from tests.modules.tenant_by_hand import GROUP
from tests.modules.vendor import Vendor

APP = {"application": "kundo-mail"}
OWN = {"state": "absent", "made_here_only": True}


@pytest.fixture
def vendor(task, contoso, sandbox, monkeypatch):
    """Goes on with a secret of its own, and keeps each token for as long as it lives."""
    onboarded(task, sandbox)
    vendor = Vendor(contoso, SUPPORT, CEO)
    vendor.along(monkeypatch)
    contoso.settled()
    vendor.look()
    assert vendor.of(SUPPORT) == {(200, 400)}
    return vendor


def hours_pass(contoso, vendor):
    """As after a run that died: the vendor has a new token then."""
    contoso.sandbox.advance(contoso.tenant, 8000)
    vendor.look()


def remove_policy(task):
    task("exo_application_access_policy", **APP, group=GROUP, wait_for_tokens=5400, **OWN)


def never_outside(contoso, vendor):
    contoso.sandbox.advance(contoso.tenant, 1200)  # the removal acts
    vendor.look()
    assert contoso.policies() == []
    return {read for read, _send in vendor.of(CEO)} <= {401, 403}


def test_the_policy_outlasts_the_consent_and_not_the_secret_alone(task, contoso, vendor):
    task("entra_application_password", **APP, state="absent")
    hours_pass(contoso, vendor)
    task("entra_app_role_assignment", **APP, roles=[], **OWN)
    remove_policy(task)
    assert never_outside(contoso, vendor)


def test_also_where_nobody_took_down_when_the_consent_went(task, contoso, vendor):
    task("entra_application_password", **APP, state="absent")
    hours_pass(contoso, vendor)
    principal = f"/servicePrincipals/{contoso.principal()['id']}/appRoleAssignments"
    for grant in contoso.graph("GET", principal)["value"]:
        contoso.graph("DELETE", f"{principal}/{grant['id']}")
    contoso.sandbox.advance(contoso.tenant, 60)
    remove_policy(task)
    assert never_outside(contoso, vendor)


def test_a_run_that_was_killed_while_it_waited_waits_for_the_rest_alone(task, contoso, sandbox, vendor):
    task("entra_application_password", **APP, state="absent")
    task("entra_app_role_assignment", **APP, roles=[], **OWN)
    sandbox.advance(contoso.tenant, 5400)
    before = datetime.fromisoformat(sandbox.now(contoso.tenant))
    remove_policy(task)
    (removed,) = [entry for entry in sandbox.writes if entry["request"] == "Remove-ApplicationAccessPolicy"]
    assert (datetime.fromisoformat(removed["at"]) - before).total_seconds() < 600
