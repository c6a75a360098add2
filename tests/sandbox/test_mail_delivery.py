"""Where a sent mail ends up: other mailboxes, groups, other tenants, outside, or back as a report."""

from __future__ import annotations

from typing import Any

from tests.sandbox_in_process import mail, to

SEND = "/users/support@contoso.example/sendMail"
SUPPORT = "support@contoso.example"


def send(tenancy: Any, *addresses: str, **properties: Any) -> None:
    tenancy.got("POST", SEND, 202, json=mail(*addresses, **properties))


def test_mail_reaches_every_kind_of_recipient_once(contoso, fabrikam):
    send(
        contoso,
        "ceo@contoso.example",
        ccRecipients=to("CEO@contoso.example", "info@fabrikam.example"),
        bccRecipients=to("orders@fabrikam-shop.example"),
    )
    assert len(contoso.arrived("ceo@contoso.example")) == 1
    assert len(fabrikam.arrived("info@fabrikam.example")) == 1
    hidden = fabrikam.arrived("orders@fabrikam.example")
    assert len(hidden) == 1
    assert hidden[0]["bccRecipients"] == []


def test_ledger_of_the_receiving_tenant_says_so(contoso, fabrikam):
    send(contoso, "hr@fabrikam.example", "ceo@contoso.example")
    assert len(contoso.ledger) == 1
    assert [(c.actor, c.service, c.target) for c in fabrikam.ledger] == [("smtp", "smtp", "hr@fabrikam.example")]


def test_mail_to_another_tenant_arrives_by_either_clock(contoso, fabrikam):
    path = "/users/hr@fabrikam.example/mailFolders/inbox/messages"
    send(contoso, "hr@fabrikam.example")
    assert fabrikam.got("GET", path)["value"] == []
    contoso.advance(4)  # whoever waits with the sender's clock sees it too
    assert len(fabrikam.got("GET", path)["value"]) == 1


def test_group_delivers_to_its_members_and_nested_ones(contoso):
    contoso.rows("New-DistributionGroup", Name="outer", Members=["everybody", "admin"])
    contoso.rows(
        "Add-DistributionGroupMember", Identity="everybody", Member="outer", BypassSecurityGroupManagerCheck=True
    )
    contoso.got("POST", "/users/admin@contoso.example/sendMail", 202, json=mail("outer@contoso.example"))
    for name in ("support", "ceo", "sales", "admin"):
        assert len(contoso.arrived(f"{name}@contoso.example")) == 1


def test_group_refuses_mail_from_outside_unless_it_allows_it(contoso, fabrikam):
    fabrikam.rows("New-DistributionGroup", Name="closed", Members=["hr"])
    fabrikam.rows("New-DistributionGroup", Name="open", Members=["hr"], RequireSenderAuthenticationEnabled=False)
    send(contoso, "closed@fabrikam.example", "open@fabrikam.example")
    assert len(fabrikam.arrived("hr@fabrikam.example")) == 1
    assert "5.7.133" in contoso.arrived(SUPPORT)[0]["body"]["content"]


def test_unknown_recipients_come_back_in_one_report(contoso, fabrikam):
    send(contoso, "nobody@fabrikam.example", "trainee@contoso.example", "hr@fabrikam.example", subject="<b>hi</b>")
    assert len(fabrikam.arrived("hr@fabrikam.example")) == 1
    report = contoso.arrived(SUPPORT)[0]
    sent = contoso.arrived(SUPPORT, "sentitems")[0]
    headers = {h["name"]: h["value"] for h in report["internetMessageHeaders"]}
    assert report["subject"] == "Undeliverable: <b>hi</b>"
    assert report["from"]["emailAddress"]["address"].startswith("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@")
    assert headers["In-Reply-To"] == sent["internetMessageId"]
    for address in ("nobody@fabrikam.example", "trainee@contoso.example"):
        assert address in report["body"]["content"]
    assert "550 5.1.10" in report["body"]["content"]
    assert "hr@fabrikam.example" not in report["body"]["content"]


def test_mail_over_the_receivers_limit_comes_back(contoso, fabrikam):
    fabrikam.recipient("hr@fabrikam.example").mailbox.max_receive_size = 10_000
    send(contoso, "hr@fabrikam.example", body={"contentType": "text", "content": "x" * 20_000})
    assert fabrikam.arrived("hr@fabrikam.example") == []
    assert "5.2.3" in contoso.arrived(SUPPORT)[0]["body"]["content"]


def test_mail_for_elsewhere_leaves_the_sandbox_without_a_report(contoso):
    send(contoso, "somebody@elsewhere.test", "ceo@contoso.example", subject="out")
    page = f"{contoso.sockets.addresses['control']}/_sandbox/tenants/{contoso.id}/left-the-sandbox"
    left = contoso.sockets.http.get(page).json()["messages"]
    assert [(m["to"], m["subject"], m["from"]) for m in left] == [(["somebody@elsewhere.test"], "out", SUPPORT)]
    assert contoso.arrived(SUPPORT) == []


def test_what_is_the_senders_own_is_not_carried_over(contoso):
    extended = [{"id": "String {00020329-0000-0000-c000-000000000046} Name Kundo", "value": "1"}]
    send(contoso, "ceo@contoso.example", categories=["mine"], singleValueExtendedProperties=extended)
    path = "/users/ceo@contoso.example/mailFolders/inbox/messages"
    contoso.advance(4)
    expand = f"singleValueExtendedProperties($filter=id eq '{extended[0]['id']}')"
    item = contoso.got("GET", path, params={"$expand": expand})["value"][0]
    assert item["categories"] == []
    assert "singleValueExtendedProperties" not in item


def test_changing_one_copy_leaves_the_others(contoso):
    send(contoso, "ceo@contoso.example", "sales@contoso.example")
    first, second = (contoso.arrived(f"{name}@contoso.example")[0] for name in ("ceo", "sales"))
    path = f"/users/ceo@contoso.example/messages/{first['id']}"
    contoso.got("PATCH", path, json={"isRead": True, "categories": ["x"]})
    contoso.got("POST", f"{path}/permanentDelete", 204)
    other = contoso.got("GET", f"/users/sales@contoso.example/messages/{second['id']}")
    assert (other["isRead"], other["categories"]) == (False, [])
