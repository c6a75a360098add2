"""How much a mailbox and its organisation may send, and what a mailbox holds."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.smtp.outbound import external_limit
from tests.sandbox_in_process import mail, to

SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"
SEND = f"/users/{SUPPORT}/sendMail"


def send(tenancy: Any, *addresses: str, user: str = SUPPORT, **properties: Any) -> None:
    tenancy.got("POST", f"/users/{user}/sendMail", 202, json=mail(*addresses, **properties))


def seen(tenancy: Any, address: str = CEO) -> int:
    return len(tenancy.got("GET", f"/users/{address}/mailFolders/inbox/messages?$top=100")["value"])


def reports(tenancy: Any, address: str = SUPPORT) -> list[str]:
    return [m["body"]["content"] for m in tenancy.arrived(address) if m["subject"].startswith("Undeliverable")]


def test_messages_over_30_a_minute_go_out_in_the_next_minutes(contoso):
    for _ in range(65):
        send(contoso, CEO)
    contoso.advance(4)
    assert seen(contoso) == 30
    contoso.advance(60)
    assert seen(contoso) == 60
    contoso.advance(60)
    assert seen(contoso) == 65
    assert len(contoso.arrived(SUPPORT, "sentitems")) == 65


def test_recipients_of_a_day_are_counted_each(contoso):
    contoso.tenant.limits.recipients_per_day = 3
    send(contoso, CEO, "sales@contoso.example")
    text = contoso.refused(403, "ErrorExceededMessageLimit", "POST", SEND, json=mail(CEO, "admin@contoso.example"))
    assert "recipients" in text
    send(contoso, CEO)
    send(contoso, SUPPORT, user=CEO)
    contoso.advance(86401)
    send(contoso, CEO)


def test_mail_to_more_than_500_recipients_comes_back(contoso):
    contoso.tenant.limits.recipients_per_message = 2
    send(contoso, CEO, "sales@contoso.example", "admin@contoso.example")
    assert "RecipLimit" in reports(contoso)[0]
    assert seen(contoso) == 0
    send(contoso, CEO, "sales@contoso.example")
    contoso.advance(4)
    assert seen(contoso) == 1


def test_external_recipients_of_a_day_are_the_tenants(contoso, fabrikam):
    contoso.tenant.limits.external_recipients = 2
    send(contoso, "a@elsewhere.test", CEO, ccRecipients=to("hr@fabrikam.example"))
    send(contoso, "b@elsewhere.test", SUPPORT, user=CEO)
    assert "5.7.233" in reports(contoso, CEO)[0]
    assert [m["to"] for m in contoso.tenant.left_the_sandbox] == [["a@elsewhere.test"]]
    assert "b@elsewhere.test" not in str(contoso.arrived(SUPPORT)[0]["subject"])
    assert seen(contoso, SUPPORT) == 1  # those inside got it
    contoso.advance(86401)
    send(contoso, "b@elsewhere.test", user=CEO)
    assert len(contoso.tenant.left_the_sandbox) == 2


def test_external_limit_follows_the_licences(contoso):

    contoso.tenant.skus[0]["prepaidUnits"]["enabled"] = 100
    assert external_limit(contoso.tenant) == int(500 * 100**0.7 + 9500) == 22059


def test_initial_domain_reaches_100_outside_a_day(contoso):
    contoso.recipient(SUPPORT).addresses.append("support@contoso.onmicrosoft.example")
    contoso.tenant.limits.external_recipients_of_initial_domain = 1
    sender = {"emailAddress": {"address": "support@contoso.onmicrosoft.example"}}
    for name in ("a", "b"):
        send(contoso, f"{name}@elsewhere.test", **{"from": sender})
    send(contoso, "c@elsewhere.test")
    assert [m["to"][0][0] for m in contoso.tenant.left_the_sandbox] == ["a", "c"]
    assert "5.7.236" in reports(contoso)[0]


def test_sender_that_spam_protection_stopped_sends_nothing(contoso):
    contoso.tenant.mail_rules.blocked = [SUPPORT]
    contoso.refused(403, "ErrorMessageSubmissionBlocked", "POST", SEND, json=mail(CEO))
    assert contoso.ledger == []
    send(contoso, SUPPORT, user=CEO)


def test_full_mailbox_takes_and_sends_nothing(contoso, fabrikam):
    contoso.recipient(SUPPORT).mailbox.quota = 5000
    path = f"/users/{SUPPORT}/messages"
    contoso.got("POST", path, 201, json={"body": {"contentType": "text", "content": "x" * 3800}})
    contoso.refused(403, "ErrorQuotaExceeded", "POST", path, json={})
    contoso.got("PATCH", f"{path}/{contoso.got('GET', path)['value'][0]['id']}", json={"isRead": False})
    fabrikam.got("POST", "/users/hr@fabrikam.example/sendMail", 202, json=mail(SUPPORT))
    assert "5.2.2 mailbox full" in fabrikam.arrived("hr@fabrikam.example")[0]["body"]["content"]
    made = contoso.got("GET", path)["value"][0]
    contoso.got("POST", f"{path}/{made['id']}/permanentDelete", 204)
    fabrikam.got("POST", "/users/hr@fabrikam.example/sendMail", 202, json=mail(SUPPORT))
    assert len(contoso.arrived(SUPPORT)) == 1


def test_receivers_limit_sends_a_report_back_and_no_mail(contoso):
    contoso.recipient(CEO).mailbox.max_receive_size = 20_000
    send(contoso, CEO, "sales@contoso.example", body={"contentType": "text", "content": "x" * 25_000})
    assert "5.2.3" in reports(contoso)[0]
    assert seen(contoso) == 0
    assert seen(contoso, "sales@contoso.example") == 1


def test_junk_and_quarantine_by_sender(contoso, fabrikam):
    fabrikam.tenant.mail_rules.junk = [SUPPORT]
    fabrikam.tenant.mail_rules.quarantine = ["ceo@contoso.example"]
    send(contoso, "hr@fabrikam.example")
    send(contoso, "hr@fabrikam.example", user=CEO)
    send(contoso, "hr@fabrikam.example", user="sales@contoso.example")
    assert len(fabrikam.arrived("hr@fabrikam.example")) == 1
    junk = fabrikam.arrived("hr@fabrikam.example", "junkemail")
    assert [m["from"]["emailAddress"]["address"] for m in junk] == [SUPPORT]
    assert [(q["from"], q["to"]) for q in fabrikam.tenant.quarantined] == [(CEO, "hr@fabrikam.example")]


def test_junk_by_the_senders_domain(contoso, fabrikam):
    fabrikam.tenant.mail_rules.junk = ["@contoso.example"]
    send(contoso, "hr@fabrikam.example")
    assert len(fabrikam.arrived("hr@fabrikam.example", "junkemail")) == 1


def test_answers_by_itself_once_to_each_sender(contoso, fabrikam):
    setting = {"status": "alwaysEnabled", "internalReplyMessage": "in", "externalReplyMessage": "out of office"}
    contoso.recipient(SUPPORT).mailbox.settings = {"automaticRepliesSetting": setting}
    contoso.recipient(CEO).mailbox.settings = {"automaticRepliesSetting": setting}
    for _ in range(2):
        fabrikam.got("POST", "/users/hr@fabrikam.example/sendMail", 202, json=mail(SUPPORT))
    send(contoso, SUPPORT, user=CEO)
    answers = fabrikam.arrived("hr@fabrikam.example")
    assert [(a["subject"], a["body"]["content"]) for a in answers] == [("Automatic reply: hello", "out of office")]
    assert {"name": "Auto-Submitted", "value": "auto-generated"} in answers[0]["internetMessageHeaders"]
    assert [a["body"]["content"] for a in contoso.arrived(CEO)] == ["in"]  # and that one is answered by nobody


def test_rules_are_changed_while_the_sandbox_runs(contoso, fabrikam):
    page = f"{contoso.sockets.addresses['control']}/_sandbox/tenants/{fabrikam.id}/mail-rules"
    http = contoso.sockets.http
    assert http.patch(page, json={"quarantine": [SUPPORT]}, timeout=30).json()["quarantine"] == [SUPPORT]
    send(contoso, "hr@fabrikam.example")
    assert http.get(page, timeout=30).json()["quarantined"][0]["from"] == SUPPORT
    for wrong in ({"junk": "x"}, {"colour": []}, {"received_edits": "never"}):
        assert http.patch(page, json=wrong, timeout=30).status_code == 400


def test_automatic_answer_that_cannot_be_delivered_comes_back_to_nobody(contoso, fabrikam):
    setting = {"status": "alwaysEnabled", "externalReplyMessage": "away"}
    contoso.recipient(SUPPORT).mailbox.settings = {"automaticRepliesSetting": setting}
    fabrikam.recipient("hr@fabrikam.example").mailbox.quota = 20_000
    fabrikam.got("POST", "/users/hr@fabrikam.example/sendMail", 202, json=mail(SUPPORT))
    fabrikam.recipient("hr@fabrikam.example").mailbox.max_receive_size = 10
    contoso.tenant.mail_traffic.auto_replied.clear()
    fabrikam.got("POST", "/users/hr@fabrikam.example/sendMail", 202, json=mail(SUPPORT))
    assert [m["subject"] for m in contoso.arrived(SUPPORT)] == ["hello", "hello"]
