from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from graphmail.credentials import SealedCredential, read
from graphmail.errors import TenantError

NAME = "entra_application_password"
SECRET = {"application": "kundo-mail"}


@pytest.fixture
def app(task, sandbox):
    """An app that can sign in, without any secret."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    sandbox.mark()
    return made


@pytest.fixture
def journal(task):
    """What the customer's journal says of secrets: `journal()` is a list of entries."""
    path = task.state / "contoso" / "journal.jsonl"

    def entries():
        # Without their digests, so that a test may write a changed one down.
        read = [{k: v for k, v in json.loads(line).items() if k != "sum"} for line in path.read_text().splitlines()]
        return [entry for entry in read if not entry["marker"].startswith("entra_")]

    return entries


def everything_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_makes_one_secret_that_signs_in_and_seals_it(task, app, contoso, sandbox):
    result = task(NAME, lifetime="12 months", **SECRET)
    assert result["changed"]
    assert result["diff"] == {"before": {}, "after": {"lifetime": "12 months"}}
    (secret,) = contoso.secrets()
    assert secret["keyId"] == result["key_id"]
    sealed = read(Path(result["sealed"]))
    assert (sealed.client_id, sealed.key_id) == (app["client_id"], result["key_id"])
    contoso.settled()
    sandbox.token(contoso.tenant, client_id=sealed.client_id, client_secret=sealed.client_secret)


def test_the_secret_lives_as_long_as_asked(task, app, sandbox, contoso):
    result = task(NAME, lifetime="12 months", **SECRET)
    left = datetime.fromisoformat(result["expires"]) - datetime.fromisoformat(sandbox.now(contoso.tenant))
    assert timedelta(days=364) < left < timedelta(days=367)
    assert contoso.secrets()[0]["endDateTime"][:10] == result["expires"][:10]


def test_the_secret_stands_nowhere_but_in_the_sealed_file(task, app, tmp_path):
    result = task(NAME, **SECRET)
    secret = read(Path(result["sealed"])).client_secret
    assert secret not in json.dumps(result)
    assert secret.encode() not in everything_below(tmp_path)


def test_second_run_makes_nothing_also_for_another_lifetime(task, app, sandbox):
    first = task(NAME, **SECRET)
    sandbox.mark()
    again = task(NAME, lifetime="6 months", **SECRET)
    assert not again["changed"]
    assert (again["key_id"], again["sealed"]) == (first["key_id"], first["sealed"])
    assert sandbox.writes == []


def test_the_intent_is_on_disk_before_the_secret_is_made(task, app, contoso, journal):
    task(NAME, **SECRET)
    intent, outcome = journal()
    assert (intent["kind"], outcome["kind"], outcome["result"]) == ("intent", "outcome", "sealed")
    assert contoso.secrets()[0]["displayName"] == intent["marker"] == outcome["marker"]


def test_removes_it_and_removing_again_writes_nothing(task, app, contoso, sandbox):
    made = task(NAME, **SECRET)
    assert task(NAME, state="absent", **SECRET)["changed"]
    assert contoso.secrets() == []
    # Out of the way and not lost: it proves later that it opens nothing.
    sealed = Path(made["sealed"])
    assert not sealed.exists()
    assert (sealed.parent / "retired" / sealed.name).exists()
    sandbox.mark()
    assert not task(NAME, state="absent", **SECRET)["changed"]
    assert sandbox.writes == []


def test_removing_leaves_a_secret_that_nobody_here_made(task, app, contoso):
    task(NAME, **SECRET)
    other = contoso.graph("POST", f"/applications/{app['object_id']}/addPassword", {})
    contoso.settled()
    task(NAME, state="absent", **SECRET)
    assert [secret["keyId"] for secret in contoso.secrets()] == [other["keyId"]]


def test_check_predicts_making_and_removing_and_writes_nothing(task, app, sandbox):
    for wanted in ({"lifetime": "12 months"}, {"state": "absent"}):
        sandbox.mark()
        before = everything_below(task.state / "contoso")
        check = task(NAME, check=True, **wanted, **SECRET)
        assert sandbox.writes == []
        assert everything_below(task.state / "contoso") == before
        run = task(NAME, **wanted, **SECRET)
        assert check["changed"]
        assert (check["changed"], check["diff"]) == (run["changed"], run["diff"])


