"""The migration of a customer whose vendor keeps a secret: each proof has one of its own, and holds pass without it."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import product

import pytest

from graphmail.transport import Transport
from tests.modules.migrated import AFTER, ASKED, BEFORE, CEO, NAME, OVER, SUPPORT, Migration, onboard, standing
from tests.modules.vendor import Vendor
from tests.sweep import sampled

PASSWORD = {"application": "kundo-mail", "lifetime": "2 days", "proof": True}
TRIED = {"application": "kundo-mail", "mailboxes": [SUPPORT], "outside_mailbox": CEO}
HOLDS = ("hold", "outlast", "settle", "act", "outlast_back", "fade")


class Killed(BaseException):
    """Nothing of ours catches it."""


class Keeping(Vendor):
    """Signs in anew at each look, and counts the secrets that the app has then."""

    def __init__(self, contoso, migration):
        super().__init__(contoso, SUPPORT, CEO)
        self.key_id = contoso.secrets()[0]["keyId"]
        self.migration = migration
        self.seen = []  # (step that is under way, proofs' secrets on the app)

    def look(self):
        self._token = ""
        super().look()
        names = [secret["displayName"] or "" for secret in self._contoso.secrets()]
        assert self.key_id in [secret["keyId"] for secret in self._contoso.secrets()]
        self.seen.append((self.migration.step_now, sum(name.startswith("graphmail proof ") for name in names)))


class Kept(Migration):
    """Calls the modules as the role does."""

    def __init__(self, task, contoso):
        super().__init__(task, contoso)
        self.step_now = ""
        self.vendor = Keeping(contoso, self)

    def step(self, **params):
        return self.round(**params)

    def round(self, **params):
        told = self.task._perform(NAME, ASKED | {"proof": True} | params, check=False, customer="contoso")
        self.vendor.look()
        if told.get("failed"):
            return told
        self.said.append(told)
        self.step_now = told["step"]
        if told["proof_credential"] == "missing":
            self.task("entra_application_password", **PASSWORD)
        elif told["proof_credential"] == "spent":
            self.retire()
        return told

    def retire(self):
        self.task("entra_application_password", **PASSWORD, state="absent")
        return self.task("retired_proof_info", **TRIED)

    def done(self):
        told = self.run()
        assert not told.get("failed"), told["msg"]
        assert told["status"] == "done"

    def run(self, **params):
        """A whole run; what it ended with."""
        self.said.clear()
        try:
            self.retire()
            while True:
                told = self.round(**params)
                if told.get("failed") or told["status"] in OVER:
                    return told
        finally:
            self.retire()

    def goes_on(self):
        """A run that nobody cleans up after."""
        while True:
            self.round()

    @property
    def records(self):
        return [json.loads(p.read_text()) for p in self.task.run.evidence.glob("contoso/*/bag/data/records/*.json")]


@pytest.fixture
def migration(task, contoso, sandbox, monkeypatch):
    onboard(task, sandbox, keep=True)
    migration = Kept(task, contoso)
    contoso.settled()
    migration.vendor.look()
    migration.vendor.along(monkeypatch)
    return migration


def left_alone(migration):
    """The vendor alone has a secret again, which worked at every look; nobody else was let in or shut out."""
    vendor = migration.vendor
    assert [secret["keyId"] for secret in migration.contoso.secrets()] == [vendor.key_id]
    assert max(count for _step, count in vendor.seen) == 1
    assert {count for step, count in vendor.seen if step in HOLDS} <= {0}
    assert vendor.of(SUPPORT) == {(200, 400)}
    assert vendor.of(CEO) == {(403, 403)}
    tried = [record for record in migration.records if record["notebook"] == "proof_retired"]
    assert {record["verdict"] for record in tried} == {"passed"}
    folder = migration.task.state / "contoso" / "credentials"
    assert list(folder.glob("*.age")) == []
    retired = {path.stem for path in (folder / "retired").glob("*.age")}
    assert {record["subject"]["key_id"] for record in tried} == retired
    return retired


def test_forward_with_a_secret_for_each_proof_and_none_in_a_hold(migration, contoso):
    migration.done()
    assert standing(contoso) == AFTER
    retired = left_alone(migration)
    proved = [record for record in migration.records if record["notebook"].startswith("migration_")]
    assert {record["subject"]["key_id"] for record in proved} == retired
    assert len(retired) == len(proved) == 3
    holds = [step for step, _count in migration.vendor.seen if step in HOLDS]
    assert len(holds) > 50


def test_none_lives_longer_than_its_proof_takes(migration, sandbox):
    migration.run()
    made = [w["at"] for w in sandbox.writes if "addPassword" in w["request"]]
    removed = [w["at"] for w in sandbox.writes if "removePassword" in w["request"]]
    lives = [seconds(*pair) for pair in zip(made, removed, strict=True)]
    assert len(lives) == 3
    assert max(lives) < 900


def seconds(first, second):
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def test_a_red_step_takes_it_back_and_the_way_back_is_proved_with_others(migration, contoso):
    migration.until("outlast")
    contoso.grant("Mail.Send")
    told = migration.run()
    assert "is rolled back; the state before is back, and proved" in told["msg"]
    assert standing(contoso) == BEFORE
    left_alone(migration)


def test_a_proof_that_is_red_leaves_none_in_the_holds_of_the_way_back(migration, contoso):
    migration.until("prove")
    contoso.cmdlet("Remove-ManagementRoleAssignment", Identity="kundo-mail Application Mail.Send", Confirm=False)
    told = migration.run()
    assert "is rolled back" in told["msg"]
    assert standing(contoso) == BEFORE
    assert [secret["keyId"] for secret in contoso.secrets()] == [migration.vendor.key_id]
    assert {count for step, count in migration.vendor.seen if step in HOLDS} <= {0}


def test_a_run_that_ends_in_the_hold_leaves_none_and_the_next_goes_on(migration, contoso, sandbox):
    assert migration.run(stay=False)["status"] == "held"
    assert [secret["keyId"] for secret in contoso.secrets()] == [migration.vendor.key_id]
    sandbox.advance(contoso.tenant, 7200)
    migration.done()
    assert standing(contoso) == AFTER
    left_alone(migration)


def test_what_cannot_be_migrated_makes_no_secret(migration, contoso, sandbox):
    group = {"Name": "Nested", "Type": "Security", "PrimarySmtpAddress": "nested@contoso.example"}
    contoso.cmdlet("New-DistributionGroup", **group)
    contoso.add_member("nested@contoso.example")
    assert "cannot be migrated yet; nothing was written" in migration.run()["msg"]
    assert sandbox.writes == []


def test_without_one_nothing_is_proved_and_no_step_is_taken(migration, sandbox):
    for _ in range(3):
        told = migration.task(NAME, **ASKED, proof=True)
        assert (told["status"], told["step"], told["proof_credential"]) == ("next", "", "missing")
    assert migration.stored is None
    assert sandbox.writes == []


def test_a_check_needs_none(migration, task, sandbox):
    told = task(NAME, check=True, **ASKED, proof=True)
    assert (told["status"], told["proof_credential"]) == ("planned", "")
    assert sandbox.writes == []


# Where the path has the word, its answer is the last thing that the run hears; "" is the proof's first request.
WORDS, STEPS = ["addPassword", "removePassword", "token"], ["", "prove"]


@pytest.mark.parametrize(
    ("word", "step"),
    sampled(product(WORDS, STEPS), ("addPassword", ""), ("removePassword", "prove")),
)
def test_what_a_killed_run_left_is_taken_back_and_tried_by_the_next(migration, contoso, monkeypatch, word, step):
    if step:
        migration.until(step)
        migration.retire()
    send, armed = Transport.send, [True]

    def killed(transport, request, *arguments, **options):
        reply = send(transport, request, *arguments, **options)
        if armed and word in request.url and (word != "token" or migration.said[-1]["proof_credential"] == "missing"):
            armed.clear()
            raise Killed
        return reply

    monkeypatch.setattr(Transport, "send", killed)
    with pytest.raises(Killed):
        migration.goes_on()
    migration.done()
    assert standing(contoso) == AFTER
    left_alone(migration)
