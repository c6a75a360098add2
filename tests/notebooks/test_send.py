from __future__ import annotations

import pytest

from graphmail.journal import Journal

SUPPORT = "support@contoso.example"


@pytest.fixture
def proved(contoso):
    """Make a proof of sending from contoso: its checks by their last word."""

    def prove(max_wait=7200):
        with contoso.proof("verify_send", max_wait) as flow:
            flow.sign_in()
            contoso.findings = flow.prove_send()
        return {check.name.split(" ")[-1]: check for check in flow.checks}

    return prove


def sent(contoso):
    """How often a mail was committed to be sent, whatever was answered."""
    return [c for c in contoso.sandbox.ledger(contoso.tenant) if c["request"].lower().endswith("/sendmail")]


def asked(contoso):
    return [r for r in contoso.sandbox.requests(contoso.tenant) if r["path"].lower().endswith("/sendmail")]


def test_a_mail_leaves_arrives_and_is_removed_again(contoso, proved):
    checks = proved()
    assert {check.verdict for check in checks.values()} == {"passed"}
    assert "202; in Sent Items after" in checks[SUPPORT].observed
    assert f"in Inbox of {SUPPORT} after" in checks[SUPPORT].observed
    assert "Message-ID <" in checks[SUPPORT].observed
    assert contoso.everywhere() == []


def test_every_mailbox_sends_to_the_receiver_that_the_inventory_names(onboarded):
    fabrikam = onboarded("fabrikam")
    fabrikam.changed_inventory(probe={"receiver": "info@fabrikam.example"})
    with fabrikam.proof("verify_send") as flow:
        flow.sign_in()
        findings = flow.prove_send()
    assert [check.verdict for check in findings.checks] == ["passed"] * 5
    assert all("info@fabrikam.example" in check.observed for check in findings.checks[:4])
    assert findings.plot().data.startswith(b"\x89PNG")
    assert fabrikam.everywhere() == []


def test_a_lost_answer_is_looked_after_and_the_mail_is_not_sent_again(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "POST", "*/sendMail", status=504, when="after")
    checks = proved()
    assert checks[SUPPORT].verdict == "passed"
    assert "the answer was lost" in checks[SUPPORT].observed
    assert len(sent(contoso)) == 1


def test_a_mail_that_was_perhaps_not_accepted_is_unknown_and_not_sent_again(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "POST", "*/sendMail", status=504, when="before")
    checks = proved()
    assert checks[SUPPORT].verdict == "unknown"
    assert "It was not sent again" in checks[SUPPORT].observed
    assert len(asked(contoso)) == 1


def test_a_success_that_is_not_202_is_none(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "POST", "*/sendMail", status=200)
    checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "200" in checks[SUPPORT].observed


def test_a_missing_permission_fails_with_the_services_own_code(contoso, proved):
    contoso.withdraw("Mail.Send")
    contoso.sandbox.settle(contoso.tenant)
    checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "403 ErrorAccessDenied" in checks[SUPPORT].observed
    assert checks[SUPPORT].request_ids or "Request id" in checks[SUPPORT].observed


def test_a_non_delivery_report_fails_and_is_removed_too(contoso, proved):
    contoso.cmdlet("Set-Mailbox", Identity=SUPPORT, MaxReceiveSize=100)
    checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "a non-delivery report came back" in checks[SUPPORT].observed
    assert contoso.everywhere() == []


def test_a_mail_that_does_not_arrive_in_time_is_unknown_and_swept_up_by_the_next_run(contoso, proved):
    contoso.sandbox.delays(contoso.tenant, delivery=5000)
    checks = proved(max_wait=60)
    assert checks[SUPPORT].verdict == "unknown"
    assert len(contoso.everywhere()) == 2
    contoso.sandbox.delays(contoso.tenant, delivery=3)
    contoso.sandbox.advance(contoso.tenant, 6000)
    assert {check.verdict for check in proved().values()} == {"passed"}
    assert contoso.everywhere() == []


def test_what_cannot_be_removed_is_told_and_not_green(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "DELETE", "*/messages/*", status=403, times=100)
    checks = proved()
    assert checks[SUPPORT].verdict == "passed"
    assert checks["removed"].verdict == "failed"
    assert f"{SUPPORT}: still in Inbox, Sent Items (403" in checks["removed"].observed
    open_intents = Journal(contoso.state.journal).open_intents()
    assert [entry.facts["mailbox"] for entry in open_intents] == [SUPPORT]


def test_the_journal_holds_every_mail_before_it_is_sent(contoso, proved):
    proved()
    kinds = [(e.kind, e.action or e.result) for e in Journal(contoso.state.journal).entries()][2:]
    assert kinds == [("intent", "send_probe_mail"), ("outcome", "removed")]


def test_a_mail_sent_with_another_success_than_202_is_swept_up_by_the_next_run(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "POST", "*/sendMail", status=200, when="after")
    checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "later runs look again" in checks["removed"].observed
    contoso.sandbox.settle(contoso.tenant)
    assert {check.verdict for check in proved().values()} == {"passed"}
    assert contoso.everywhere() == []


def test_a_refused_mail_is_closed_in_the_journal_and_looked_for_nowhere(contoso, proved):
    contoso.withdraw("Mail.Send")
    contoso.sandbox.settle(contoso.tenant)
    assert proved()["removed"].verdict == "passed"
    assert Journal(contoso.state.journal).entries()[-1].result == "not_sent"
