"""Groups and their members, as exchange.md and the cmdlets' pages have them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_in_process import APP
from tests.sandbox_process import CONTOSO

ADDRESS = "kundo-mailboxes@contoso.example"
BYPASS = {"BypassSecurityGroupManagerCheck": True}
HASHTABLE = "#Exchange.GenericHashTable"


def make(tenancy: Any, **parameters: Any) -> dict[str, Any]:
    """Make the group and let it replicate."""
    wanted = {"Name": "Kundo Mail mailboxes", "Alias": "kundo-mailboxes", "Type": "Security"} | parameters
    row = tenancy.rows("New-DistributionGroup", **wanted)[0]
    tenancy.advance(10)
    return dict(row)


def members(tenancy: Any, group: str = "kundo-mailboxes") -> list[str]:
    rows = tenancy.rows("Get-DistributionGroupMember", Identity=group, ResultSize="Unlimited")
    return [row["PrimarySmtpAddress"] for row in rows]


def test_new_group_is_a_mail_enabled_security_group(contoso):
    row = make(contoso, PrimarySmtpAddress=ADDRESS, ManagedBy=["admin@contoso.example"], Members=["support"])
    assert row["RecipientTypeDetails"] == "MailUniversalSecurityGroup"
    assert row["EmailAddresses"][0] == f"SMTP:{ADDRESS}"
    assert row["ManagedBy"] == ["admin"]
    assert (row["MemberJoinRestriction"], row["MemberDepartRestriction"]) == ("Closed", "Closed")
    assert members(contoso) == ["support@contoso.example"]
    assert [c.request for c in contoso.ledger] == ["New-DistributionGroup"]


def test_new_group_is_unreadable_then_lacks_its_object_id_then_is_whole(contoso):
    contoso.rows("New-DistributionGroup", Name="g", Type="Security")
    assert contoso.cmdlet("Get-DistributionGroup", Identity="g").status_code == 404
    contoso.advance(2.5)
    assert contoso.rows("Get-DistributionGroup", Identity="g")[0]["ExternalDirectoryObjectId"] == ""
    contoso.advance(2)
    row = contoso.rows("Get-DistributionGroup", Identity="g")[0]
    assert row["ExternalDirectoryObjectId"] == contoso.recipient("g@contoso.example").id


def test_person_at_a_portal_is_told_of_no_lag(sandbox):
    made = {"Name": "g", "Type": "Security", "Members": ["support"]}
    sandbox.by_hand(CONTOSO, cmdlet="New-DistributionGroup", parameters=made)
    row = sandbox.by_hand(CONTOSO, cmdlet="Get-DistributionGroup", parameters={"Identity": "g"})["value"][0]
    assert row["ExternalDirectoryObjectId"]
    policy = {"AppId": APP, "AccessRight": "RestrictAccess", "PolicyScopeGroupId": "g"}
    sandbox.by_hand(CONTOSO, cmdlet="New-ApplicationAccessPolicy", parameters=policy)
    assert {entry["actor"] for entry in sandbox.ledger(CONTOSO)} == {"by-hand"}


def test_address_comes_from_alias_and_alias_from_name(contoso):
    row = make(contoso, Name="Mail boxes", Alias=None)
    assert (row["Alias"], row["PrimarySmtpAddress"]) == ("Mailboxes", "Mailboxes@contoso.example")


@pytest.mark.parametrize("key", ["Name", "Alias", "PrimarySmtpAddress", "Guid", "DistinguishedName"])
def test_group_is_identified_by(contoso, key):
    row = make(contoso)
    assert contoso.rows("Get-DistributionGroup", Identity=row[key].upper())[0]["Guid"] == row["Guid"]


def test_group_is_identified_by_its_entra_object_id(contoso):
    make(contoso)
    object_id = contoso.recipient(ADDRESS).id
    assert contoso.rows("Get-DistributionGroup", Identity=object_id)[0]["Name"] == "Kundo Mail mailboxes"


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"PrimarySmtpAddress": "g@fabrikam.example"}, "NotAcceptedDomainException"),
        ({"PrimarySmtpAddress": "no address"}, "DataValidationException"),
        ({"Name": "Everybody"}, "ADObjectAlreadyExistsException"),
        ({"Name": "trainee"}, "ADObjectAlreadyExistsException"),  # a user without a mailbox has the name too
        ({"Alias": "support"}, 'alias \\"support\\" is already'),
        ({"PrimarySmtpAddress": "help@contoso.example"}, "ProxyAddressExistsException"),
        ({"Name": "n" * 65}, "64 characters"),
        ({"Alias": "with space"}, "property Alias"),
        ({"ManagedBy": ["everybody"]}, "must be a mailbox, a mail user"),
        ({"ManagedBy": ["nobody"]}, "ManagementObjectNotFoundException"),
        ({"Members": ["trainee"]}, "ManagementObjectNotFoundException"),
        ({"MemberJoinRestriction": "Open"}, "join restriction"),
    ],
)
def test_group_cannot_be_made(contoso, parameters, problem):
    wanted = {"Name": "g", "Alias": "g", "Type": "Security"} | parameters
    assert problem in contoso.failure("New-DistributionGroup", **wanted)


def test_group_made_twice_already_exists(contoso):
    make(contoso)
    again = {"Name": "Kundo Mail mailboxes", "Alias": "kundo-mailboxes", "Type": "Security"}
    assert "ADObjectAlreadyExistsException" in contoso.failure("New-DistributionGroup", **again)


def test_microsoft_365_group_is_no_member_and_no_distribution_group(fabrikam):
    fabrikam.rows("New-DistributionGroup", Name="g", Type="Security")
    problem = fabrikam.failure("Add-DistributionGroupMember", Identity="g", Member="Warehouse", **BYPASS)
    assert "GroupMailbox can't be a member" in problem
    assert fabrikam.cmdlet("Get-DistributionGroup", Identity="Warehouse").status_code == 404


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Add-DistributionGroupMember", {"Member": "support"}),
        ("Remove-DistributionGroupMember", {"Member": "support"}),
        ("Update-DistributionGroupMember", {"Members": ["support"]}),
        ("Set-DistributionGroup", {"DisplayName": "new"}),
        ("Remove-DistributionGroup", {}),
    ],
)
def test_application_must_bypass_the_manager_check(contoso, name, parameters):
    make(contoso)
    problem = contoso.failure(name, Identity="kundo-mailboxes", **parameters)
    assert "OperationRequiresGroupManagerException" in problem


def test_members_are_added_and_removed_silently(contoso):
    make(contoso)
    assert contoso.rows("Add-DistributionGroupMember", Identity=ADDRESS, Member="help@contoso.example", **BYPASS) == []
    assert members(contoso) == ["support@contoso.example"]
    removal = {"Identity": ADDRESS, "Member": "support", "Confirm": False}
    assert contoso.rows("Remove-DistributionGroupMember", **removal, **BYPASS) == []
    assert members(contoso) == []
    spans = contoso.recipient(ADDRESS).memberships[contoso.recipient("support@contoso.example").id]
    assert [span.removed is not None for span in spans] == [True]


def test_member_already_there_and_member_not_there(contoso):
    make(contoso, Members=["support"])
    problem = contoso.failure("Add-DistributionGroupMember", Identity=ADDRESS, Member="support", **BYPASS)
    assert "MemberAlreadyExistsException" in problem
    problem = contoso.failure("Remove-DistributionGroupMember", Identity=ADDRESS, Member="ceo", **BYPASS)
    assert "Microsoft.Exchange.Management.Tasks.MemberNotFoundException" in problem


def test_update_replaces_all_members(contoso):
    make(contoso, Members=["support", "sales"])
    contoso.rows("Update-DistributionGroupMember", Identity=ADDRESS, Members=["sales", "ceo"], Confirm=False, **BYPASS)
    assert members(contoso) == ["ceo@contoso.example", "sales@contoso.example"]


def test_empty_list_clears_nothing(contoso):
    make(contoso, Members=["support"], ManagedBy=["admin"])
    contoso.rows("Update-DistributionGroupMember", Identity=ADDRESS, Members=[], **BYPASS)
    contoso.rows("Set-DistributionGroup", Identity=ADDRESS, ManagedBy=[], **BYPASS)
    assert members(contoso) == ["support@contoso.example"]
    assert contoso.rows("Get-DistributionGroup", Identity=ADDRESS)[0]["ManagedBy"] == ["admin"]


def test_shared_mailbox_is_a_member(fabrikam):
    fabrikam.rows("New-DistributionGroup", Name="g", Type="Security", Members=["info@fabrikam.example"])
    fabrikam.advance(10)
    rows = fabrikam.rows("Get-DistributionGroupMember", Identity="g")
    assert [(r["PrimarySmtpAddress"], r["RecipientType"]) for r in rows] == [("info@fabrikam.example", "UserMailbox")]
    assert "ExternalDirectoryObjectId" not in rows[0]


def change(**fields: list[str]) -> dict[str, Any]:
    return {"@odata.type": HASHTABLE, **fields}


def test_set_replaces_and_changes_owners(contoso):
    make(contoso, ManagedBy=["admin"])
    owners = {"Identity": ADDRESS, **BYPASS}
    contoso.rows("Set-DistributionGroup", **owners, ManagedBy=change(Add=["ceo"], Remove=["admin"]))
    assert contoso.rows("Get-DistributionGroup", Identity=ADDRESS)[0]["ManagedBy"] == ["ceo"]
    contoso.rows("Set-DistributionGroup", **owners, ManagedBy=["admin", "support"])
    assert contoso.rows("Get-DistributionGroup", Identity=ADDRESS)[0]["ManagedBy"] == ["admin", "support"]
    problem = contoso.cmdlet("Set-DistributionGroup", **owners, ManagedBy=change())
    assert "at least one owner" in problem.text


def test_set_changes_addresses_by_delta(contoso):
    make(contoso)
    more = change(Add=["smtp:second@contoso.example"])
    contoso.rows("Set-DistributionGroup", Identity=ADDRESS, EmailAddresses=more, **BYPASS)
    row = contoso.rows("Get-DistributionGroup", Identity="second@contoso.example")[0]
    assert row["EmailAddresses"][0] == f"SMTP:{ADDRESS}"
    assert "smtp:second@contoso.example" in row["EmailAddresses"]


def test_set_what_is_already_so_warns_and_commits_nothing(contoso):
    make(contoso)
    before = len(contoso.ledger)
    answer = contoso.cmdlet(
        "Set-DistributionGroup", Identity=ADDRESS, RequireSenderAuthenticationEnabled=True, **BYPASS
    )
    assert "no settings of" in answer.json()["@adminapi.warnings"][0]
    assert len(contoso.ledger) == before


def test_set_keeps_description_and_hidden(contoso):
    make(contoso, Description=["first"])
    contoso.rows(
        "Set-DistributionGroup",
        Identity=ADDRESS,
        Description="second",
        HiddenFromAddressListsEnabled=True,
        **BYPASS,
    )
    row = contoso.rows("Get-DistributionGroup", Identity=ADDRESS)[0]
    assert (row["Description"], row["HiddenFromAddressListsEnabled"]) == (["second"], True)
    assert contoso.recipient(ADDRESS).properties["description"] == "second"


def test_removed_group_is_gone_and_its_name_free(contoso):
    make(contoso, Members=["support"])
    contoso.rows("Remove-DistributionGroup", Identity=ADDRESS, Confirm=False, **BYPASS)
    assert contoso.cmdlet("Get-DistributionGroup", Identity=ADDRESS).status_code == 404
    make(contoso)
    assert members(contoso) == []


@pytest.mark.parametrize(
    ("condition", "aliases"),
    [
        ("Alias -eq 'support'", ["support"]),
        ("EmailAddresses -eq 'smtp:help@contoso.example'", ["support"]),
        ("Alias -eq 'ceo' -or (Alias -like 's*' -and Alias -ne 'sales')", ["ceo", "support"]),
        ("RecipientTypeDetails -eq 'MailUniversalDistributionGroup'", ["everybody"]),
        ("DisplayName -eq 'O''Brien'", []),
    ],
)
def test_recipients_are_filtered(contoso, condition, aliases):
    assert [r["Alias"] for r in contoso.rows("Get-Recipient", Filter=condition, ResultSize="Unlimited")] == aliases


def test_recipients_are_filtered_by_object_id_and_membership(contoso):
    support = contoso.recipient("support@contoso.example")
    by_id = contoso.rows("Get-Recipient", Filter=f"ExternalDirectoryObjectId -eq '{support.id}'")
    group = contoso.rows("Get-Recipient", Filter=f"Members -eq '{by_id[0]['DistinguishedName']}'")
    assert [r["Alias"] for r in group] == ["everybody"]
    inside = f"MemberOfGroup -eq '{group[0]['DistinguishedName']}'"
    assert len(contoso.rows("Get-Recipient", Filter=inside, ResultSize="Unlimited")) == 3


def test_user_without_a_mailbox_is_no_recipient(contoso):
    assert contoso.cmdlet("Get-Recipient", Identity="trainee@contoso.example").status_code == 404


def test_organisation_and_domains(contoso):
    contoso.tenant.dehydrated = True
    assert contoso.rows("Get-OrganizationConfig")[0]["IsDehydrated"] is True
    domains = {r["DomainName"]: (r["Default"], r["InitialDomain"]) for r in contoso.rows("Get-AcceptedDomain")}
    assert domains == {"contoso.example": (True, False), "contoso.onmicrosoft.example": (False, True)}
    assert contoso.rows("Get-ServicePrincipal") == []
