"""Mailboxes, contacts and groups: made, removed, mastered elsewhere, nested; and a tenant of five thousand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from graphmail.sandbox.clock import Span
from graphmail.sandbox.recipient_records import Recipient
from tests.sandbox.rbac_world import reads
from tests.sandbox_in_process import APP

BYPASS = {"BypassSecurityGroupManagerCheck": True}
HELPDESK = "helpdesk@contoso.example"


def shared(tenancy: Any, name: str = "helpdesk") -> dict[str, Any]:
    return dict(tenancy.rows("New-Mailbox", Name=name, Shared=True)[0])


def group(tenancy: Any, name: str = "g", *members: str) -> None:
    tenancy.rows("New-DistributionGroup", Name=name, Type="Security", Members=list(members))
    tenancy.advance(10)


def test_shared_mailbox_is_made_with_the_plans_sizes_and_takes_mail(contoso):
    plan = contoso.rows("Get-MailboxPlan")[0]["Name"]
    contoso.rows("Set-MailboxPlan", Identity=plan, MaxSendSize="50MB", MaxReceiveSize="60MB")
    row = shared(contoso)
    assert (row["RecipientTypeDetails"], row["PrimarySmtpAddress"]) == ("SharedMailbox", HELPDESK)
    assert (row["MaxSendSize"], row["IsShared"]) == ("50 MB (52,428,800 bytes)", True)
    contoso.advance(10)
    assert reads(contoso, HELPDESK, ("Mail.Read",)) == 200
    assert contoso.rows("Get-Mailbox", Identity="support")[0]["MaxSendSize"] == "35 MB (36,700,160 bytes)"


def test_user_mailbox_needs_a_sign_in_name_and_a_password(contoso):
    assert "MicrosoftOnlineServicesID" in contoso.failure("New-Mailbox", Name="x")
    assert "Parameter set" in contoso.failure("New-Mailbox", Name="x", Shared=True, Room=True)
    assert "ADObjectAlreadyExists" in contoso.failure("New-Mailbox", Name="support", Shared=True)


def test_new_mailbox_is_no_member_for_a_while(contoso):
    group(contoso)
    shared(contoso)
    change = {"Identity": "g", "Member": HELPDESK, **BYPASS}
    assert "NotFound" in contoso.failure("Add-DistributionGroupMember", **change)
    contoso.advance(31)
    contoso.rows("Add-DistributionGroupMember", **change)


def test_soft_deleted_member_is_hidden_unless_asked_for_and_its_name_is_free(contoso):
    shared(contoso)
    contoso.advance(31)
    group(contoso, "g", HELPDESK, "support")
    contoso.rows("Remove-Mailbox", Identity="helpdesk", Confirm=False)
    listed = contoso.rows("Get-DistributionGroupMember", Identity="g", ResultSize="Unlimited")
    assert [m["Name"] for m in listed] == ["support"]
    all_of_them = {"Identity": "g", "ResultSize": "Unlimited", "IncludeSoftDeletedObjects": True}
    assert [m["Name"] for m in contoso.rows("Get-DistributionGroupMember", **all_of_them)] == ["helpdesk", "support"]
    assert contoso.cmdlet("Get-Mailbox", Identity="helpdesk").status_code == 404
    assert contoso.rows("Get-Mailbox", Identity=HELPDESK, SoftDeletedMailbox=True)[0]["Name"] == "helpdesk"
    shared(contoso)


def test_mailbox_becomes_shared(contoso):
    contoso.rows("Set-Mailbox", Identity="sales", Type="Shared")
    assert contoso.rows("Get-Mailbox", Identity="sales")[0]["RecipientTypeDetails"] == "SharedMailbox"


@pytest.mark.parametrize(
    ("cmdlet", "parameters", "named"),
    [
        ("Set-DistributionGroup", {"DisplayName": "x"}, "DisplayName"),
        ("Add-DistributionGroupMember", {"Member": "support"}, "Members"),
        ("Remove-DistributionGroupMember", {"Member": "support"}, "Members"),
        ("Update-DistributionGroupMember", {"Members": ["ceo"]}, "Members"),
        ("Remove-DistributionGroup", {}, "Identity"),
    ],
)
def test_group_mastered_on_premises_refuses_cloud_writes(contoso, cmdlet, parameters, named):
    group(contoso, "g", "support")
    contoso.recipient("g@contoso.example").synced = True
    problem = contoso.failure(cmdlet, Identity="g", **parameters, **BYPASS)
    assert "is being synchronized from your on-premises organization" in problem
    assert f"'{cmdlet}', '{named}'" in problem
    assert contoso.rows("Get-DistributionGroup", Identity="g")[0]["IsDirSynced"] is True


def test_mailbox_mastered_on_premises_refuses_what_is_mastered_there_and_takes_sizes(contoso):
    contoso.recipient("support@contoso.example").synced = True
    assert "on-premises" in contoso.failure("Set-Mailbox", Identity="support", DisplayName="x")
    assert "on-premises" in contoso.failure("Remove-Mailbox", Identity="support")
    contoso.rows("Set-Mailbox", Identity="support", MaxSendSize="40MB")


@pytest.mark.parametrize(("follows", "status"), [(True, 200), (False, 403)])
def test_policy_follows_nested_groups_as_the_tenant_does(contoso, follows, status):
    contoso.tenant.exchange.settings.nested_groups_in_policies = follows
    group(contoso, "inner", "support")
    group(contoso, "g", "inner")
    change = {"Identity": "inner", "Member": "g", **BYPASS}
    contoso.rows("Add-DistributionGroupMember", **change)  # a circle ends
    policy = {"AppId": APP, "AccessRight": "RestrictAccess", "PolicyScopeGroupId": "g"}
    contoso.rows("New-ApplicationAccessPolicy", **policy)
    contoso.advance(901)
    assert reads(contoso, "support@contoso.example", ("Mail.Read",)) == status
    assert reads(contoso, "ceo@contoso.example", ("Mail.Read",)) == 403


def test_contact_is_a_member_in_any_domain(contoso):
    contact = {"Name": "Eva Extern", "ExternalEmailAddress": "eva@elsewhere.example"}
    row = contoso.rows("New-MailContact", **contact)[0]
    assert row["ExternalEmailAddress"] == "SMTP:eva@elsewhere.example"
    group(contoso, "g", "eva@elsewhere.example")
    rows = contoso.rows("Get-DistributionGroupMember", Identity="g")
    assert [r["RecipientType"] for r in rows] == ["MailContact"]
    assert contoso.rows("Get-MailContact", Identity="Eva Extern")[0]["Name"] == "Eva Extern"
    assert contoso.rows("Get-MailUser") == []


def test_users_without_a_mailbox_are_users_and_groups_lack_their_object_id(contoso):
    assert contoso.rows("Get-User", Identity="trainee@contoso.example")[0]["RecipientTypeDetails"] == "User"
    row = contoso.rows("Get-Group", Identity="everybody")[0]
    assert "ExternalDirectoryObjectId" not in row
    assert row["Members"] == ["ceo", "sales", "support"]


def test_two_that_a_name_means_are_ambiguous(contoso):
    contoso.recipient("ceo@contoso.example").properties["x"] = 1
    group(contoso, "sales desk")
    contoso.rows("Set-DistributionGroup", Identity="sales desk", Name="twin", **BYPASS)
    contoso.recipient("ceo@contoso.example").alias = "twin"
    contoso.tenant.commit("test", "test", "test", "ceo")
    assert "matches multiple entries" in contoso.cmdlet("Get-Recipient", Identity="twin").text


def test_transport_config_says_nothing_of_mailboxes(contoso):
    assert contoso.rows("Get-TransportConfig")[0]["MaxSendSize"] == "Unlimited"


@pytest.fixture
def crowded(contoso):
    """Five thousand mail users more."""
    made = contoso.tenant.clock.now().replace(year=2020)
    for i in range(5000):
        name, key = f"user{i:04}", str(UUID(int=i + 1))
        contoso.tenant.recipients[key] = Recipient(
            key, key, "S-1", name, name, name, "MailUser", [f"{name}@contoso.example"], Span(made),
        )  # fmt: skip
    return contoso


def test_each_of_five_thousand_recipients_is_found(crowded):
    group(crowded, "g", "user0001")
    for i in range(50):
        assert crowded.rows("Get-MailUser", Identity=f"user{i:04}@contoso.example")[0]["Alias"] == f"user{i:04}"
    for i in range(10, 20):
        change = {"Identity": "g", "Member": f"user{i:04}", **BYPASS}
        crowded.rows("Add-DistributionGroupMember", **change)
    assert len(crowded.rows("Get-Recipient", Filter="Alias -like 'user00*'", ResultSize="Unlimited")) == 100
    dn = crowded.rows("Get-DistributionGroup", Identity="g")[0]["DistinguishedName"]
    inside = f"MemberOfGroup -eq '{dn}'"
    assert len(crowded.rows("Get-Recipient", Filter=inside, ResultSize="Unlimited")) == 11


def test_mailboxes_are_found_by_custom_attribute_and_by_what_graph_knows_of_the_person(contoso):
    assert contoso.cmdlet("Set-Mailbox", Identity="ceo@contoso.example", CustomAttribute7="mail").status_code == 200
    contoso.recipient("sales@contoso.example").properties["department"] = "Sales"
    for text, name in (("CustomAttribute7 -eq 'mail'", "ceo"), ("Department -like 'sal*'", "sales")):
        assert [r["Name"] for r in contoso.rows("Get-Recipient", Filter=text)] == [name]
    assert contoso.rows("Get-Mailbox", Identity="ceo@contoso.example")[0]["CustomAttribute7"] == "mail"


def test_filterable_property_that_is_not_emulated_is_501_with_its_name(contoso):
    answer = contoso.cmdlet("Get-Recipient", Filter="ExtensionCustomAttribute1 -eq 'x'")
    assert answer.status_code == 501
    assert "ExtensionCustomAttribute1" in answer.text
