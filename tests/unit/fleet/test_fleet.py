"""Who is green, red or unknown, since when, and what is said about it."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime, timedelta

import pytest

from graphmail.errors import TenantError
from graphmail.evidence import EvidenceError, Run
from graphmail.evidence.export import export
from graphmail.evidence.titles import VERIFICATIONS
from graphmail.fleet import Fleet
from graphmail.journal import Journal
from graphmail.live_credential import MARKER
from graphmail.state import StateFolder, state_root
from tests.sandbox_process import ROOT
from tests.unit.fleet.archive import DAY, FleetArchive

EXAMPLE = ROOT / "inventory.example.yml"


def read(archive: FleetArchive, **more) -> Fleet:
    return Fleet.read(archive.root, now=DAY + timedelta(days=30), **more)


def state(fleet: Fleet, customer: str = "contoso") -> str:
    return next(one.state for one in fleet.customers if one.name == customer)


def standings(fleet: Fleet, customer: str = "contoso") -> dict[str, str]:
    found = next(one for one in fleet.customers if one.name == customer)
    return {kind: cell.standing for kind, cell in (found.cells | found.beside | found.others).items()}


def test_green_is_a_customer_of_whom_everything_was_proved(archive):
    archive.left("contoso", all="passed")
    fleet = read(archive)
    assert (state(fleet), fleet.state, fleet.needs) == ("green", "green", [])
    assert fleet.summary == "1 customer: 1 green, 0 red, 0 unknown"
    assert fleet.environment == "sandbox"


@pytest.mark.parametrize("kind", VERIFICATIONS)
@pytest.mark.parametrize(("verdict", "wanted"), [("failed", "red"), ("unknown", "unknown")])
def test_one_proof_that_is_not_green_makes_the_customer_so(archive, kind, verdict, wanted):
    archive.left("contoso", all="passed", **{kind: verdict})
    fleet = read(archive)
    assert state(fleet) == fleet.state == wanted
    assert [need.urgency for need in fleet.needs] == [wanted]


@pytest.mark.parametrize("kind", VERIFICATIONS)
def test_a_proof_that_was_never_made_is_unknown_since_the_first_run(archive, kind):
    run = archive.left("contoso", **{other: "passed" for other in VERIFICATIONS if other != kind})
    fleet = read(archive)
    (customer,) = fleet.customers
    assert (customer.state, customer.cells[kind].standing) == ("unknown", "missing")
    assert f"{customer.cells[kind].since:%Y%m%dT%H%M%SZ}" == run.run_id[:16]
    assert "never proved" in fleet.needs[0].what


@pytest.mark.parametrize(
    ("ended", "wanted"), [("failed", "red"), ("waiting", "unknown"), ("aborted", "unknown"), ("open", "unknown")]
)
def test_how_the_last_run_ended_counts_also_where_it_proved_nothing(archive, ended, wanted):
    archive.left("contoso", all="passed")
    archive.left("contoso", 1, playbook="onboard", ended=ended)
    fleet = read(archive)
    assert state(fleet) == wanted
    assert fleet.customers[0].since == fleet.customers[0].last.began
    assert set(standings(fleet).values()) == {"passed", "missing"}
    archive.left("contoso", 2, playbook="onboard")
    assert state(read(archive)) == ("unknown" if ended == "open" else "green")


def test_nothing_of_an_open_run_is_used(archive):
    archive.left("contoso", all="failed", ended="open")
    fleet = read(archive)
    assert state(fleet) == "unknown"
    assert set(standings(fleet).values()) == {"missing"}
    assert not any(one.values or one.not_in_time for one in fleet.distributions)


def test_a_run_that_does_not_verify_is_red_and_its_numbers_are_not_used(archive):
    archive.left("contoso", all="passed")
    archive.left("fabrikam", all="passed")
    before = read(archive).distributions
    archive.tampered(archive.left("contoso", 1, all="passed", verify_send="failed"))
    fleet = read(archive)
    # The older proofs are not fallen back on: whoever damages a run must not choose which counts.
    assert {standings(fleet)[kind] for kind in VERIFICATIONS} == {"broken"}
    assert (state(fleet), state(fleet, "fabrikam"), fleet.state) == ("red", "green", "red")
    assert "does not verify" in fleet.needs[0].what
    assert [one.facts() for one in fleet.distributions] == [one.facts() for one in before]


def test_a_new_proof_after_a_run_that_does_not_verify_counts_but_the_customer_stays_red(archive):
    archive.tampered(archive.left("contoso", all="passed", verify_send="failed"))
    archive.left("contoso", 1, all="passed")
    fleet = read(archive)
    assert {standings(fleet)[kind] for kind in VERIFICATIONS} == {"passed"}
    assert state(fleet) == "red"


def test_a_run_that_was_taken_away_or_put_there_is_red(archive):
    gone, copied = archive.left("contoso", all="passed"), archive.left("fabrikam", all="passed")
    shutil.copytree(copied.folder, archive.root / "fabrikam" / copied.run_id.replace("T12", "T13"))
    shutil.rmtree(gone.folder)
    fleet = read(archive)
    assert (state(fleet), state(fleet, "fabrikam")) == ("red", "red")


def test_a_log_that_is_not_as_it_was_signed_leaves_nothing_to_believe(archive):
    archive.left("contoso", all="passed")
    (archive.root / "LOG").write_text((archive.root / "LOG").read_text().replace("contoso", "fabrikam"))
    fleet = read(archive)
    assert fleet.state == "red"
    assert "green" not in {customer.state for customer in fleet.customers}
    assert "THE ARCHIVE ITSELF DOES NOT VERIFY" in fleet.summary
    assert fleet.needs[0].customer == ""


def test_a_missing_checkpoint_is_a_fault_of_the_archive(archive):
    archive.left("contoso", all="passed")
    next((archive.root / "checkpoints").iterdir()).unlink()
    fleet = read(archive)
    assert fleet.state == "red"
    assert any("checkpoints/" in fault for fault in fleet.faults)


def test_an_archive_without_a_log_is_red_and_an_empty_one_is_clear(archive, tmp_path):
    (tmp_path / "nothing").mkdir()
    for root in (tmp_path / "nothing", tmp_path / "is not there"):
        fleet = Fleet.read(root)
        assert (fleet.state, fleet.customers) == ("unknown", [])
        assert fleet.summary == "No customer is known: the archive is empty"
    archive.left("contoso", all="passed")
    (archive.root / "LOG").unlink()
    assert state(read(archive)) == "red"


def test_unknown_since_is_when_it_stopped_being_known(archive):
    archive.left("contoso", 0, all="passed")
    first = archive.left("contoso", 1, all="passed", verify_send="unknown")
    archive.left("contoso", 2, all="passed", verify_send="unknown")
    (customer,) = read(archive).customers
    assert f"{customer.since:%Y%m%dT%H%M%SZ}" == first.run_id[:16]
    assert customer.proved is None
    assert customer.last_proof is not None


def test_drift_counts_where_it_was_looked_at_and_is_no_lack_where_not(archive):
    archive.left("contoso", all="passed")
    assert state(read(archive)) == "green"
    archive.left("contoso", 1, playbook="drift", ended="failed", drift="failed")
    fleet = read(archive)
    assert state(fleet) == "red"
    assert [need.what for need in fleet.needs] == ["shown to be untrue: the tenant is as the inventory says (drift)"]
    archive.left("contoso", 2, playbook="drift", drift="passed")
    assert state(read(archive)) == "green"


def test_a_red_rotation_stays_until_it_is_green_and_a_migrations_proof_until_all_is_verified_anew(archive):
    archive.left("contoso", 0, all="passed", migration_prove="failed", rotation="failed")
    archive.left("contoso", 1, all="passed")
    assert standings(read(archive))["rotation"] == "failed"
    assert "migration_prove" not in standings(read(archive))
    assert state(read(archive)) == "red"
    archive.left("contoso", 2, rotation="passed")
    assert state(read(archive)) == "green"


def test_an_offboarded_customer_is_neither_green_nor_in_need(archive):
    archive.left("contoso", 0, all="passed", verify_send="failed", ended="failed")
    archive.left("contoso", 1, playbook="offboard", proof_of_absence="passed")
    archive.left("fabrikam", all="passed")
    fleet = read(archive)
    assert (state(fleet), fleet.state, fleet.needs) == ("offboarded", "green", [])
    assert fleet.summary == "2 customers: 1 green, 0 red, 0 unknown, 1 offboarded"
    archive.left("contoso", 2, all="passed")
    assert state(read(archive)) == "green"


@pytest.mark.parametrize(("ended", "wanted"), [("failed", "red"), ("waiting", "unknown"), ("aborted", "unknown")])
def test_an_offboarding_that_did_not_succeed_is_not_offboarded_whatever_it_proved_before(archive, ended, wanted):
    archive.left("contoso", 0, all="passed")
    archive.left("contoso", 1, playbook="offboard", proof_of_absence="passed", ended=ended, why="Graph returned 503")
    archive.left("fabrikam", all="passed")
    fleet = read(archive)
    assert (state(fleet), fleet.state) == (wanted, wanted)
    assert [(need.customer, need.urgency) for need in fleet.needs] == [("contoso", wanted)]
    archive.left("contoso", 2, playbook="offboard", proof_of_absence="passed")
    assert (state(read(archive)), read(archive).state) == ("offboarded", "green")


def test_an_absence_that_is_not_proved_is_red(archive):
    archive.left("contoso", 0, all="passed")
    archive.left("contoso", 1, playbook="offboard", proof_of_absence="failed")
    assert state(read(archive)) == "red"


def test_a_customer_of_the_inventory_without_a_run_is_unknown(archive):
    archive.left("contoso", all="passed")
    archive.left("wingtip", all="passed")
    fleet = read(archive, inventory=EXAMPLE)
    assert [state(fleet, name) for name in ("fabrikam", "litware")] == ["unknown", "unknown"]
    assert {need.what for need in fleet.needs} == {"no run has touched it yet"}
    assert {customer.name: customer.listed for customer in fleet.customers}["wingtip"] is False
    assert fleet.state == "unknown"


def test_open_intents_and_unreadable_journals_are_told(archive):
    archive.left("contoso", all="passed")
    journal = StateFolder(state_root(), "contoso").make().journal
    Journal(journal).intend("addPassword", "graphmail 1", at=DAY, run_id="20260301T120000Z-site-000001")
    StateFolder(state_root(), "fabrikam").make().journal.write_text("no entry\n")
    fleet = read(archive, inventory=EXAMPLE)
    (intent,) = fleet.local.intents
    assert (intent.customer, intent.action, intent.since) == ("contoso", "make a client secret", DAY)
    assert "The journal is damaged" in fleet.local.problems["fabrikam"]
    assert any(need.urgency == "unknown" and "could not be read" in need.what for need in fleet.needs)
    archive.left("fabrikam", all="passed")
    assert state(read(archive, inventory=EXAMPLE), "fabrikam") == "unknown"


def made(customer: str, key_id: str, end: datetime) -> None:
    journal = Journal(StateFolder(state_root(), customer).make().journal)
    journal.intend("addPassword", f"{MARKER}{key_id}", at=DAY, client_id="c")
    journal.outcome(f"{MARKER}{key_id}", "sealed", at=DAY, key_id=key_id, end=end.isoformat())


def test_a_customer_whose_credential_ended_is_red_until_there_is_one_that_lives(archive):
    archive.left("contoso", all="passed")
    fleet = read(archive)
    ended, lives = fleet.at - timedelta(days=1), fleet.at + timedelta(days=400)
    made("contoso", "k1", ended)
    fleet = read(archive, inventory=EXAMPLE, customers=["contoso"])
    assert (state(fleet), fleet.customers[0].since) == ("red", ended)
    assert fleet.needs[0].what == "the secret of the mail app has ended"
    made("contoso", "k2", lives)
    fleet = read(archive, inventory=EXAMPLE, customers=["contoso"])
    assert state(fleet) == "green"


def test_a_credential_that_is_due_needs_a_person_and_changes_no_state(archive):
    archive.left("contoso", all="passed")
    made("contoso", "k1", read(archive).at + timedelta(days=3))
    fleet = read(archive, inventory=EXAMPLE, customers=["contoso"])
    assert (state(fleet), fleet.state) == ("green", "green")
    assert [(need.urgency, need.todo) for need in fleet.needs] == [("soon", "run rotate.yml")]


def test_only_the_named_customers_and_a_wrong_name_is_refused(archive):
    archive.left("contoso", all="passed")
    archive.left("fabrikam", all="failed")
    assert read(archive, customers=["contoso"]).state == "green"
    with pytest.raises(TenantError, match="fabrikm"):
        read(archive, customers=["fabrikm"])


def test_a_run_whose_records_this_version_cannot_read_is_not_passed_over(archive, monkeypatch):
    archive.left("contoso", all="passed")
    later = archive.left("contoso", 1, verify_send="passed").run_id
    records = Run.records

    def of_a_later_version(run):
        if run.run_id == later:
            raise EvidenceError("is not a record")
        return records(run)

    monkeypatch.setattr(Run, "records", of_a_later_version)
    fleet = read(archive)
    assert (state(fleet), standings(fleet)["verify_send"]) == ("red", "broken")
    assert "not all can be read" in fleet.needs[0].what


def test_an_excerpt_is_read_as_such_and_is_never_the_whole_fleet(archive, tmp_path):
    archive.left("contoso", all="passed")
    archive.left("fabrikam", all="failed")
    export(archive.sealer, "contoso", tmp_path / "out", datetime.now(UTC), lambda text: None)
    fleet = Fleet.read(tmp_path / "out" / "evidence")
    assert (fleet.state, [customer.name for customer in fleet.customers]) == ("green", ["contoso"])
    assert fleet.hidden > 0
    with_inventory = Fleet.read(tmp_path / "out" / "evidence", EXAMPLE, ["contoso"])
    assert with_inventory.state == "unknown"
    assert "excerpt" in with_inventory.needs[0].what


def test_runs_that_are_sealed_meanwhile_are_no_fault(archive):
    archive.left("contoso", all="passed")
    over, looks = threading.Event(), []

    def work() -> None:
        for day in range(1, 29):
            archive.left("contoso", day, all="passed")
            if day > 10 and len(looks) > 5:
                break
        over.set()

    worker = threading.Thread(target=work)
    worker.start()
    while not over.is_set():
        looks.append(read(archive))
    worker.join()
    assert len(looks) > 5
    assert [fleet.faults for fleet in looks if fleet.faults] == []
    assert [need for fleet in looks for need in fleet.needs if need.urgency == "red"] == []
