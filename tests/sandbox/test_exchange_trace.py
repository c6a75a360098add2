"""The message trace and the audit log, read by their cmdlets."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox_in_process import mail

SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"


def send(tenancy: Any, *recipients: str, subject: str = "hello") -> None:
    body = mail(*recipients, subject=subject)
    assert tenancy.graph("POST", f"/users/{SUPPORT}/sendMail", json=body).status_code == 202


def traced(tenancy: Any, **parameters: Any) -> list[tuple[str, str, str]]:
    rows = tenancy.rows("Get-MessageTraceV2", **parameters)
    return [(r["RecipientAddress"], r["Subject"], r["Status"]) for r in rows]


def ago(tenancy: Any, days: float) -> str:
    return str((tenancy.tenant.clock.now() - timedelta(days=days)).isoformat())


def test_each_recipient_of_a_mail_has_a_line_once_it_is_there(contoso, fabrikam):
    send(contoso, CEO, "hr@fabrikam.example", "nobody@contoso.example", "eva@elsewhere.example")
    contoso.advance(10)
    fabrikam.advance(10)
    assert sorted(traced(contoso, SenderAddress=SUPPORT)) == [
        (CEO, "hello", "Delivered"),
        ("eva@elsewhere.example", "hello", "Delivered"),
        ("hr@fabrikam.example", "hello", "Delivered"),
        ("nobody@contoso.example", "hello", "Failed"),
    ]
    assert traced(fabrikam) == [("hr@fabrikam.example", "hello", "Delivered")]


def test_trace_is_filtered(contoso):
    send(contoso, CEO, subject="one")
    send(contoso, "sales@contoso.example", subject="two")
    contoso.advance(10)
    row = contoso.rows("Get-MessageTraceV2", RecipientAddress=[CEO.upper()])[0]
    assert (row["Subject"], row["SenderAddress"]) == ("one", SUPPORT)
    assert traced(contoso, MessageId=row["MessageId"]) == [(CEO, "one", "Delivered")]
    assert traced(contoso, Subject="tw") == [("sales@contoso.example", "two", "Delivered")]
    assert traced(contoso, Status="Failed") == []


def test_more_rows_are_asked_for_from_the_last_one_on(contoso):
    for number in range(5):
        send(contoso, CEO, "sales@contoso.example", subject=str(number))
        contoso.advance(10)
    seen: list[tuple[str, str]] = []
    asked: dict[str, Any] = {}
    while True:
        answer = contoso.cmdlet("Get-MessageTraceV2", ResultSize=3, **asked).json()
        rows = answer["value"]
        seen += [(r["Subject"], r["RecipientAddress"]) for r in rows]
        if not answer["@adminapi.warnings"]:
            break
        assert "-StartingRecipientAddress" in answer["@adminapi.warnings"][0]
        asked = {"EndDate": rows[-1]["Received"], "StartingRecipientAddress": rows[-1]["RecipientAddress"]}
    assert len(seen) == len(set(seen)) == 10
    assert "nextLink" not in str(answer)


@pytest.mark.parametrize(("start", "end", "problem"), [(11, 0, "10 days"), (95, 90, "90 days"), (1, 2, "earlier")])
def test_dates_have_limits(contoso, start, end, problem):
    wanted = {"StartDate": ago(contoso, start), "EndDate": ago(contoso, end)}
    assert problem in contoso.failure("Get-MessageTraceV2", **wanted)


def test_last_two_days_are_the_default(contoso):
    send(contoso, CEO)
    contoso.advance(3 * 86400)
    assert traced(contoso) == []
    assert len(traced(contoso, StartDate=ago(contoso, 9), EndDate=ago(contoso, 0))) == 1


def test_quarantine_is_empty_and_shows_what_was_held_back(contoso):
    assert contoso.rows("Get-QuarantineMessage", SenderAddress=[SUPPORT], PageSize=100) == []
    held = {"from": "spam@elsewhere.example", "to": CEO, "subject": "win", "internet_message_id": "<1@x>"}
    contoso.tenant.quarantined.append(held | {"at": contoso.tenant.clock.now().isoformat()})
    (row,) = contoso.rows("Get-QuarantineMessage", SenderAddress=["SPAM@elsewhere.example"])
    assert (row["RecipientAddress"], row["ReleaseStatus"]) == ([CEO], "NotReleased")
    assert contoso.rows("Get-QuarantineMessage", Identity=row["Identity"]) == [row]
    assert contoso.rows("Get-QuarantineMessage", RecipientAddress=[SUPPORT]) == []
    contoso.advance(31 * 86400)
    assert contoso.rows("Get-QuarantineMessage") == []


def searched(tenancy: Any, **parameters: Any) -> list[dict[str, Any]]:
    dates = {"StartDate": ago(tenancy, 5), "EndDate": ago(tenancy, -1)}
    return list(tenancy.rows("Search-UnifiedAuditLog", **(dates | parameters)))


def test_audit_log_has_administrators_changes_an_hour_later_and_no_mail(contoso):
    contoso.rows("New-DistributionGroup", Name="g", Type="Security")
    send(contoso, CEO)
    assert searched(contoso) == []
    contoso.advance(3601)
    (row,) = searched(contoso, RecordType="ExchangeAdmin", Operations=["New-DistributionGroup"])
    assert row["RecordType"] == "ExchangeAdmin"
    assert json.loads(row["AuditData"])["Operation"] == "New-DistributionGroup"
    assert len(searched(contoso)) == 1
    assert searched(contoso, Operations=["Remove-Mailbox"]) == []


def test_session_of_the_audit_log_goes_on_where_it_stopped(contoso):
    for i in range(5):
        contoso.rows("New-DistributionGroup", Name=f"g{i}", Type="Security")
    contoso.advance(3601)
    pages = [searched(contoso, SessionId="s", SessionCommand="ReturnLargeSet", ResultSize=2) for _ in range(4)]
    assert [len(p) for p in pages] == [2, 2, 1, 0]
    assert pages[0][0]["ResultCount"] == 5


def test_audit_log_that_is_off_takes_nothing(contoso):
    contoso.rows("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)
    assert contoso.rows("Get-AdminAuditLogConfig")[0]["UnifiedAuditLogIngestionEnabled"] is False
    contoso.advance(3601)
    assert searched(contoso) == []
