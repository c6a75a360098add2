"""Which credential ends when, from local state alone, and what a monitoring program is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from graphmail.credentials import ClientSecret, FederatedAssertion, RefreshToken
from graphmail.credentials.__main__ import main
from graphmail.expiry.kept import Kept
from graphmail.handover.ledger import Deliveries, marker_of
from graphmail.handover.receipt import Receipt
from graphmail.journal import Journal
from graphmail.live_credential import MARKER, PROOF
from graphmail.resources.kept_credentials import KeptCredential
from graphmail.sealed import new_identity
from graphmail.state import StateFolder

from .inventory_samples import entry, inventory

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
AT = ("--at", NOW.isoformat())


class Machine:
    """One operator's machine with one customer, contoso."""

    def __init__(self, folder):
        self.folder = folder
        self.state = StateFolder(folder / "state", "contoso")
        self.inventory = inventory(folder, {"contoso": entry()})
        new_identity(folder / "identity")

    def made(self, days, key_id="k1", marker=MARKER, result="sealed"):
        journal = Journal(self.state.make().journal)
        journal.intend("addPassword", f"{marker}{key_id}", at=NOW, client_id="c")
        end = (NOW + timedelta(days=days)).isoformat()
        journal.outcome(f"{marker}{key_id}", result, at=NOW, key_id=key_id, end=end)

    def admin(self, days):
        expires = NOW + timedelta(days=days) if days is not None else None
        ClientSecret("t", "c", "a1", "canary", expires=expires).write(self.state.make().admin, [])

    def report(self, *options):
        return main(["report", "--inventory", str(self.inventory), *AT, *options])

    def data(self, *options):
        self.report("--json", str(self.folder / "report.json"), *options)
        return json.loads((self.folder / "report.json").read_text())["credentials"]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("days", "status", "exit_status"),
    [(365, "ok", 0), (61, "ok", 0), (60, "due", 1), (15, "due", 1), (14, "critical", 2), (0, "expired", 2)],
)
def test_status_follows_the_days_that_are_left(machine, days, status, exit_status):
    machine.made(days)
    machine.admin(400)

    assert machine.report() == exit_status
    (app,) = (c for c in machine.data() if c["whose"] == "mail app")
    assert (app["status"], app["days"]) == (status, days)


def test_thresholds_are_the_customer_s_own(machine):
    credential = {"rotate_before": "10 days", "critical_before": "1 day"}
    machine.inventory = inventory(machine.folder, {"contoso": entry(credential=credential)})
    machine.made(11)
    machine.admin(400)

    assert machine.report() == 0


def test_how_ops_signs_in_ends_too(machine, capsys):
    machine.made(365)
    machine.admin(3)

    assert machine.report() == 2
    assert "automation" in capsys.readouterr().out


@pytest.mark.parametrize("days", [None, "missing"])
def test_an_end_that_nobody_knows_is_unknown_and_says_what_to_do(machine, days, capsys):
    machine.made(365)
    if days is None:
        machine.admin(days)

    assert machine.report() == 3
    out = capsys.readouterr().out
    assert "no end was told: seal it again" in out or "cannot be read" in out


def test_a_damaged_journal_hides_no_other_customer(machine):
    machine.inventory = inventory(machine.folder, {"contoso": entry(), "fabrikam": entry("fabrikam", 2)})
    machine.made(365)
    machine.admin(400)
    damaged = StateFolder(machine.folder / "state", "fabrikam").make()
    damaged.journal.write_text("no entry\n\n{}\n")

    told = {(c["customer"], c["whose"]): c for c in machine.data()}

    assert told["contoso", "mail app"]["status"] == "ok"
    assert told["fabrikam", "mail app"]["status"] == "unknown"
    assert f"line 1 of {damaged.journal}" in told["fabrikam", "mail app"]["standing"]


def test_what_has_no_end_is_no_reason_to_look(machine):
    machine.made(365)
    FederatedAssertion("t", "c", "a1", "/var/run/token").write(machine.state.admin, [])

    assert machine.report() == 0
    assert [credential["whose"] for credential in machine.data()] == ["mail app"]


