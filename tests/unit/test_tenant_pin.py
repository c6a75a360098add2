"""The right tenant or none: nothing is written before Graph and Exchange have both said whose it is."""

from __future__ import annotations

import pytest

from graphmail.errors import TenantError, WrongTenant
from graphmail.resources import resource
from graphmail.tenant import RunContext, Tenant
from tests.sandbox_process import CONTOSO, FABRIKAM

APPLICATION = {"unique_name": "kundo-mail", "display_name": "Kundo Mail"}
GROUP = {
    "name": "Kundo Mail mailboxes",
    "address": "kundo-mailboxes@contoso.example",
    "owners": ["admin@contoso.example"],
    "members": ["support@contoso.example"],
}


def apply(tenant, name, params):
    """Run a resource as a task does, with its defaults."""
    made = resource(name)
    defaults = {n: spec.get("default") for n, spec in made.argument_spec().items() if n != "tenant"}
    return made.run(tenant, defaults | {"tenant": {}} | params)


def organization(tenant_id=CONTOSO, domain="contoso.onmicrosoft.example", **more):
    domains = [{"name": domain, "isInitial": True}, {"name": "other.example", "isInitial": False}]
    return {"value": [{"id": tenant_id, "verifiedDomains": domains}], **more}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (organization(FABRIKAM), f"Expected: {CONTOSO}. Found: {FABRIKAM}"),
        ({"value": []}, "Found: no organisation"),
        ({"value": organization()["value"] * 2}, f"Found: {CONTOSO}, {CONTOSO}"),
        ({"value": [{}]}, f"Expected: {CONTOSO}"),
        (organization(domain="fabrikam.onmicrosoft.example"), "Found: fabrikam.onmicrosoft.example"),
        ({"value": [], "unexpected": 1}, "Found: no organisation"),
    ],
)
@pytest.mark.parametrize(("name", "params"), [("entra_application", APPLICATION), ("exo_distribution_group", GROUP)])
def test_where_graph_names_another_tenant_nothing_is_written(contoso, sandbox, body, told, name, params):
    sandbox.fault(CONTOSO, "graph", "GET", "/organization", status=200, body=body, times=9)

    with pytest.raises(WrongTenant, match="nothing was written") as caught:
        apply(contoso, name, params)

    assert told in str(caught.value)
    assert sandbox.writes == []


def test_where_the_organisation_cannot_be_read_nothing_is_written(contoso, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", "/organization", status=403, times=9)

    with pytest.raises(TenantError, match="403"):
        apply(contoso, "entra_application", APPLICATION)

    assert sandbox.writes == []


def test_where_exchange_means_another_tenant_nothing_is_written(contoso, sandbox):
    stranger = {"value": [{"ExternalDirectoryObjectId": "5a4d0000-0000-4000-8000-0000000000ff", "Name": "support"}]}
    known = contoso.connection["known_mailbox"]
    sandbox.fault(CONTOSO, "exchange", cmdlet="Get-Recipient", status=200, body=stranger, times=1)

    with pytest.raises(WrongTenant, match=f"Exchange and Graph disagree about who {known} is"):
        contoso.pin_exchange()

    assert sandbox.writes == []


@pytest.mark.parametrize("mailbox", ["nobody@contoso.example", "service@fabrikam.example"])
def test_a_mailbox_that_only_another_tenant_has_pins_nothing(operator, sandbox, mailbox):
    with pytest.raises(WrongTenant, match="Found: no recipient in Exchange"):
        operator.tenant(known_mailbox=mailbox).pin_exchange()


def test_the_right_tenant_is_written_to(contoso, sandbox):
    assert apply(contoso, "entra_application", APPLICATION)["changed"]
    assert apply(contoso, "exo_distribution_group", GROUP)["changed"]
    assert {entry["request"].split(" ")[0] for entry in sandbox.writes} == {"PATCH", "New-DistributionGroup"}


def test_a_check_writes_nothing_and_needs_no_pin(operator, sandbox):
    checking = operator.tenant(run=RunContext(check_mode=True))

    assert apply(checking, "entra_application", APPLICATION)["changed"]
    assert sandbox.writes == []


def test_it_is_asked_once_for_a_customer_and_run(operator, sandbox, run_cache):
    run = RunContext(cache=run_cache)
    for _ in range(3):
        operator.tenant(run=run).pin()

    assert len([r for r in sandbox.requests(CONTOSO) if r["path"] == "/organization"]) == 1


def test_two_customers_of_one_tenant_are_pinned_each(operator, sandbox, run_cache):
    run = RunContext(cache=run_cache)
    operator.tenant(run=run).pin()
    other = {"customer": "contoso-second", "initial_domain": "contoso2.onmicrosoft.example"}
    second = Tenant.connect(operator.connection() | other, run)

    with pytest.raises(WrongTenant, match=r"Expected: contoso2\.onmicrosoft\.example"):
        second.pin()


def test_a_refused_pin_stays_refused(operator, sandbox, run_cache):
    run = RunContext(cache=run_cache)
    for _ in range(2):
        with pytest.raises(WrongTenant):
            operator.tenant(run=run, initial_domain="else.onmicrosoft.example").pin()


def test_a_credential_of_another_tenant_signs_nobody_in(operator, contoso, sandbox):
    with pytest.raises(WrongTenant, match=f"Expected: {CONTOSO}. Found: {FABRIKAM}"):
        contoso.as_mail_app(operator.admin(tenant_id=FABRIKAM))

    assert sandbox.requests(CONTOSO) == []
    assert sandbox.requests(FABRIKAM) == []


def test_nothing_is_written_to_exchange_before_it_is_pinned(operator, sandbox):
    stranger = operator.tenant(known_mailbox="nobody@contoso.example")

    with pytest.raises(WrongTenant, match="nobody@contoso"):
        apply(stranger, "exo_distribution_group", GROUP)

    assert sandbox.writes == []


def test_a_pin_counts_for_the_tenant_it_was_made_in_not_for_the_customers_name(operator, sandbox, run_cache):
    run = RunContext(cache=run_cache)
    operator.tenant(run=run).pin()
    operator.tenant(run=run).pin_exchange()

    with pytest.raises(WrongTenant):
        operator.tenant(run=run, initial_domain="else.onmicrosoft.example").pin()
    with pytest.raises(WrongTenant):
        operator.tenant(
            run=run, initial_domain="else.onmicrosoft.example", known_mailbox="nobody@contoso.example"
        ).pin_exchange()
