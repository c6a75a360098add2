"""A rotation from one step to the next, and what the vendor can sign in with at each."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from graphmail.credentials import read
from graphmail.evidence import Run
from graphmail.handover.opening import Opening
from graphmail.handover.received import take_in
from graphmail.journal.recovery import recover
from graphmail.state import StateFolder
from tests.killed import Killer
from tests.modules.handover.conftest import CEO, NAME, SUPPORT
from tests.sandbox_process import CONTOSO

ROTATION, PASSWORD = "credential_rotation", "entra_application_password"
DAY = 86400


@pytest.fixture
def credential(task):
    """Of a shorter life than how ops signs in, so that its end can be waited for."""
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    return read(Path(task(PASSWORD, application="kundo-mail", lifetime="90 days")["sealed"]))


class Rotation:
    """Does what the role does, one step at a time; after each, `works` says which secrets sign in."""

    def __init__(self, task, sandbox, to_ssh, prove, ssh_key, released):
        self.task, self.sandbox, self.prove, self.ssh_key = task, sandbox, prove, ssh_key
        self.to_ssh, self.released = to_ssh, released
        self.wanted = {
            "application": "kundo-mail",
            "mailboxes": [SUPPORT],
            "outside_mailbox": CEO,
            "recipients": to_ssh["recipients"],
        }

    def next(self, **params):
        return self.task(ROTATION, **self.wanted | params)

    def add(self, said):
        made = self.task(PASSWORD, application="kundo-mail", replaces=said["replaces"])
        self.sandbox.settle(CONTOSO)
        return made["key_id"]

    def hand_over(self, key_id):
        self.prove(key_id=key_id)
        return Path(self.task(NAME, **self.to_ssh)["path"])

    def acknowledge(self, path):
        opening = Opening.of(path, self.ssh_key)
        now = datetime.fromisoformat(self.sandbox.now(CONTOSO))
        receipt = opening.acknowledge(now, now)
        take_in(receipt, StateFolder(self.task.state, "contoso"), CONTOSO, self.to_ssh["recipients"])

    def works(self):
        secrets = [read(path) for path in self.task.state.glob("contoso/credentials/**/*.age")]
        self.sandbox.settle(CONTOSO)
        return {
            s.key_id
            for s in secrets
            if self.sandbox.token_answer(CONTOSO, client_id=s.client_id, client_secret=s.client_secret).status_code
            == 200
        }


@pytest.fixture
def rotation(task, sandbox, credential, to_ssh, prove, ssh_key, released):
    """Contoso, whose vendor has a secret and said so; it ends in a month."""
    task("entra_service_principal", application="kundo-mail")
    sandbox.settle(CONTOSO)
    rotation = Rotation(task, sandbox, to_ssh, prove, ssh_key, released)
    rotation.old = credential.key_id
    rotation.acknowledge(rotation.hand_over(credential.key_id))
    rotation.next()
    sandbox.advance(CONTOSO, 40 * DAY)
    return rotation


def test_a_whole_rotation_leaves_no_moment_without_a_delivered_one_that_works(rotation, sandbox, task):
    said = rotation.next()
    assert (said["status"], said["replaces"]) == ("add", rotation.old)
    assert rotation.works() == {rotation.old}

    new = rotation.add(said)
    assert rotation.works() == {rotation.old, new}
    assert rotation.next()["status"] == "prove"

    path = rotation.hand_over(new)
    said = rotation.next()
    assert (said["status"], said["key_id"]) == ("awaiting_receipt", new)
    assert "awaiting_receipt" in json.loads((task.state / "contoso" / "pending.json").read_text())["subject"]

    rotation.acknowledge(path)
    assert rotation.next()["status"] == "grace"
    assert rotation.works() == {rotation.old, new}

    sandbox.advance(CONTOSO, 7 * DAY)
    said = rotation.next()
    assert (said["status"], said["key_id"], said["kind"]) == ("remove", rotation.old, "secret")
    assert rotation.works() == {rotation.old, new}

    task(PASSWORD, application="kundo-mail", state="absent", key_id=rotation.old)
    assert rotation.works() == {new}
    said = rotation.next()
    assert (said["status"], said["key_id"]) == ("prove_removed", rotation.old)
    assert "AADSTS7000215" in said["msg"]
    assert rotation.next()["status"] == "nothing"
    assert not (task.state / "contoso" / "pending.json").exists()
    assert not task(PASSWORD, application="kundo-mail")["changed"]


def test_that_the_old_one_is_dead_is_recorded(rotation, sandbox, task):
    new = rotation.add(rotation.next())
    rotation.acknowledge(rotation.hand_over(new))
    assert rotation.next(grace="none")["status"] == "remove"
    task(PASSWORD, application="kundo-mail", state="absent", key_id=rotation.old)

    rotation.next()

    records = Run(task.run.evidence, "contoso", task.run.run_id).records()
    (record,) = (record for record in records if record.notebook == "rotation")
    assert (record.verdict, record.subject.key_id) == ("passed", rotation.old)


def test_one_that_still_works_after_it_was_taken_back_is_red_and_tried_again(rotation, sandbox, task):
    new = rotation.add(rotation.next())
    rotation.acknowledge(rotation.hand_over(new))
    rotation.next(grace="none")
    sandbox.delays(CONTOSO, secret=10 * DAY)
    task(PASSWORD, application="kundo-mail", state="absent", key_id=rotation.old)

    assert "not proved dead" in task.failed(ROTATION, **rotation.wanted)
    sandbox.advance(CONTOSO, 11 * DAY)

    assert rotation.next()["status"] == "prove_removed"


def test_one_that_a_dead_run_took_off_the_app_is_taken_back_and_tried_all_the_same(rotation, sandbox, task):
    new = rotation.add(rotation.next())
    rotation.acknowledge(rotation.hand_over(new))
    assert rotation.next(grace="none")["status"] == "remove"
    path = "/applications(uniqueName='kundo-mail')/removePassword"
    sandbox.by_hand(CONTOSO, "POST", path, {"keyId": rotation.old})
    assert not task(PASSWORD, application="kundo-mail")["changed"]

    said = rotation.next(grace="none")
    assert (said["status"], said["key_id"], said["kind"]) == ("remove", rotation.old, "secret")
    task(PASSWORD, application="kundo-mail", state="absent", key_id=rotation.old)

    assert rotation.next()["status"] == "prove_removed"
    assert rotation.next()["status"] == "nothing"


def test_after_an_offboarding_what_was_taken_back_is_tried_and_recorded_too(rotation, task):
    task(PASSWORD, application="kundo-mail", state="absent")

    assert rotation.next()["status"] == "prove_removed"

    records = Run(task.run.evidence, "contoso", task.run.run_id).records()
    assert [record.verdict for record in records if record.notebook == "rotation"] == ["passed"]
    assert rotation.next()["status"] == "nothing"


def test_while_a_dead_run_s_secret_is_not_to_be_seen_yet_no_third_one_is_made(rotation, sandbox, task, monkeypatch):
    stale = sandbox.by_hand(CONTOSO, "GET", "/applications(uniqueName='kundo-mail')")
    said = rotation.next()
    killer = Killer(monkeypatch)
    adds = [p for p in killer.points_of(lambda: rotation.add(said)) if p.after and p.asked.endswith("addPassword")]
    new = rotation.next()["key_id"]
    task(PASSWORD, application="kundo-mail", state="absent", key_id=new)
    rotation.next()
    killer.kill(adds[0], lambda: rotation.add(said))
    sandbox.mark()
    sandbox.fault(CONTOSO, "graph", "GET", "*/applications*", status=200, body=stale)

    rotation.add(said)

    assert [w["request"].rpartition("/")[2] for w in sandbox.writes] == ["removePassword", "addPassword"]


def test_an_operator_may_say_that_the_vendor_has_it(rotation):
    new = rotation.add(rotation.next())
    rotation.hand_over(new)

    assert rotation.next(acknowledged=[new])["status"] == "grace"


def test_without_a_key_that_can_sign_it_is_said_how_to_go_on(rotation, handover, task):
    new = rotation.add(rotation.next())
    rotation.hand_over(new)
    task(NAME, **handover)

    said = rotation.next(recipients=handover["recipients"])

    assert any(f"rotation_acknowledged={new}" in warning for warning in said["warnings"])


@pytest.mark.parametrize("check", [False, True])
def test_another_kind_in_the_middle_of_a_rotation_makes_no_third_one(rotation, sandbox, task, check):
    new = rotation.add(rotation.next())
    sandbox.mark()

    message = task.failed("entra_application_key", application="kundo-mail", check=check)

    assert f"credential {new} to have taken the place of {rotation.old}" in message
    assert sandbox.writes == []


@pytest.mark.parametrize("check", [True, False])
def test_where_somebody_removed_both_another_kind_is_made(rotation, sandbox, task, check):
    new = rotation.add(rotation.next())
    for key_id in (rotation.old, new):
        path = "/applications(uniqueName='kundo-mail')/removePassword"
        sandbox.by_hand(CONTOSO, "POST", path, {"keyId": key_id})
    sandbox.settle(CONTOSO)

    assert task("entra_application_key", application="kundo-mail", check=check)["changed"]
    assert task(PASSWORD, application="kundo-mail", check=True)["changed"]


def test_one_that_somebody_saw_is_replaced_though_it_is_not_due(task, sandbox, credential, to_ssh, prove, ssh_key):
    wanted = {
        "application": "kundo-mail",
        "mailboxes": [SUPPORT],
        "outside_mailbox": CEO,
        "recipients": to_ssh["recipients"],
    }
    assert task(ROTATION, **wanted)["status"] == "nothing"

    assert task(ROTATION, **wanted, replace=[credential.key_id])["status"] == "add"


def test_the_old_one_stays_while_the_new_one_gets_no_token(rotation, sandbox, task):
    new = rotation.add(rotation.next())
    rotation.acknowledge(rotation.hand_over(new))
    rotation.next(acknowledged=[new])
    path = "/applications(uniqueName='kundo-mail')/removePassword"
    sandbox.by_hand(CONTOSO, "POST", path, {"keyId": new})
    sandbox.advance(CONTOSO, 8 * DAY)

    message = task.failed(ROTATION, **rotation.wanted)

    assert new in message
    assert rotation.works() == {rotation.old}


def test_check_says_what_would_be_next_and_writes_nothing(rotation, task, sandbox):
    before = (task.state / "contoso" / "journal.jsonl").read_bytes()
    sandbox.mark()

    assert task(ROTATION, check=True, **rotation.wanted)["status"] == "add"

    assert sandbox.writes == []
    assert (task.state / "contoso" / "journal.jsonl").read_bytes() == before


@pytest.mark.parametrize("kept", ["keep", "federated"])
def test_what_ends_elsewhere_is_left_alone(rotation, kept):
    said = rotation.next(**{kept: True})

    assert (said["status"], said["credentials"]) == ("nothing", [])


def test_a_wrong_span_says_what_is_allowed(task, rotation):
    assert "such as 7 days" in task.failed(ROTATION, **rotation.wanted, grace="a week")


def test_a_vendor_with_another_key_gets_it_too_before_it_is_waited_for(rotation, handover, task):
    new = rotation.add(rotation.next())
    rotation.acknowledge(rotation.hand_over(new))

    said = rotation.next(recipients=handover["recipients"])
    assert (said["status"], said["key_id"]) == ("hand_over", new)
    task(NAME, **handover)

    assert rotation.next(recipients=handover["recipients"])["status"] == "awaiting_receipt"


def test_a_vendor_who_has_acknowledged_it_stays_acknowledged_with_another_key(rotation, handover):
    new = rotation.add(rotation.next())
    rotation.acknowledge(rotation.hand_over(new))
    assert rotation.next()["status"] == "grace"

    assert rotation.next(recipients=handover["recipients"])["status"] == "grace"


def test_who_wants_one_replaced_that_cannot_be_is_told(rotation):
    new = rotation.add(rotation.next())

    said = rotation.next(replace=[new, "a-typo"])
    assert any(f"{new} cannot be replaced yet" in warning for warning in said["warnings"])
    assert said["strangers"] == ["a-typo"]
    said = rotation.next(replace=[rotation.old])
    assert ("warnings" in said, said["strangers"]) == (False, [])


def test_a_retired_copy_that_does_not_open_is_told_and_keeps_no_due_one_from_being_replaced(rotation, sandbox, task):
    new = rotation.add(rotation.next())
    rotation.acknowledge(rotation.hand_over(new))
    assert rotation.next(grace="none")["status"] == "remove"
    task(PASSWORD, application="kundo-mail", state="absent", key_id=rotation.old)
    copy = task.state / "contoso" / "credentials" / "retired" / f"{rotation.old}.age"
    copy.write_bytes(copy.read_bytes()[:50])

    said = rotation.next()

    assert (said["status"], said["key_id"]) == ("nothing", new)
    assert any("cannot be tried" in warning for warning in said["warnings"])


def test_an_outcome_whose_intent_was_lost_claims_nothing(rotation, task):
    journal = task.state / "contoso" / "journal.jsonl"
    rotation.released()
    lines = journal.read_bytes().splitlines(keepends=True)
    damaged = next(line for line in lines if b'"intent"' in line and b"addPassword" in line)
    journal.write_bytes(b"".join(line[:20] + line[40:] if line == damaged else line for line in lines))
    recover(StateFolder(task.state, "contoso"))

    assert rotation.next()["status"] == "nothing"


@pytest.mark.parametrize("since", [{"keep": True}, {"federated": True}])
def test_nobody_waits_for_a_receipt_any_more_where_the_vendor_keeps_its_own(rotation, task, since):
    new = rotation.add(rotation.next())
    rotation.hand_over(new)
    assert rotation.next()["status"] == "awaiting_receipt"

    assert rotation.next(**since)["status"] == "nothing"

    assert not (task.state / "contoso" / "pending.json").exists()


def test_a_step_that_changed_nothing_is_not_tried_for_ever(rotation, task):
    assert rotation.next(last_step="prove elsewhere")["status"] == "add"

    said = task.failed(ROTATION, **rotation.wanted, last_step=f"add {rotation.old}")

    assert "does not go on" in said
