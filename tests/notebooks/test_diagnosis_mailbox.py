"""A test for each known cause about a mailbox and its sending; and what a diagnosis leaves alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from graphmail.diagnosis import CAUSES, open_diagnosis
from graphmail.errors import TenantError
from graphmail.evidence import runs
from graphmail.evidence.bag import check as check_bag
from tests.notebooks.diagnosed import diagnosed, names
from tests.notebooks.world import Onboarded
from tests.sandbox_process import EXAMPLE, running

SUPPORT, TRAINEE = "support@contoso.example", "trainee@contoso.example"


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Onboarded]:
    """Contoso, whose mailbox has no room for a single mail."""
    tenants = yaml.safe_load(EXAMPLE.read_text())
    next(u for u in tenants["tenants"][0]["users"] if u["address"] == SUPPORT)["quota"] = 100_000
    (tmp_path / "tenants.yml").write_text(yaml.safe_dump(tenants))
    (tmp_path / "sandbox").mkdir()
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    with running(tmp_path / "sandbox", tmp_path / "tenants.yml", "--in-memory") as sandbox:
        monkeypatch.setenv("GRAPHMAIL_SANDBOX", str(sandbox.path))
        yield Onboarded(sandbox, tmp_path, "contoso")


def refused(customer: Onboarded, code: str) -> None:
    """Graph refuses to send, with that code."""
    body = {"error": {"code": code, "message": "Cannot send mail."}}
    customer.sandbox.fault(customer.tenant, "graph", "POST", "*/sendMail", status=403, body=body)


def test_a_removed_mailbox(contoso):
    contoso.cmdlet("Remove-Mailbox", Identity=SUPPORT, Confirm=False)
    contoso.sandbox.settle(contoso.tenant)
    answer = diagnosed(contoso)
    assert (answer.cause, "can be restored" in answer.says) == ("mailbox_removed", True)


def test_a_mailbox_that_never_was(contoso):
    contoso.changed_inventory(mailboxes=[SUPPORT, "suport@contoso.example"])
    answer = diagnosed(contoso)
    assert (answer.cause, "no such user or mailbox" in answer.says) == ("mailbox_removed", True)


def test_a_mailbox_without_licence(contoso):
    contoso.changed_inventory(mailboxes=[SUPPORT, TRAINEE])
    answer = diagnosed(contoso)
    assert (answer.cause, TRAINEE in answer.says) == ("mailbox_unlicensed", True)
    assert "MailboxNotEnabledForRESTAPI" in str(answer.found[0].proof)


def test_a_mailbox_on_premises(contoso):
    rows = [{"Name": "support", "PrimarySmtpAddress": SUPPORT, "RecipientTypeDetails": "MailUser", "Guid": "1"}]
    contoso.sandbox.fault(contoso.tenant, "exchange", cmdlet="Get-Recipient", status=200, body={"value": rows})
    missing = {"error": {"code": "NotFound", "details": [{"message": "Ex1|X.ManagementObjectNotFoundException|gone"}]}}
    contoso.sandbox.fault(contoso.tenant, "exchange", cmdlet="Get-Mailbox", status=404, body=missing, times=9)
    assert diagnosed(contoso).cause == "mailbox_on_premises"


@pytest.mark.parametrize("limit", ["MaxSendSize", "MaxReceiveSize"])
def test_a_mailbox_that_is_too_small_for_large_mail(contoso, limit):
    contoso.sandbox.advance(contoso.tenant, 2 * 86400)
    contoso.cmdlet("Set-Mailbox", Identity=SUPPORT, **{limit: 4 * 1024 * 1024})
    answer = diagnosed(contoso, "only large mail fails")
    assert (names(answer), answer.explained) == (["mailbox_too_small"], True)
    assert answer.next_step.endswith(f"Set-Mailbox {SUPPORT} -{limit} 14MB")
    assert not diagnosed(contoso, "cannot send").explained


def test_a_full_mailbox(full):
    for number in range(60):
        body = {"subject": f"{number}", "body": {"contentType": "Text", "content": "x" * 2000}}
        full.sandbox.by_hand(full.tenant, "POST", f"/users/{SUPPORT}/messages", body, ok=False)
    answer = diagnosed(full, "cannot send")
    assert (answer.cause, "from 100,000 on it may not send" in answer.says) == ("mailbox_full", True)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("ErrorQuotaExceeded", "mailbox_full"),
        ("ErrorMessageSubmissionBlocked", "sender_blocked"),
        ("ErrorExceededMessageLimit", "sending_limit"),
    ],
)
def test_what_graph_itself_says_when_it_refuses_to_send(contoso, code, cause):
    refused(contoso, code)
    assert diagnosed(contoso, "cannot send").cause == cause


def test_a_mailbox_that_spam_protection_stopped(contoso):
    contoso.sandbox.control("PATCH", f"/tenants/{contoso.tenant}/mail-rules", {"blocked": [SUPPORT]})
    answer = diagnosed(contoso, "cannot send")
    assert (answer.cause, "Get-BlockedSenderAddress" in str(answer.found[0].proof)) == ("sender_blocked", True)


def test_of_several_causes_the_one_that_explains_the_symptom_is_named_first(contoso):
    contoso.withdraw("Mail.ReadWrite")
    contoso.sandbox.advance(contoso.tenant, 2 * 86400)
    contoso.sandbox.control("PATCH", f"/tenants/{contoso.tenant}/mail-rules", {"blocked": [SUPPORT]})
    assert names(diagnosed(contoso, "cannot send")) == ["sender_blocked", "read_write_missing"]
    assert names(diagnosed(contoso, "cannot read")) == ["read_write_missing", "sender_blocked"]


# What it leaves alone, and what it leaves


def test_nothing_is_changed_and_no_mail_is_read_or_sent(contoso):
    contoso.sandbox.mark()
    contoso.sandbox.control("DELETE", f"/tenants/{contoso.tenant}/requests")
    before = contoso.everywhere()
    diagnosed(contoso)
    asked = {(r["method"], r["path"]) for r in contoso.sandbox.requests(contoso.tenant)}
    in_mailboxes = {(method, path) for method, path in asked if f"/users/{SUPPORT}" in path}
    assert in_mailboxes == {
        ("GET", f"/users/{SUPPORT}/mailFolders/inbox"),
        ("POST", f"/users/{SUPPORT}/sendMail"),
    }
    assert not {method for method, _path in asked} - {"GET", "POST"}
    assert (contoso.sandbox.writes, contoso.everywhere()) == ([], before)


def test_as_the_admin_it_can_write_nothing_even_if_somebody_tried(contoso):
    told = contoso.parameters(symptom="cannot send")
    diagnosis = open_diagnosis(run_id="", **told)
    with pytest.raises(TenantError, match="would write"):
        diagnosis._gathering._admin.graph.delete(f"/applications/{contoso.app['id']}")
    diagnosis.conclude()


def test_it_is_cheap(contoso):
    contoso.sandbox.control("DELETE", f"/tenants/{contoso.tenant}/requests")
    diagnosed(contoso)
    sent = [r for r in contoso.sandbox.requests(contoso.tenant) if not r["batch"]]
    assert 10 < len(sent) <= 16


def test_where_the_admin_may_read_nothing_the_rest_is_judged(contoso):
    contoso.withdraw("Mail.Send")
    contoso.sandbox.advance(contoso.tenant, 2 * 86400)
    contoso.sandbox.fault(contoso.tenant, "exchange", times=100, status=403, body="")
    refusal = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}
    for path in ("/applications*", "/servicePrincipals*"):
        contoso.sandbox.fault(contoso.tenant, "graph", "GET", path, times=100, status=403, body=refusal)
    answer = diagnosed(contoso, "cannot send")
    assert (answer.cause, "likely: the app's new token carries no Mail.Send" in answer.says) == (
        "consent_missing",
        True,
    )
    assert {"member_missing", "mailbox_removed", "scope_void"} <= {j.cause.name for j in answer.undecided}


def test_without_a_credential_here_what_the_admin_sees_is_judged(contoso):
    contoso.cmdlet("Remove-Mailbox", Identity=SUPPORT, Confirm=False)
    contoso.state.journal.unlink()
    answer = diagnosed(contoso)
    assert answer.cause == "mailbox_removed"
    assert "secret_wrong" in {j.cause.name for j in answer.undecided}


def test_where_the_vendors_secret_is_not_held_here_the_app_says_that_it_has_ended(contoso):
    path = f"/applications/{contoso.app['id']}"
    ended = (datetime.fromisoformat(contoso.sandbox.now(contoso.tenant)) + timedelta(days=10)).isoformat()
    contoso.graph("POST", f"{path}/addPassword", {"passwordCredential": {"endDateTime": ended}})
    contoso.graph("POST", f"{path}/removePassword", {"keyId": contoso.key_id})
    contoso.sandbox.advance(contoso.tenant, 20 * 86400)
    contoso.state.journal.unlink()
    contoso.changed_inventory(app={"client_id": contoso.app["appId"]})
    answer = diagnosed(contoso)
    assert (answer.cause, answer.says.count("likely")) == ("secret_expired", 1)


def test_where_nothing_could_be_read_it_says_what_to_mend_first(contoso):
    contoso.sandbox.advance(contoso.tenant, 3 * 366 * 86400)  # the admin's secret has expired too
    contoso.state.journal.unlink()
    answer = diagnosed(contoso)
    assert (answer.found, answer.says.startswith("No known cause could be shown")) == ([], True)
    assert "has no sealed credential (run onboard.yml" in answer.next_step
    assert "AADSTS7000222" in answer.next_step


def test_the_record_has_a_claim_for_each_cause_and_no_secret(contoso):
    contoso.cmdlet("Set-Mailbox", Identity=SUPPORT, MaxSendSize=4 * 1024 * 1024)
    diagnosed(contoso, "only large mail fails")
    (run,) = runs(contoso.evidence)
    (record,) = run.records()
    assert (record.notebook, record.verdict, run.closed) == ("diagnosis", "failed", True)
    assert {check.name for check in record.checks} == {"symptom", *(cause.name for cause in CAUSES)}
    failed = next(check for check in record.checks if check.name == "mailbox_too_small")
    assert (failed.verdict, bool(failed.request_ids), "Shown by: Get-Mailbox" in failed.observed) == (
        "failed",
        True,
        True,
    )
    check_bag(run.bag)
    assert contoso.secret not in json.dumps(record.model_dump(mode="json"))


def test_a_symptom_that_is_not_known_is_refused_before_there_is_a_run(contoso):
    with pytest.raises(TenantError, match="only large mail fails"):
        diagnosed(contoso, "it is slow")
    assert list(runs(contoso.evidence)) == []
