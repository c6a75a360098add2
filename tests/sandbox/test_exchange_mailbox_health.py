"""What keeps a mailbox from sending though every right is there: a full mailbox, and a sender that was stopped."""

from __future__ import annotations

from tests.sandbox_in_process import mail

SUPPORT = "support@contoso.example"


def size(contoso):
    (row,) = contoso.rows("Get-MailboxStatistics", Identity=SUPPORT)
    return row["ItemCount"], int(row["TotalItemSize"].rpartition("(")[2].split()[0].replace(",", ""))


def test_statistics_count_what_the_quota_counts(contoso):
    before = size(contoso)
    contoso.graph("POST", f"/users/{SUPPORT}/sendMail", json=mail("ceo@contoso.example"))
    items, held = size(contoso)
    assert (items, held > before[1]) == (before[0] + 1, True)


def test_statistics_of_nobody_are_not_found(contoso):
    assert contoso.cmdlet("Get-MailboxStatistics", Identity="nobody@contoso.example").status_code == 404


def test_a_stopped_sender_is_listed(contoso):
    assert contoso.rows("Get-BlockedSenderAddress") == []
    contoso.tenant.mail_rules.blocked = [SUPPORT]
    (row,) = contoso.rows("Get-BlockedSenderAddress", SenderAddress=SUPPORT.upper())
    assert row["SenderAddress"] == SUPPORT
    assert contoso.rows("Get-BlockedSenderAddress", SenderAddress="ceo@contoso.example") == []
