from __future__ import annotations

import json

import pytest

from graphmail.mailflow.access import CONFIRM, SETTLED
from tests.sandbox_process import FABRIKAM

FOREVER = 10**7  # seconds


@pytest.fixture
def proved(contoso):
    """Make an access proof of contoso: its checks by mailbox, `sign_in` and `agree`."""

    def prove(max_wait=7200):
        with contoso.proof("verify_access", max_wait) as flow:
            flow.sign_in()
            flow.prove_access()
        return {check.name.split(" ")[-1]: check for check in flow.checks}

    return prove


SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"
BOTH = "agree"  # of the two planes


def test_members_are_reached_and_the_outside_mailbox_is_not(proved):
    checks = proved()
    assert {check.verdict for check in checks.values()} == {"passed"}
    assert "Granted; read: 200; send: 400 ErrorInvalidRecipients" in checks[SUPPORT].observed
    assert "Denied; read: 403 ErrorAccessDenied; send: 403 ErrorAccessDenied" in checks[CEO].observed


def test_the_tenant_is_confirmed_by_the_apps_own_token(contoso, proved):
    proved()
    (told,) = contoso.evidence.glob("contoso/*/bag/data/tenant.jsonl")
    assert [json.loads(line)["service"] for line in told.read_text().splitlines()] == ["Entra"]


def test_a_refusal_counts_when_it_is_seen_twice_with_one_token(contoso, proved):
    began = contoso.sandbox.now(contoso.tenant)
    checks = proved()
    assert f"twice, {CONFIRM:.0f} s apart, with the same token" in checks[CEO].observed
    assert checks[CEO].attempts == 2
    # Each took as long as it took: the second look belongs to the mailboxes, not to the group.
    assert checks[CEO].seconds >= CONFIRM
    assert checks["members"].seconds < CONFIRM
    looked = [r for r in contoso.sandbox.requests(contoso.tenant) if r["at"] >= began and "mailFolders" in r["path"]]
    assert len(looked) == 4


def test_two_refusals_with_different_tokens_do_not_count(contoso):
    with contoso.proof("verify_access") as flow:
        flow.sign_in()
        flow.clock.sleep(3599 - 300 - CONFIRM / 2)  # the token is renewed 300 s before its end: between the two looks
        outside = flow.prove_access().checks[1]
    assert (outside.verdict, outside.attempts) == ("passed", 3)


def test_the_proof_changes_nothing_and_reads_no_mail(contoso, proved):
    contoso.sandbox.control("DELETE", f"/tenants/{contoso.tenant}/requests")
    contoso.sandbox.mark()
    proved()
    assert contoso.sandbox.writes == []
    asked = [r["path"] for r in contoso.sandbox.requests(contoso.tenant) if r["method"] == "GET"]
    assert {path.rpartition("/")[2] for path in asked if path.startswith("/users/")} == {"inbox"}
    assert not [r for r in contoso.sandbox.requests(contoso.tenant) if "messages" in r["path"].lower()]


def test_without_the_policy_the_reachable_mailbox_is_named(contoso, proved):
    contoso.unrestrict()
    contoso.sandbox.settle(contoso.tenant)
    checks = proved()
    assert checks[CEO].verdict == "failed"
    assert f"{CEO} IS REACHABLE" in checks[CEO].observed
    assert "read: 200" in checks[CEO].observed
    assert checks[SUPPORT].verdict == "passed"


def test_when_both_planes_agree_on_the_wrong_answer_it_does_not_wait_for_the_deadline(contoso, proved):
    contoso.cmdlet("Add-DistributionGroupMember", Identity=contoso.customer.group.address, Member=CEO)
    contoso.sandbox.settle(contoso.tenant)
    checks = proved()
    assert checks[CEO].verdict == "failed"
    assert checks[BOTH].verdict == "passed"
    assert SETTLED <= checks[CEO].seconds < SETTLED + 120


def test_a_fresh_policy_is_waited_for_and_the_delay_is_told(contoso, proved):
    contoso.unrestrict()
    contoso.sandbox.settle(contoso.tenant)
    contoso.restrict()
    contoso.sandbox.advance(contoso.tenant, 30)  # the test cmdlet sees it now, Graph after 900 s
    checks = proved()
    assert {check.verdict for check in checks.values()} == {"passed"}
    assert 600 < checks[CEO].seconds < 1000
    assert "they agreed after" in checks[BOTH].observed