def test_nobody_is_told_to_seal_a_person_s_sign_in_again(machine, capsys):
    machine.made(365)
    RefreshToken("t", "c", "a1", "eve@contoso.example", "canary").write(machine.state.admin, [])

    assert machine.report() == 3
    told = capsys.readouterr().out
    assert "a person's sign-in" in told
    assert "seal it again" not in told


def test_what_was_retired_or_is_for_a_proof_alone_does_not_count(machine):
    machine.made(365)
    machine.made(-5, "k2", result="retired")
    machine.made(1, "k3", marker=PROOF)
    machine.admin(400)

    assert [c["key_id"] for c in machine.data()] == ["k1", "a1"]
    assert machine.report() == 0


def test_during_a_rotation_both_are_told(machine):
    machine.made(5)
    machine.made(700, "k2")
    machine.admin(400)

    assert {c["key_id"]: c["status"] for c in machine.data()} == {"k1": "critical", "k2": "ok", "a1": "ok"}


def test_says_how_far_a_hand_over_is(machine):
    machine.made(365)
    machine.admin(400)
    assert "not handed over" in machine.data()[0]["standing"]

    clock = type("Clock", (), {"now": staticmethod(lambda: NOW)})()
    deliveries = Deliveries(machine.state, clock)
    marker = marker_of("k1", ["ssh-ed25519 AAAA"])
    deliveries.begin(marker, "k1", ["ssh-ed25519 AAAA"], "r")
    deliveries.delivered(marker, "k1", "0" * 64, "k1.age")
    assert machine.data()[0]["standing"] == "handed over, no receipt yet"

    about = {"customer": "contoso", "tenant_id": "t", "client_id": "c", "key_id": "k1", "sha256": "0" * 64}
    deliveries.received(Receipt(**about, proved=NOW, received=NOW, recipient="ssh-ed25519 AAAA"), "1" * 64)
    assert machine.data()[0]["standing"] == "received 2026-12-01"


def test_what_the_vendor_keeps_is_told_as_last_seen(machine):
    app = {
        "client_id": "11111111-2222-4333-8444-555555555555",
        "known_credentials": ["11111111-2222-4333-8444-555555555556"],
    }
    machine.inventory = inventory(machine.folder, {"contoso": entry(app=app, credential={"keep": True})})
    machine.admin(400)
    assert machine.data()[0]["status"] == "unknown"

    Kept(machine.state).seen([KeptCredential("v1", "kundo", "secret", NOW + timedelta(days=20))])

    (kept,) = (c for c in machine.data() if c["key_id"] == "v1")
    assert (kept["status"], kept["kind"]) == ("due", "secret")


def test_the_calendar_has_an_event_for_each_end_and_a_reminder_when_it_is_due(machine):
    machine.made(100)
    machine.admin(None)
    machine.report("--ical", str(machine.folder / "ends.ics"))

    made = icalendar.Calendar.from_ical((machine.folder / "ends.ics").read_bytes())
    (event,) = made.walk("VEVENT")
    assert event["dtstart"].dt == (NOW + timedelta(days=100)).date()
    assert "contoso" in event["summary"]
    (alarm,) = event.walk("VALARM")
    assert alarm["trigger"].dt == -timedelta(days=60)


def test_no_secret_is_in_any_of_it(machine, capsys):
    machine.made(100)
    machine.admin(30)
    machine.report("--ical", str(machine.folder / "ends.ics"), "--json", str(machine.folder / "ends.json"))

    written = (machine.folder / "ends.ics").read_text() + (machine.folder / "ends.json").read_text()
    assert "canary" not in written + capsys.readouterr().out


@pytest.mark.parametrize("at", ["yesterday", "2027-01-02T00:00:00"])
def test_a_moment_that_is_none_is_refused_as_unknown(machine, at, capsys):
    assert main(["report", "--inventory", str(machine.inventory), "--at", at]) == 3
    assert "ISO 8601" in capsys.readouterr().err
