"""Application access policies: their shapes, what is refused, and what the test cmdlet says when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_in_process import APP

GROUP = "scope@contoso.example"


@pytest.fixture
def scope(contoso):
    """A security group with support@ in it."""
    contoso.rows("New-DistributionGroup", Name="scope group", Alias="scope", Type="Security", Members=["support"])
    contoso.advance(1000)
    return contoso.recipient(GROUP)


def new(tenancy: Any, **parameters: Any) -> dict[str, Any]:
    wanted = {"AppId": APP, "AccessRight": "RestrictAccess", "PolicyScopeGroupId": GROUP, "Description": " "}
    return dict(tenancy.rows("New-ApplicationAccessPolicy", **(wanted | parameters))[0])


def verdict(tenancy: Any, mailbox: str, app_id: str = APP) -> str:
    return str(tenancy.rows("Test-ApplicationAccessPolicy", Identity=mailbox, AppId=app_id)[0]["AccessCheckResult"])


def test_identity_is_made_of_tenant_app_and_scope(contoso, scope):
    row = new(contoso)
    assert row["Identity"] == f"{contoso.id}\\{APP}:{scope.sid};{scope.id}"
    assert row["ScopeIdentityRaw"] == f"{scope.sid};{scope.id}"
    assert (row["ScopeName"], row["ScopeIdentity"]) == ("scope group", "scope group")
    assert (row["AppId"], row["AccessRight"], row["Description"]) == (APP, "RestrictAccess", " ")
    assert (row["ShardType"], row["IsValid"]) == ("All", True)
    assert contoso.rows("Get-ApplicationAccessPolicy") == [row]


def test_description_left_out_is_long(contoso, scope):
    assert len(new(contoso, Description=None)["Description"]) > 100


def test_same_app_and_scope_twice_is_refused(contoso, scope):
    new(contoso)
    again = {"AppId": APP.upper(), "AccessRight": "DenyAccess", "PolicyScopeGroupId": scope.id}
    assert "ADObjectAlreadyExistsException" in contoso.failure("New-ApplicationAccessPolicy", **again)


def test_scope_must_be_a_security_principal(contoso, fabrikam):
    for tenancy, name in ((contoso, "everybody"), (fabrikam, "Warehouse"), (fabrikam, "info@fabrikam.example")):
        wanted = {"AppId": APP, "AccessRight": "RestrictAccess", "PolicyScopeGroupId": name}
        assert "is not a security principal" in tenancy.failure("New-ApplicationAccessPolicy", **wanted)


def test_group_not_yet_in_entra_is_no_scope(contoso):
    contoso.rows("New-DistributionGroup", Name="g", Type="Security")
    wanted = {"AppId": APP, "AccessRight": "RestrictAccess", "PolicyScopeGroupId": "g"}
    assert "ManagementObjectNotFoundException" in contoso.failure("New-ApplicationAccessPolicy", **wanted)


def test_mailbox_is_a_scope_of_itself_alone(contoso):
    new(contoso, PolicyScopeGroupId="support@contoso.example")
    contoso.advance(11)
    assert (verdict(contoso, "support"), verdict(contoso, "ceo")) == ("Granted", "Denied")


def test_set_changes_the_description_alone(contoso, scope):
    identity = new(contoso)["Identity"]
    assert contoso.rows("Set-ApplicationAccessPolicy", Identity=identity, Description="why") == []
    assert contoso.rows("Get-ApplicationAccessPolicy", Identity=identity)[0]["Description"] == "why"
    assert "AccessRight" in contoso.failure("Set-ApplicationAccessPolicy", Identity=identity, AccessRight="DenyAccess")


def test_removed_policy_is_gone_from_the_list_at_once(contoso, scope):
    identity = new(contoso)["Identity"]
    assert contoso.rows("Remove-ApplicationAccessPolicy", Identity=identity.upper(), Confirm=False) == []
    assert contoso.rows("Get-ApplicationAccessPolicy") == []
    assert contoso.cmdlet("Remove-ApplicationAccessPolicy", Identity=identity).status_code == 400
    assert contoso.cmdlet("Get-ApplicationAccessPolicy", Identity=identity).status_code == 404


def test_test_cmdlet_sees_policy_and_membership_after_its_own_delay(contoso, scope):
    new(contoso)
    assert verdict(contoso, "ceo") == "Granted"
    contoso.advance(11)
    assert (verdict(contoso, "support"), verdict(contoso, "ceo@contoso.example")) == ("Granted", "Denied")
    contoso.rows("Add-DistributionGroupMember", Identity=GROUP, Member="ceo", BypassSecurityGroupManagerCheck=True)
    assert verdict(contoso, "ceo") == "Denied"
    contoso.advance(11)
    assert verdict(contoso, "ceo") == "Granted"


def test_test_cmdlet_answers_who_was_tested(contoso):
    support = contoso.recipient("support@contoso.example")
    row = contoso.rows("Test-ApplicationAccessPolicy", Identity="help@contoso.example", AppId=APP)[0]
    assert (row["Mailbox"], row["MailboxId"], row["MailboxSid"]) == ("support", support.guid, support.sid)
    assert contoso.cmdlet("Test-ApplicationAccessPolicy", Identity="nobody", AppId=APP).status_code == 400


def test_other_apps_are_not_limited(contoso, scope):
    new(contoso)
    contoso.advance(11)
    assert verdict(contoso, "ceo", "99999999-2222-4333-8444-555555555555") == "Granted"


@pytest.mark.parametrize(("description", "fit"), [(" ", 300), (None, 100)])
def test_total_size_of_policies_is_limited(contoso, scope, description, fit):
    apps = [f"{i:08x}-0000-4000-8000-000000000000" for i in range(fit + 40)]
    new(contoso, AppId=apps[:fit], Description=description)
    wanted = {"AppId": apps[fit:], "AccessRight": "RestrictAccess", "PolicyScopeGroupId": GROUP}
    problem = contoso.failure("New-ApplicationAccessPolicy", **wanted, Description=description)
    assert "The total size of App Access Policies exceeded the limit." in problem
