"""What role assignments reach on the data plane, through the cache, beside consent and policies."""

from __future__ import annotations

import pytest

from tests.sandbox.rbac_world import APP, OBJECT_ID, assign, group, pointer, reads
from tests.sandbox_in_process import mail

SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"
BUSY, IDLE = 7200, 1800


@pytest.fixture
def scoped(contoso):
    """The app has read and write on support@ by a group, and nothing in its token."""
    pointer(contoso)
    group(contoso, "support")
    contoso.advance(301)
    assign(contoso, RecipientGroupScope="g")
    return contoso


def test_assignment_reaches_members_without_any_role_in_the_token(scoped):
    assert (reads(scoped, SUPPORT), reads(scoped, CEO)) == (200, 403)
    path = f"/users/{CEO}/mailFolders/inbox"
    problem = scoped.refused(403, "ErrorAccessDenied", "GET", path, roles=())
    assert problem == "Access is denied. Check credentials and try again."


def test_who_exists_is_told_to_an_app_with_rights_somewhere(scoped):
    assert reads(scoped, "nobody@contoso.example") == 404
    scoped.refused(403, "ErrorAccessDenied", "POST", "/users/nobody@contoso.example/sendMail", roles=(), json={})


def test_role_grants_what_it_says_and_no_more(scoped):
    send = mail(SUPPORT)
    assert scoped.graph("POST", f"/users/{SUPPORT}/sendMail", roles=(), json=send).status_code == 403
    scoped.advance(BUSY)
    assign(scoped, "Application Mail.Send", RecipientGroupScope="g")
    assert scoped.graph("POST", f"/users/{SUPPORT}/sendMail", roles=(), json=send).status_code == 202


def test_nested_members_are_out_of_scope(contoso):
    pointer(contoso)
    group(contoso, "ceo", name="inner")
    group(contoso, "support", "inner")
    contoso.advance(301)
    assign(contoso, RecipientGroupScope="g")
    assert (reads(contoso, SUPPORT), reads(contoso, CEO)) == (200, 403)


@pytest.mark.parametrize("kind", ["MemberOfGroup", "PrimarySmtpAddress"])
def test_management_scope_reaches_whom_its_filter_keeps(contoso, kind):
    pointer(contoso)
    value = group(contoso, "support") if kind == "MemberOfGroup" else SUPPORT.upper()
    contoso.advance(301)
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter=f"{kind} -eq '{value}'")
    assign(contoso, CustomResourceScope="s")
    assert (reads(contoso, SUPPORT), reads(contoso, CEO)) == (200, 403)


def test_plain_security_group_of_entra_is_no_group_to_a_filter(contoso):
    pointer(contoso)
    dn_ = group(contoso, "support")
    contoso.recipient("g@contoso.example").type_details = "SecurityGroup"
    contoso.advance(301)
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter=f"MemberOfGroup -eq '{dn_}'")
    assign(contoso, CustomResourceScope="s")
    assert reads(contoso, SUPPORT) == 403


def test_consent_voids_the_scope_and_policies_never_limit_assignments(scoped):
    assert reads(scoped, CEO, ("Mail.Read",)) == 200
    deny = {"AppId": APP, "AccessRight": "DenyAccess", "PolicyScopeGroupId": "g"}
    scoped.rows("New-ApplicationAccessPolicy", **deny)
    scoped.advance(901)
    assert reads(scoped, SUPPORT, ("Mail.Read",)) == 200


def test_app_that_never_called_has_its_new_rights_at_once(scoped):
    assert reads(scoped, SUPPORT) == 200


def test_busy_app_keeps_what_was_loaded_for_two_hours(scoped):
    assert reads(scoped, SUPPORT) == 200
    name = scoped.rows("Get-ManagementRoleAssignment", RoleAssignee=OBJECT_ID)[0]["Name"]
    scoped.rows("Remove-ManagementRoleAssignment", Identity=name, Confirm=False)
    assert scoped.rows("Test-ServicePrincipalAuthorization", Identity=APP, Resource="support") == []
    for _ in range(7):
        scoped.advance(1000)
        assert reads(scoped, SUPPORT) == 200
    scoped.advance(201)
    assert reads(scoped, SUPPORT) == 403


def test_idle_app_has_them_loaded_anew_after_half_an_hour(scoped):
    assert reads(scoped, CEO) == 403
    assign(scoped)  # the whole organisation
    scoped.advance(1700)
    assert reads(scoped, CEO) == 403  # a call, which keeps the cache
    scoped.advance(1700)
    assert reads(scoped, CEO) == 403
    scoped.advance(IDLE)
    assert reads(scoped, CEO) == 200


def test_another_app_has_a_cache_of_its_own_and_its_looks_do_not_count(scoped):
    other = "99999999-2222-4333-8444-555555555555"
    scoped.graph("GET", f"/users/{SUPPORT}/messages", roles=(), client_id=other)
    assert reads(scoped, SUPPORT) == 200


def test_membership_follows_the_cache_and_its_own_lag(scoped):
    scoped.rows("Add-DistributionGroupMember", Identity="g", Member="ceo", BypassSecurityGroupManagerCheck=True)
    assert reads(scoped, CEO) == 403
    scoped.advance(IDLE)
    assert reads(scoped, CEO) == 200
    scoped.tenant.exchange.caches.clear()
    change = {"Identity": "g", "Member": "ceo", "Confirm": False, "BypassSecurityGroupManagerCheck": True}
    scoped.rows("Remove-DistributionGroupMember", **change)
    scoped.advance(299)
    assert reads(scoped, CEO) == 200


def test_changed_scope_hits_the_assignments_that_use_it(contoso):
    pointer(contoso)
    contoso.rows("New-ManagementScope", Name="s", RecipientRestrictionFilter="Alias -eq 'support'")
    assign(contoso, CustomResourceScope="s")
    assert reads(contoso, CEO) == 403
    change = {"Identity": "s", "RecipientRestrictionFilter": "Alias -eq 'ceo'", "Confirm": False}
    contoso.rows("Set-ManagementScope", **change)
    assert (reads(contoso, SUPPORT), reads(contoso, CEO)) == (200, 403)
    contoso.advance(IDLE)
    assert (reads(contoso, SUPPORT), reads(contoso, CEO)) == (403, 200)


def test_deleted_enterprise_application_loses_its_rights(scoped):
    scoped.tenant.service_principals[OBJECT_ID].deleted = scoped.tenant.clock.now()
    assert reads(scoped, SUPPORT) == 403
