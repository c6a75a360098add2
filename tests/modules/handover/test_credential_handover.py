from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from graphmail.credentials import read
from graphmail.sealed import new_identity
from tests.modules.handover.conftest import CEO, NAME, SUPPORT
from tests.sandbox_process import CONTOSO


def test_seals_the_proved_credential_to_the_vendor(task, credential, prove, handover, vendor, sandbox):
    prove()
    sandbox.mark()
    result = task(NAME, **handover)
    assert result["changed"]
    assert result["diff"] == {"before": {}, "after": {"recipients": handover["recipients"]}}
    assert result["key_id"] == credential.key_id
    assert read(Path(result["path"]), vendor) == credential
    assert read(Path(result["path"])) == credential
    assert sandbox.writes == []


def test_the_note_says_what_it_is_and_holds_no_secret(task, credential, prove, handover):
    prove()
    note = Path(task(NAME, **handover)["path"]).with_suffix(".txt").read_text()
    for told in (credential.client_id, credential.key_id, CONTOSO, SUPPORT, "SANDBOX"):
        assert told in note
    assert credential.client_secret not in note


def test_second_run_delivers_nothing(task, prove, handover):
    prove()
    first = task(NAME, **handover)
    content = Path(first["path"]).read_bytes()
    again = task(NAME, **handover)
    assert not again["changed"]
    assert (again["path"], again["key_id"]) == (first["path"], first["key_id"])
    assert Path(first["path"]).read_bytes() == content


def test_another_recipient_is_a_delivery_of_its_own(task, credential, prove, handover, tmp_path):
    prove()
    task(NAME, **handover)
    other = tmp_path / "other"
    result = task(NAME, **handover | {"recipients": [new_identity(other)]})
    assert result["changed"]
    assert read(Path(result["path"]), other) == credential


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x")])
def test_a_file_that_is_gone_or_changed_is_made_again(task, credential, prove, handover, vendor, damage):
    prove()
    path = Path(task(NAME, **handover)["path"])
    damage(path)
    assert task(NAME, **handover)["changed"]
    assert read(path, vendor) == credential


def test_check_predicts_it_and_seals_nothing(task, prove, handover):
    prove()
    check = task(NAME, check=True, **handover)
    assert not list((task.state / "contoso" / "handover").iterdir())
    run = task(NAME, **handover)
    assert (check["changed"], check["diff"]) == (run["changed"], run["diff"])
    assert not task(NAME, check=True, **handover)["changed"]


def test_check_predicts_the_credential_and_the_proof_that_the_same_check_would_make(task, handover):
    task("entra_application", check=True, unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_application_password", check=True, application="kundo-mail")
    assert task(NAME, check=True, **handover)["changed"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("proof", "told"),
    [
        ({"verdict": "failed"}, f"{CEO} IS REACHABLE"),
        ({"verdict": "unknown"}, "says unknown"),
        ({"age": timedelta(hours=24)}, "24 hours old"),
        ({"environment": "production"}, "environment"),
        ({"tenant_id": "5a4d0000-0000-4000-8000-000000000002"}, "tenant"),
        ({"client_id": "5a4d0000-0003-4000-8000-00000000a001"}, "client id"),
        ({"key_id": "5a4d0000-0003-4000-8000-00000000b001"}, "credential"),
        ({"mailboxes": [SUPPORT, CEO]}, "mailboxes"),
        ({"outside_mailbox": "sales@contoso.example"}, "outside mailbox"),
    ],
)
def test_a_proof_that_is_not_green_fresh_and_of_the_very_same_is_refused(task, prove, handover, proof, told, check):
    prove(**proof)
    message = task.failed(NAME, check=check, **handover)
    assert "contoso" in message
    assert told in message
    assert not list((task.state / "contoso" / "handover").iterdir())


def test_a_newer_red_proof_beats_an_older_green_one(task, prove, handover):
    prove(age=timedelta(hours=1))
    prove(verdict="failed")
    assert "says failed" in task.failed(NAME, **handover)


def test_a_red_proof_after_the_hand_over_says_that_the_vendor_has_it(task, credential, prove, handover, sandbox):
    prove()
    task(NAME, **handover)
    prove(age=-timedelta(minutes=1), verdict="failed")
    message = task.failed(NAME, **handover)
    assert f"{credential.key_id} was handed over on {sandbox.now(CONTOSO)[:10]} already" in message
    assert "disable the app" in message
    assert "stays sealed" not in message


def test_the_files_of_a_replaced_credential_are_moved_away(task, credential, prove, handover):
    prove()
    old = Path(task(NAME, **handover)["path"])
    task("entra_application_password", application="kundo-mail", state="absent")
    key_id = task("entra_application_password", application="kundo-mail")["key_id"]
    prove(key_id=key_id)
    new = task(NAME, **handover)
    folder = old.parent
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [f"{key_id}.age", f"{key_id}.txt"]
    moved = sorted(path.name for path in (folder / "replaced").iterdir())
    assert moved == [f"{credential.key_id}.age", f"{credential.key_id}.txt"]
    assert Path(new["note"]).is_file()


def test_without_any_proof_it_names_verify(task, credential, handover):
    assert "verify.yml" in task.failed(NAME, **handover)


def test_a_proof_that_became_old_is_refused_also_after_the_hand_over(task, prove, handover, sandbox):
    prove()
    task(NAME, **handover)
    sandbox.advance(CONTOSO, 25 * 3600)
    assert "25 hours old" in task.failed(NAME, **handover | {"recipients": ["age1" + "q" * 58]})


def test_a_wrong_recipient_says_what_a_key_looks_like(task, prove, handover):
    prove()
    message = task.failed(NAME, **handover | {"recipients": ["kundo@kundo.example"]})
    assert "age1…" in message
    assert not list((task.state / "contoso" / "handover").iterdir())
