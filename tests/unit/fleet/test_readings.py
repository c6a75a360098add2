"""A reading of the tenant after the proof counts: whatever playbook left it, and until the tenant is proved anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graphmail.customer_report import CustomerReport
from graphmail.evidence.states import NO_WRITE, UNCHANGED, unread
from graphmail.fleet import Fleet
from graphmail.state import StateFolder, state_root
from tests.unit.customer_archive import KEY, MAILBOXES, CustomerArchive, against, proved, rbac, state
from tests.unit.evidence_samples import NOON, check, record
from tests.unit.fleet.archive import DAY

AGAINST = against()


@pytest.fixture
def sealed(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return CustomerArchive(tmp_path)


def why(archive, now=DAY + timedelta(days=30)) -> str:
    """Why the access proof does not count; the customer's page says the same wherever it is not green."""
    (customer,) = Fleet.read(archive.root, now=now).customers
    cell = customer.cells["verify_access"]
    assert (customer.state, cell.standing) == (("unknown", "unknown") if cell.why else ("green", "passed"))
    report = CustomerReport.of(archive.root, "contoso", now)
    assert not (cell.why and report.green)
    return cell.why


def looked_for_drift(archive, number, found, verdict="passed"):
    """As drift.yml leaves it: it writes nothing and keeps what it read."""
    run = archive.begun(number)
    about = {"customer": "contoso", "run_id": run.run_id, "notebook": "drift"}
    run.write_record(record(check(verdict, name="group"), **about))
    run.write_state("before", found)
    run.write_state("after", unread(UNCHANGED))
    run.close("succeeded", NOON)


@pytest.mark.parametrize("found", AGAINST)
def test_a_newer_reading_that_holds_something_against_the_proof_makes_it_unknown_since_then(sealed, found):
    read, told = AGAINST[found]
    sealed.run(1)
    later = sealed.second_run(2, before=read)
    assert told in why(sealed)
    (customer,) = Fleet.read(sealed.root).customers
    assert f"{customer.since:%Y%m%dT%H%M%SZ}" == later.run_id[:16]


@pytest.mark.parametrize("found", AGAINST)
def test_the_reading_at_the_end_of_the_very_run_counts_too(sealed, found):
    read, told = AGAINST[found]
    sealed.run(1)
    sealed.run(2, before=state(), after=read)
    assert told in why(sealed)


@pytest.mark.parametrize("found", AGAINST)
def test_after_it_an_honest_proof_makes_it_green_again(sealed, found):
    read, _told = AGAINST[found]
    sealed.run(1)
    sealed.second_run(2, before=read)
    sealed.proved_again(3)
    assert why(sealed) == ""
    sealed.run(4, before=state())
    assert why(sealed) == ""
    assert CustomerReport.of(sealed.root, "contoso").green


def test_a_later_proof_that_did_not_look_at_what_lets_the_app_in_does_not_outweigh_a_reading(sealed):
    def short(run):
        whole = proved(run)
        checks = [one for one in whole.checks if one.name != "scope"]
        return record(*checks, customer=run.customer, run_id=run.run_id, notebook=whole.notebook, subject=whole.subject)

    sealed.run(1)
    sealed.second_run(2, before=state(access_policies=[]))
    sealed.run(3, before=unread(NO_WRITE), after=unread(UNCHANGED), proof=short)
    assert "nothing was found that restricts" in why(sealed)


def test_a_look_for_drift_that_found_none_leaves_it_green_and_is_the_newest_reading(sealed):
    sealed.run(1)
    looked_for_drift(sealed, 2, state())
    assert why(sealed) == ""
    looked_for_drift(sealed, 3, state(group=None))
    assert "the group of mailboxes was not found" in why(sealed)
    looked_for_drift(sealed, 4, state())
    assert why(sealed) == ""


def test_roles_in_exchange_are_read_as_a_restriction_too(sealed):
    sealed.run(1, after=rbac())
    assert why(sealed) == ""


def test_members_are_compared_however_they_are_written_with_the_data_key_and_without(sealed):
    sealed.run(1)
    loud = state()
    for member in loud["group"]["members"]:
        member["primary_smtp_address"] = member["primary_smtp_address"].upper()
    sealed.second_run(2, before=loud)
    assert why(sealed) == ""
    for key in StateFolder(state_root(), "contoso").data_keys.iterdir():
        key.unlink()
    assert why(sealed) == ""
    assert CustomerReport.of(sealed.root, "contoso").green


def test_members_whose_addresses_have_other_placeholders_are_compared_in_clear(sealed, monkeypatch):
    """As of runs under two data keys of the customer, both of which are here."""
    from graphmail.evidence.personal.placeholders import Placeholders

    sealed.run(1)
    real = Placeholders._letters
    monkeypatch.setattr(Placeholders, "_letters", lambda self, what, *rest: real(self, f"{what} anew", *rest))
    sealed.second_run(2, before=state())
    told = {name: (sealed.root / "contoso" / name / "bag/data/before.json").read_text() for name in names(sealed)}
    assert len(told) == 2
    assert not any(one in text for text in told.values() for one in MAILBOXES)
    assert why(sealed) == ""


def names(archive) -> list[str]:
    return sorted(path.name for path in (archive.root / "contoso").iterdir())


def test_a_credential_that_ended_since_the_reading_counts_in_production_alone(tmp_path, monkeypatch):
    """The clock of a tenant in the sandbox is not the operator's."""
    after = NOON + timedelta(days=3650)
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    for environment in ("sandbox", "production"):
        archive = CustomerArchive(tmp_path / environment, environment)
        archive.run(1, proof=lambda run, of=environment: proved(run).model_copy(update={"environment": of}))
        (customer,) = Fleet.read(archive.root, now=after).customers
        told = f"the credential that was tested, {KEY}, ended on 2028-03-01" if environment == "production" else ""
        assert customer.cells["verify_access"].why == told
        assert CustomerReport.of(archive.root, "contoso", after).proof.doubts == ([told] if told else [])
        assert CustomerReport.of(archive.root, "contoso", NOON).green
