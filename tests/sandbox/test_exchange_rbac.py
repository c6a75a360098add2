"""Pointers, management scopes and role assignments: shapes and refusals."""

from __future__ import annotations

import pytest

from tests.sandbox.rbac_world import LAG, OBJECT_ID, REGISTRATION_ID, assign, enterprise_app, group, pointer
from tests.sandbox_in_process import APP


def test_pointer_names_the_enterprise_application(contoso):
    row = pointer(contoso)
    assert (row["AppId"], row["ObjectId"], row["DisplayName"]) == (APP, OBJECT_ID, "mail app")
    for identity in (APP, OBJECT_ID, OBJECT_ID.upper(), "Mail App", row["Guid"]):
        assert contoso.rows("Get-ServicePrincipal", Identity=identity)[0]["ObjectId"] == OBJECT_ID
    assert len(contoso.rows("Get-ServicePrincipal")) == 1
    assert contoso.cmdlet("Get-ServicePrincipal", Identity="nobody").status_code == 404


@pytest.mark.parametrize(
    ("app_id", "object_id"),
    [(APP, REGISTRATION_ID), ("99999999-2222-4333-8444-555555555555", OBJECT_ID), (APP, APP)],
)
def test_pointer_to_the_registration_or_to_another_app_is_refused(contoso, app_id, object_id):
    enterprise_app(contoso)
    assert "doesn't exist" in contoso.failure("New-ServicePrincipal", AppId=app_id, ObjectId=object_id)


def test_pointer_made_twice_already_exists(contoso):
    pointer(contoso)
    problem = contoso.failure("New-ServicePrincipal", AppId=APP.upper(), ObjectId=OBJECT_ID)
    assert "ADObjectAlreadyExistsException" in problem


def test_new_pointer_is_not_assignable_at_once(contoso):
    enterprise_app(contoso)
    contoso.rows("New-ServicePrincipal", AppId=APP, ObjectId=OBJECT_ID)
    wanted = {"Role": "Application Mail.Send", "App": APP}
    assert "ManagementObjectNotFoundException" in contoso.failure("New-ManagementRoleAssignment", **wanted)
    contoso.advance(LAG)
    contoso.rows("New-ManagementRoleAssignment", **wanted)


def test_deleting_the_enterprise_application_takes_pointer_and_assignments_and_leaves_scopes(contoso):
    pointer(contoso)
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter="Alias -eq 'support'")
    assign(contoso, CustomResourceScope="s")
    contoso.tenant.service_principals[OBJECT_ID].deleted = contoso.tenant.clock.now()
    assert contoso.rows("Get-ServicePrincipal") == []
    assert contoso.rows("Get-ManagementRoleAssignment", RoleAssigneeType="ServicePrincipal") == []
    assert [r["Name"] for r in contoso.rows("Get-ManagementScope", Orphan=True)] == ["s"]


def test_removing_the_pointer_takes_its_assignments(contoso):
    pointer(contoso)
    assign(contoso)
    assert contoso.rows("Remove-ServicePrincipal", Identity=APP, Confirm=False) == []
    assert contoso.rows("Get-ManagementRoleAssignment", RoleAssigneeType="ServicePrincipal") == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("primarysmtpaddress -EQ 'support@contoso.example'", "PrimarySmtpAddress -eq 'support@contoso.example'"),
        ("(alias -eq 'a')", "Alias -eq 'a'"),
        ("Alias -eq 'a' -or alias -eq 'b'", "((Alias -eq 'a') -or (Alias -eq 'b'))"),
        ("-not(name -like 'o''b*')", "-not(Name -like 'o''b*')"),
        (
            "Alias -eq 'a' -and (Name -eq 'b' -or Name -eq 'c')",
            "((Alias -eq 'a') -and ((Name -eq 'b') -or (Name -eq 'c')))",
        ),
    ],
)
def test_scope_filter_is_read_back_normalised_and_stays_so(contoso, given, shown):
    row = contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter=given)[0]
    assert row["RecipientFilter"] == shown
    assert (row["ScopeRestrictionType"], row["Exclusive"]) == ("RecipientScope", False)
    answer = contoso.cmdlet("Set-ManagementScope", Identity="s", RecipientRestrictionFilter=shown)
    assert "no settings of" in answer.json()["@adminapi.warnings"][0]


def test_scope_is_refused(contoso):
    rule = {"RecipientRestrictionFilter": "Alias -eq 'a'"}
    assert "64 characters" in contoso.failure("New-ManagementScope", Name="s" * 65, **rule)
    contoso.rows("New-ManagementScope", Name="s", **rule)
    assert "ADObjectAlreadyExists" in contoso.failure("New-ManagementScope", Name="S", **rule)
    bad = {"Name": "t", "RecipientRestrictionFilter": "Colour -eq 'red'"}
    assert "not a recognized filterable property" in contoso.failure("New-ManagementScope", **bad)
    assert "mandatory" in contoso.failure("New-ManagementScope", Name="t")