def test_check_predicts_the_secret_of_an_app_that_the_same_check_would_make(task, sandbox):
    task("entra_application", check=True, unique_name="kundo-mail", display_name="Kundo Mail")
    result = task(NAME, check=True, **SECRET)
    assert (result["changed"], result["key_id"], result["sealed"]) == (True, "(assigned by Microsoft)", "")
    assert sandbox.writes == []


@pytest.mark.parametrize("lifetime", ["soon", "0 days", "-1 months", "24"])
def test_a_wrong_lifetime_names_what_is_allowed(task, app, sandbox, lifetime):
    message = task.failed(NAME, lifetime=lifetime, **SECRET)
    assert "days, weeks, months or years" in message
    assert sandbox.writes == []


def test_a_refused_request_names_the_right_and_the_request(task, contoso, sandbox):
    made = contoso.graph("POST", "/applications", {"displayName": "Kundo Mail"})
    contoso.withdraw("Application.ReadWrite.All")
    message = task.failed(NAME, client_id=made["appId"], **SECRET)
    assert "Application.ReadWrite.All" in message
    refused = {r["request_id"] for r in sandbox.requests(contoso.tenant) if r["status"] == 403}
    assert any(request_id in message for request_id in refused)
    assert sandbox.writes == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("CredentialTypeNotAllowedAsPerAppPolicy", "use a certificate"),
        ("CredentialInvalidLifetimeAsPerAppPolicy", "shorten credential.lifetime"),
    ],
)
def test_a_tenant_that_forbids_the_secret_is_told_with_the_way_out(task, app, contoso, sandbox, journal, code, told):
    error = {"code": code, "message": "As per assigned policy."}
    sandbox.fault(contoso.tenant, "graph", "POST", "*/addPassword", status=400, body={"error": error})
    assert told in task.failed(NAME, **SECRET)
    assert [entry.get("result") for entry in journal()] == [None, "refused"]


def test_a_secret_whose_answer_got_lost_is_removed_and_the_next_run_makes_another(task, app, contoso, sandbox):
    sandbox.fault(contoso.tenant, "graph", "POST", "*/addPassword", when="after")
    task.failed(NAME, **SECRET)
    assert contoso.secrets() == []
    result = task(NAME, **SECRET)
    assert [secret["keyId"] for secret in contoso.secrets()] == [result["key_id"]]


def test_what_a_dead_run_left_is_shown_and_removed(task, app, contoso, sandbox, journal):
    task(NAME, **SECRET)
    left = contoso.secrets()[0]
    # As if the run had died between the answer and the sealing.
    (task.state / "contoso" / "journal.jsonl").write_text(json.dumps(journal()[0]) + "\n")
    for sealed in (task.state / "contoso" / "credentials").iterdir():
        sealed.unlink()
    contoso.settled()
    check = task(NAME, check=True, **SECRET)
    result = task(NAME, **SECRET)
    assert check["diff"] == result["diff"]
    assert result["diff"]["before"] == {"left_over": [left["displayName"]]}
    assert [secret["keyId"] for secret in contoso.secrets()] == [result["key_id"]]
    assert result["key_id"] != left["keyId"]


def test_a_secret_made_from_another_state_folder_is_never_touched(task, app, contoso, sandbox):
    made = task(NAME, **SECRET)
    (task.state / "contoso" / "journal.jsonl").unlink()
    sandbox.mark()
    for state in ("present", "absent"):
        message = task.failed(NAME, state=state, **SECRET)
        assert made["key_id"] in message
        assert "docs/operators.md" in message
    assert sandbox.writes == []


def test_a_missing_sealed_file_stops_it(task, app, sandbox):
    made = task(NAME, **SECRET)
    Path(made["sealed"]).unlink()
    sandbox.mark()
    message = task.failed(NAME, **SECRET)
    assert made["sealed"] in message
    assert sandbox.writes == []


def test_an_expired_secret_stops_it_and_names_where_the_steps_stand(task, app, contoso, sandbox):
    task(NAME, lifetime="30 days", **SECRET)
    sandbox.advance(contoso.tenant, 31 * 86400)
    sandbox.mark()
    assert "docs/operators.md" in task.failed(NAME, **SECRET)
    assert sandbox.writes == []


def test_a_secret_removed_by_hand_is_made_anew_with_a_warning(task, app, contoso):
    made = task(NAME, **SECRET)
    contoso.graph("POST", f"/applications/{app['object_id']}/removePassword", {"keyId": made["key_id"]})
    contoso.settled()
    result = task(NAME, **SECRET)
    assert result["changed"]
    assert any(made["key_id"] in warning for warning in result["warnings"])


