"""A proof's secret that was taken back opens nothing: refusals that come late or never, and what stays unknown."""

from __future__ import annotations

import json

import pytest

NAME, PASSWORD = "retired_proof_info", "entra_application_password"
PROOF = {"application": "kundo-mail", "proof": True, "lifetime": "2 days"}
ASKED = {
    "application": "kundo-mail",
    "mailboxes": ["support@contoso.example"],
    "outside_mailbox": "ceo@contoso.example",
}


@pytest.fixture
def retired(task, contoso):
    """Key id of one that worked, and was taken back a moment ago."""
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    made = task(PASSWORD, **PROOF)["key_id"]
    contoso.settled()
    task(PASSWORD, **PROOF, state="absent")
    return made


def record(task):
    (path,) = task.run.evidence.glob("contoso/*/bag/data/records/proof_retired.json")
    return json.loads(path.read_text())


def copy(task, key_id):
    return task.state / "contoso" / "credentials" / "retired" / f"{key_id}.age"


def test_it_is_tried_once_and_recorded(task, retired, sandbox):
    told = task(NAME, **ASKED)
    assert (told["status"], told["changed"]) == ("passed", False)
    kept = record(task)
    assert kept["subject"]["key_id"] == retired
    found = {check["name"]: (check["verdict"], check["observed"]) for check in kept["checks"]}
    assert found == {
        f"listed {retired}": ("passed", "not among them"),
        f"token {retired}": ("passed", "AADSTS7000215, twice"),
    }
    assert copy(task, retired).exists()
    again = task(NAME, **ASKED)
    assert (again["status"], again["checks"], again["record"]) == ("nothing", [], "")


@pytest.fixture
def lingering(task, contoso, sandbox):
    """One that the token endpoint still accepts, for 600 s after its removal."""
    sandbox.delays(contoso.tenant, secret=600)
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    made = task(PASSWORD, **PROOF)["key_id"]
    contoso.settled()
    task(PASSWORD, **PROOF, state="absent")
    return made


def test_a_refusal_that_comes_late_is_waited_for(task, lingering):
    assert task(NAME, **ASKED)["status"] == "passed"
    (check,) = [check for check in record(task)["checks"] if check["name"] == f"token {lingering}"]
    assert check["attempts"] > 3
    assert 500 <= check["seconds"] < 900


def test_one_that_works_too_long_fails_and_is_tried_again(task, lingering):
    message = task.failed(NAME, **ASKED, max_wait=120)
    assert f"opens no token any more: {lingering}: it still gets a token 12" in message
    assert "To do: see in Entra" in message
    assert record(task)["verdict"] == "failed"
    assert task(NAME, **ASKED)["status"] == "passed"


def test_without_its_sealed_copy_it_is_unknown_and_not_green(task, retired):
    copy(task, retired).unlink()
    message = task.failed(NAME, **ASKED)
    assert "no sealed copy of it is left to try" in message
    assert record(task)["verdict"] == "unknown"
    # Nothing will change about that; it was told once.
    assert task(NAME, **ASKED)["status"] == "nothing"


def test_another_refusal_proves_nothing(task, contoso, sandbox, retired):
    """Of an app that somebody may enable again."""
    body = {"error": "unauthorized_client", "error_codes": [7000112], "error_description": "AADSTS7000112: disabled"}
    sandbox.fault(contoso.tenant, "entra", "POST", "*/token", status=400, body=body)
    assert "AADSTS7000112" in task.failed(NAME, **ASKED)
    assert record(task)["verdict"] == "unknown"
    assert task(NAME, **ASKED)["status"] == "passed"


def test_a_check_tries_nothing(task, retired):
    assert task(NAME, check=True, **ASKED)["status"] == "unknown"
    assert task(NAME, **ASKED)["status"] == "passed"


def test_the_vendors_and_the_delivered_secret_are_not_tried(task, contoso):
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task(PASSWORD, application="kundo-mail")
    task(PASSWORD, application="kundo-mail", state="absent")
    assert task(NAME, **ASKED)["status"] == "nothing"