def test_scope_in_use_cannot_be_removed_and_is_no_orphan(contoso):
    pointer(contoso)
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter="Alias -eq 'support'")
    name = assign(contoso, CustomResourceScope="s")["Name"]
    assert contoso.rows("Get-ManagementScope", Orphan=True) == []
    assert "used by" in contoso.failure("Remove-ManagementScope", Identity="s", Confirm=False)
    contoso.rows("Remove-ManagementRoleAssignment", Identity=name, Confirm=False)
    contoso.rows("Remove-ManagementScope", Identity="s", Confirm=False)
    assert contoso.cmdlet("Get-ManagementScope", Identity="s").status_code == 404


@pytest.mark.parametrize("app", [APP, OBJECT_ID, "mail app"])
def test_assignment_takes_app_id_object_id_or_name(contoso, app):
    pointer(contoso)
    row = assign(contoso, App=app)
    assert (row["RoleAssignee"], row["RoleAssigneeName"]) == (OBJECT_ID, OBJECT_ID)
    assert (row["RoleAssigneeType"], row["AssignmentMethod"]) == ("ServicePrincipal", "Direct")
    assert contoso.rows("Get-ManagementRoleAssignment", RoleAssignee=OBJECT_ID)[0]["Name"] == row["Name"]


def test_each_kind_of_scope_reads_back_in_its_own_way(contoso):
    pointer(contoso)
    dn = group(contoso, "support")
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter=f"MemberOfGroup -eq '{dn}'")
    scopes = [{"CustomResourceScope": "s"}, {"RecipientGroupScope": dn}, {}]
    rows = [assign(contoso, **scope) for scope in scopes]
    shown = [(r["RecipientWriteScope"], r["CustomResourceScope"]) for r in rows]
    assert shown == [("CustomRecipientScope", "s"), ("Group", "g"), ("Organization", None)]
    assert all("RecipientGroupScope" not in r for r in rows)


def test_role_of_several_permissions_is_one_assignment(contoso):
    pointer(contoso)
    assign(contoso, "application mail full access")
    row = contoso.rows("Test-ServicePrincipalAuthorization", Identity=APP)[0]
    assert row["RoleName"] == "Application Mail Full Access"
    assert row["GrantedPermissions"] == "Mail.ReadWrite, Mail.Send"
    assert row["InScope"] == "Not Run"


def test_assignment_is_refused(contoso):
    pointer(contoso)
    group(contoso)
    kind = "New-ManagementRoleAssignment"
    base = {"Name": "a", "App": APP, "Role": "Application Mail.Send"}
    assert "NotFound" in contoso.failure(kind, **(base | {"Role": "Application Mail.Sent"}))
    assert "NotFound" in contoso.failure(kind, **(base | {"App": "nobody"}))
    assert "NotFound" in contoso.failure(kind, **(base | {"CustomResourceScope": "none"}))
    two = {"CustomResourceScope": "s", "RecipientGroupScope": "g"}
    assert "Parameter set" in contoso.failure(kind, **(base | two))
    assert "64 characters" in contoso.failure(kind, **(base | {"Name": "n" * 65}))
    contoso.rows(kind, **base)
    assert "ADObjectAlreadyExists" in contoso.failure(kind, **base)


def test_exclusive_scope_is_no_resource_scope(contoso):
    pointer(contoso)
    contoso.rows("New-ManagementScope", Name="x", RecipientRestrictionFilter="Alias -eq 'ceo'", Exclusive=True)
    wanted = {"App": APP, "Role": "Application Mail.Send", "CustomResourceScope": "x"}
    assert "exclusive scope" in contoso.failure("New-ManagementRoleAssignment", **wanted)


def test_test_cmdlet_sees_a_change_at_once_and_only_role_assignments(contoso):
    pointer(contoso)
    group(contoso, "support")
    assign(contoso, RecipientGroupScope="g")
    for mailbox, inside in (("support", True), ("ceo", False)):
        row = contoso.rows("Test-ServicePrincipalAuthorization", Identity=OBJECT_ID, Resource=mailbox)[0]
        assert (row["InScope"], row["ScopeType"], row["AllowedResourceScope"]) == (inside, "Group", "g")
    contoso.tenant.exchange.settings.in_scope_as_text = True
    row = contoso.rows("Test-ServicePrincipalAuthorization", Identity=OBJECT_ID, Resource="ceo")[0]
    assert row["InScope"] == "False"


def test_assignment_to_others_is_501(contoso):
    answer = contoso.cmdlet("New-ManagementRoleAssignment", App="x", Role="Application Mail.Send", User="ceo")
    assert answer.status_code == 501
