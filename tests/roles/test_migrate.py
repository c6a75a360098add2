"""migrate.yml as an operator runs it: planned, held, gone on with, and rolled back."""

from __future__ import annotations

import json

import pytest

from tests.modules.migrated import AFTER, BEFORE, standing
from tests.modules.tenant_by_hand import TenantByHand
from tests.sandbox_process import CONTOSO, FABRIKAM

pytestmark = pytest.mark.playbook


@pytest.fixture
def customers(ops, sandbox):
    """Contoso and fabrikam work by consent and policy; the inventory says rbac from now on."""
    ops.change(lambda customers: None, "contoso", "fabrikam")
    run = ops.play("onboard.yml")
    assert run.failures() == {}, run.output

    def rbac(customers):
        for customer in customers.values():
            customer["access"] = "rbac"

    ops.change(rbac, "contoso", "fabrikam")
    for tenant in (CONTOSO, FABRIKAM):
        sandbox.advance(tenant, 3600)
    sandbox.mark()
    return ops


def migration(ops, customer="contoso"):
    path = ops.state(customer) / "migration.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_a_check_shows_what_would_change_and_the_run_does_it_for_all_customers(customers, sandbox):
    check = customers.play("migrate.yml", "--check")
    assert check.failures() == {}, check.output
    assert sandbox.writes == []
    assert migration(customers) is None
    run = customers.play("migrate.yml")
    assert run.failures() == {}, run.output
    for name, tenant in (("contoso", CONTOSO), ("fabrikam", FABRIKAM)):
        assert check.of(name, "changed")[0].diff == run.of(name, "changed")[0].diff
        assert standing(TenantByHand(sandbox, tenant)) == AFTER
        assert customers.record(name, "migration_prove_again")["verdict"] == "passed"
    sandbox.mark()
    again = customers.play("migrate.yml")
    assert again.changed("contoso") == again.changed("fabrikam") == []
    assert sandbox.writes == []


def test_a_run_may_end_in_the_hold_and_the_next_goes_on(customers, sandbox):
    contoso = TenantByHand(sandbox)
    run = customers.play("migrate.yml", "--limit=contoso", "--extra-vars=access_migration_stay=false")
    assert run.failures() == {}, run.output
    assert "held  contoso" in run.output
    assert migration(customers)["name"] == "hold"
    assert standing(contoso) == AFTER | {key: BEFORE[key] for key in ("consents", "policies")}
    (info,) = customers.evidence.glob("contoso/*-migrate-*/bag/bag-info.txt")
    assert "Run-Outcome: waiting" in info.read_text()
    # Nothing else puts the customer right meanwhile: it would take the consent away at once.
    sandbox.mark()
    onboard = customers.play("onboard.yml", "--limit=contoso")
    assert "A migration of this customer is under way" in onboard.failures()["contoso"]
    assert sandbox.writes == []
    run = customers.play("migrate.yml", "--limit=contoso")
    assert run.failures() == {}, run.output
    assert standing(contoso) == AFTER
    # The permissions that the app registration declares grant nothing; they are the onboarding's.
    (event,) = customers.play("onboard.yml", "--limit=contoso").of("contoso", "changed")
    assert event.diff["after"] == {"required_permissions": []}


def test_whoever_asks_for_it_gets_the_state_before(customers, sandbox):
    contoso = TenantByHand(sandbox)
    customers.play("migrate.yml", "--limit=contoso", "--extra-vars=access_migration_stay=false")
    run = customers.play("migrate.yml", "--limit=contoso", "--extra-vars=access_migration_back=true")
    assert "is rolled back; the state before is back, and proved" in run.failures()["contoso"]
    assert standing(contoso) == BEFORE
    assert migration(customers) is None