def test_a_disagreement_that_outlasts_the_deadline_fails_and_is_named(contoso, proved):
    contoso.unrestrict()
    contoso.sandbox.settle(contoso.tenant)
    contoso.sandbox.delays(contoso.tenant, policy=FOREVER)
    contoso.restrict()
    contoso.sandbox.advance(contoso.tenant, 30)
    checks = proved()
    assert checks[CEO].verdict == "failed"
    assert "Denied; read: 200" in checks[CEO].observed
    assert checks[BOTH].verdict == "failed"
    assert "DISAGREEMENT after 72" in checks[BOTH].observed
    assert CEO in checks[BOTH].observed


def test_a_refusal_proves_nothing_while_no_member_passes(contoso, proved):
    contoso.withdraw("Mail.Send")
    contoso.withdraw("Mail.ReadWrite")
    contoso.sandbox.settle(contoso.tenant)
    checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "the token carries no Mail.ReadWrite, Mail.Send: admin consent is missing" in checks[SUPPORT].observed
    assert checks[CEO].verdict == "unknown"
    assert "proves nothing" in checks[CEO].observed


def test_reading_and_sending_are_judged_apart(contoso, proved):
    contoso.withdraw("Mail.Send")
    contoso.sandbox.settle(contoso.tenant)
    checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "read: 200; send: 403" in checks[SUPPORT].observed


def test_a_member_that_is_not_in_the_group_fails(contoso, proved):
    group = contoso.customer.group.address
    contoso.cmdlet("Remove-DistributionGroupMember", Identity=group, Member=SUPPORT, Confirm=False)
    contoso.sandbox.settle(contoso.tenant)
    checks = proved()
    assert checks[SUPPORT].verdict == "failed"
    assert "Denied; read: 403" in checks[SUPPORT].observed


def test_consent_that_comes_while_waiting_is_seen_with_a_new_token(contoso, proved):
    contoso.withdraw("Mail.Send")
    contoso.sandbox.settle(contoso.tenant)
    contoso.consent("Mail.Send")  # in tokens after 45 s
    checks = proved()
    assert checks[SUPPORT].verdict == "passed"
    assert 30 < checks[SUPPORT].seconds < 200


def test_a_service_that_does_not_answer_is_unknown_and_never_green(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "GET", f"/users/{CEO}/*", status=503, times=10000)
    checks = proved(max_wait=600)
    assert checks[CEO].verdict == "unknown"
    assert "read: 503" in checks[CEO].observed
    assert checks[BOTH].verdict == "unknown"


def test_an_outside_mailbox_that_does_not_exist_proves_nothing(contoso, proved):
    contoso.changed_inventory(outside_mailbox="nobody@contoso.example")
    outside = proved(max_wait=120)["nobody@contoso.example"]
    assert outside.verdict == "unknown"
    assert "404" in outside.observed


def test_a_wrong_secret_fails_and_nothing_else_is_tried(contoso, proved):
    contoso.graph("POST", f"/applications/{contoso.app['id']}/removePassword", {"keyId": contoso.key_id})
    contoso.sandbox.settle(contoso.tenant)
    contoso.sandbox.control("DELETE", f"/tenants/{contoso.tenant}/requests")
    checks = proved()
    assert checks.pop("sign_in").verdict == "failed"
    assert {check.verdict for check in checks.values()} == {"unknown"}
    assert not [r for r in contoso.sandbox.requests(contoso.tenant) if r["service"] == "graph"]


def test_a_token_of_another_tenant_fails_and_is_sent_nowhere(contoso, proved):
    foreign = {"token_type": "Bearer", "expires_in": 3599, "access_token": contoso.sandbox.token(FABRIKAM)}
    contoso.sandbox.fault(contoso.tenant, "entra", "POST", "*/token", status=200, body=foreign, times=9)
    contoso.sandbox.control("DELETE", f"/tenants/{contoso.tenant}/requests")
    with contoso.proof("verify_access") as flow:
        (check,) = flow.sign_in().checks
        flow.prove_access()
    assert check.verdict == "failed"
    assert "another tenant" in check.observed
    assert not [r for r in contoso.sandbox.requests(contoso.tenant) if r["service"] == "graph"]