def test_without_anybody_to_seal_to_no_secret_is_made(task, app, sandbox, monkeypatch):
    monkeypatch.delenv("GRAPHMAIL_IDENTITY")
    task.failed(NAME, **SECRET)
    assert sandbox.writes == []


@pytest.mark.parametrize("status", [404, 409])
def test_a_refusal_that_was_none_leaves_no_secret_that_nobody_holds(task, app, contoso, sandbox, journal, status):
    sandbox.fault(contoso.tenant, "graph", "POST", "*/addPassword", when="after", status=status)
    task.failed(NAME, **SECRET)
    assert contoso.secrets() == []
    assert [entry.get("result") for entry in journal()] == [None, "removed"]


def test_an_error_that_no_service_signed_leaves_the_intent_open(task, app, contoso, sandbox, journal):
    sandbox.fault(contoso.tenant, "graph", "POST", "*/addPassword", status=403, body="<html>a gateway's page</html>")
    task.failed(NAME, **SECRET)
    assert [entry["kind"] for entry in journal()] == ["intent"]


def test_a_removal_whose_answer_got_lost_is_done_all_the_same(task, app, contoso, sandbox):
    task(NAME, **SECRET)
    contoso.settled()
    sandbox.fault(contoso.tenant, "graph", "POST", "*/removePassword", when="after", status=503)
    assert task(NAME, state="absent", **SECRET)["changed"]
    assert contoso.secrets() == []


def test_a_secret_removed_by_hand_is_waited_for_once(task, app, contoso, sandbox):
    made = task(NAME, **SECRET)
    contoso.graph("POST", f"/applications/{app['object_id']}/removePassword", {"keyId": made["key_id"]})
    contoso.settled()
    task(NAME, **SECRET)
    contoso.settled()
    began = datetime.fromisoformat(sandbox.now(contoso.tenant))
    again = task(NAME, **SECRET)
    took = datetime.fromisoformat(sandbox.now(contoso.tenant)) - began
    assert not again["changed"]
    assert "warnings" not in again
    assert took < timedelta(seconds=60)


@pytest.mark.parametrize("wanted", [{"check": True}, {"state": "absent"}])
def test_a_warning_about_a_secret_that_is_gone_claims_no_other(task, app, contoso, wanted):
    made = task(NAME, **SECRET)
    contoso.graph("POST", f"/applications/{app['object_id']}/removePassword", {"keyId": made["key_id"]})
    contoso.settled()
    (warning,) = task(NAME, **wanted, **SECRET)["warnings"]
    assert warning == f"Customer contoso: Credential {made['key_id']}, made here, is no longer on the app."


def test_a_secret_that_only_seemed_to_be_gone_counts_again(task, app, contoso, sandbox, journal):
    made = task(NAME, **SECRET)
    gone = journal()[-1] | {"result": "gone", "facts": {"key_id": made["key_id"], "end": made["expires"]}}
    with (task.state / "contoso" / "journal.jsonl").open("a") as file:
        file.write(json.dumps(gone) + "\n")
    sandbox.mark()
    assert task(NAME, **SECRET)["key_id"] == made["key_id"]
    assert sandbox.writes == []
    assert journal()[-1]["result"] == "sealed"


def test_an_intent_whose_effect_never_shows_is_settled_after_days(task, app, contoso, sandbox, journal):
    task(NAME, **SECRET)
    marker = "graphmail 00000000-0000-4000-8000-000000000000"
    with (task.state / "contoso" / "journal.jsonl").open("a") as file:
        file.write(json.dumps(journal()[0] | {"marker": marker}) + "\n")
    contoso.settled()
    (warning,) = task(NAME, **SECRET)["warnings"]
    assert marker in warning
    sandbox.advance(contoso.tenant, 3 * 86400)
    task(NAME, **SECRET)
    assert (journal()[-1]["marker"], journal()[-1]["result"]) == (marker, "unseen")
    assert "warnings" not in task(NAME, **SECRET)


def test_a_secret_that_cannot_be_sealed_is_removed_at_once(task, app, contoso, sandbox, journal, monkeypatch):
    def full(*arguments):
        raise TenantError("The disk is full")

    monkeypatch.setattr(SealedCredential, "write", full)
    assert "The disk is full" in task.failed(NAME, **SECRET)
    assert contoso.secrets() == []
    assert [entry.get("result") for entry in journal()] == [None, "removed"]
