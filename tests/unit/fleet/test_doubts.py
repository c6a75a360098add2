"""A proof that passed is unknown where something came after it, speaks against it, or is meant otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graphmail.evidence import Run
from graphmail.evidence.titles import VERIFICATIONS
from graphmail.fleet import Fleet, write_all
from graphmail.fleet.junit import to_junit
from graphmail.state import StateFolder, state_root
from tests.sandbox_process import ROOT
from tests.unit.customer_archive import CLIENT, MAILBOXES, OBJECT, OUTSIDE, CustomerArchive, proved, state
from tests.unit.evidence_samples import NOON, TENANT, check, record
from tests.unit.fleet.archive import DAY

ANOTHER_TENANT = TENANT.replace("0001", "0009")

INVENTORY = """\
customers:
  contoso:
    tenant_id: %s
    initial_domain: contoso.onmicrosoft.example
    app: {%s}
    group: {address: kundo@contoso.example, owners: [admin@contoso.example]}
    mailboxes: [%s]
    outside_mailbox: %s
"""


@pytest.fixture
def sealed(tmp_path, monkeypatch):
    """Runs as an onboarding leaves them."""
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return CustomerArchive(tmp_path)


def contoso(archive, **more):
    (customer,) = Fleet.read(archive.root, now=DAY + timedelta(days=30), **more).customers
    return customer


def why(archive, kind="verify_access", **more) -> str:
    """Why the proof of that kind does not count; with such a reason the customer is unknown, without one green."""
    customer = contoso(archive, **more)
    cell = customer.cells[kind]
    assert (customer.state, cell.standing) == (("unknown", "unknown") if cell.why else ("green", "passed"))
    return cell.why


def test_what_a_later_run_wrote_to_is_not_proved_any_more_and_page_data_and_cases_say_so(sealed, tmp_path):
    sealed.run(1)
    assert why(sealed) == ""
    later = sealed.run(2, before=state(), after=state(), proof=None)
    for kind in VERIFICATIONS:
        assert why(sealed, kind) == f"run {later.run_id} wrote to the tenant after it"
    fleet = Fleet.read(sealed.root)
    assert fleet.state == "unknown"
    assert f"not known any more, run {later.run_id} wrote" in fleet.needs[0].what
    page, data, _junit = (path.read_text() for path in write_all(fleet, tmp_path / "reports"))
    assert all(f"run {later.run_id} wrote to the tenant after it" in text for text in (page, data))
    assert to_junit(fleet).count(b"<error") == len(VERIFICATIONS)
    sealed.run(3)
    assert why(sealed) == ""


def test_a_run_that_wrote_and_was_broken_off_or_lost_counts_as_one_that_wrote(sealed):
    sealed.run(1)
    assert sealed.broken_off(2).run_id in why(sealed)


def test_runs_stand_in_the_order_of_the_log_whatever_a_machines_clock_said(sealed):
    sealed.run(5)
    later = sealed.run(2, proof=lambda run: proved(run, "failed"))
    customer = contoso(sealed)
    assert (customer.state, customer.last.run_id) == ("red", later.run_id)
    assert customer.cells["verify_access"].standing == "failed"


@pytest.mark.parametrize(
    ("read", "told"),
    [
        ({"enterprise_application": None}, "the enterprise app was not found"),
        ({"credentials": []}, "had no credential"),
        ({"credentials": [{"kind": "secret", "key_id": OBJECT, "name": "by hand", "ends": None}]}, "that was tested"),
        ({"application": None}, "the app was not found"),
        ({"not_read": {"enterprise_application": "Graph returned 503"}}, "could not be read"),
    ],
)
def test_a_newer_reading_that_contradicts_the_proof_makes_it_unknown(sealed, read, told):
    sealed.run(1)
    sealed.second_run(2)
    assert why(sealed) == ""
    sealed.second_run(3, before=state(**read))
    assert told in why(sealed)


@pytest.mark.parametrize("missing", [*MAILBOXES, OUTSIDE])
def test_a_passed_record_without_a_test_of_each_mailbox_is_no_proof(sealed, missing):
    def without(run):
        whole = proved(run)
        checks = [one for one in whole.checks if one.name != f"access {missing}"]
        return record(*checks, customer=run.customer, run_id=run.run_id, notebook=whole.notebook, subject=whole.subject)

    sealed.run(proof=without)
    # Its data key is not asked for that: it says which one by its placeholder.
    assert "no passed test of [" in why(sealed)


def inventory(folder, *mailboxes, app="", tenant=TENANT, outside=OUTSIDE):
    file = folder / "inventory.yml"
    text = (ROOT / "inventory.example.yml").read_text()
    head = text[: text.index("\ncustomers:") + 1]
    file.write_text(head + INVENTORY % (tenant, app, ", ".join(mailboxes), outside))
    return file


def test_a_proof_of_other_mailboxes_or_another_app_than_the_inventorys_is_not_green(sealed, tmp_path):
    sealed.run(1)
    assert why(sealed, inventory=inventory(tmp_path, *MAILBOXES)) == ""
    same = inventory(tmp_path, *(one.upper() for one in MAILBOXES), app=f"client_id: {CLIENT}")
    assert why(sealed, inventory=same) == ""
    assert "other mailboxes" in why(sealed, inventory=inventory(tmp_path, *MAILBOXES, "new@contoso.example"))
    assert "another app" in why(sealed, inventory=inventory(tmp_path, *MAILBOXES, app=f"client_id: {OBJECT}"))


def test_a_proof_of_another_tenant_than_the_inventorys_is_not_green(sealed, tmp_path):
    sealed.run(1)
    assert why(sealed, inventory=inventory(tmp_path, *MAILBOXES, tenant=TENANT.upper())) == ""
    moved = inventory(tmp_path, *MAILBOXES, tenant=ANOTHER_TENANT)
    for kind in VERIFICATIONS:
        assert why(sealed, kind, inventory=moved) == f"it is about another tenant than the inventory's, {TENANT}"


def test_what_was_proved_absent_in_another_tenant_than_the_inventorys_is_not_offboarded(sealed, tmp_path):
    run = sealed.begun(1)
    about = {"customer": run.customer, "run_id": run.run_id, "notebook": "proof_of_absence"}
    run.write_record(record(check(), **about))
    run.close("succeeded", NOON)
    assert contoso(sealed, inventory=inventory(tmp_path, *MAILBOXES)).state == "offboarded"
    moved = inventory(tmp_path, *MAILBOXES, tenant=ANOTHER_TENANT)
    fleet = Fleet.read(sealed.root, inventory=moved)
    assert fleet.state == "unknown"
    assert any("another tenant" in need.what for need in fleet.needs)


def test_a_proof_with_another_mailbox_outside_than_the_inventorys_is_not_green(sealed, tmp_path):
    sealed.run(1)
    assert why(sealed, inventory=inventory(tmp_path, *MAILBOXES, outside=OUTSIDE.upper())) == ""
    assert "another mailbox outside" in why(sealed, inventory=inventory(tmp_path, *MAILBOXES, outside="hr@x.example"))


def test_mailboxes_that_cannot_be_read_here_are_not_compared(sealed, tmp_path):
    sealed.run(1)
    for key in StateFolder(state_root(), "contoso").data_keys.iterdir():
        key.unlink()
    assert why(sealed, inventory=inventory(tmp_path, "new@contoso.example")) == ""


def test_a_run_of_which_nobody_knows_how_it_ended_is_not_green_and_stops_no_page(archive, tmp_path, monkeypatch):
    real = Run._bag_info
    monkeypatch.setattr(
        Run, "_bag_info", lambda run, *of: {k: v for k, v in real(run, *of).items() if k != "Run-Outcome"}
    )
    archive.left("contoso", all="passed")
    fleet = Fleet.read(archive.root)
    assert (fleet.customers[0].last.ended, fleet.state) == ("not recorded", "unknown")
    assert "nobody knows how its last run ended" in fleet.needs[0].what
    assert "not recorded" in write_all(fleet, tmp_path / "reports")[0].read_text()
