"""What stops a customer before anything is written, each by its name."""

from __future__ import annotations

import pytest

from tests.modules.migrated import ASKED, NAME, SUPPORT, onboard
from tests.modules.tenant_by_hand import EXCHANGE_ONLINE, GROUP

APP = "Kundo Mail"


@pytest.fixture(autouse=True)
def works(task, sandbox):
    onboard(task, sandbox)


def refused(task, sandbox):
    """Why it is refused; a check says the same, and nothing is written by either."""
    sandbox.mark()
    message = task.failed(NAME, **ASKED)
    assert task.failed(NAME, check=True, **ASKED) == message
    assert sandbox.writes == []
    assert not (task.state / "contoso" / "migration.json").exists()
    return message


def other_group(contoso):
    contoso.cmdlet("New-DistributionGroup", Name="Other", Type="Security", Members=["ceo@contoso.example"])
    contoso.settled()


@pytest.mark.parametrize(("right", "text"), [("DenyAccess", "is not converted"), ("RestrictAccess", "opens more")])
def test_another_policy(task, sandbox, contoso, right, text):
    other_group(contoso)
    app_id = contoso.app()["appId"]
    contoso.cmdlet("New-ApplicationAccessPolicy", AppId=[app_id], AccessRight=right, PolicyScopeGroupId="Other")
    contoso.settled()
    message = refused(task, sandbox)
    assert f"A policy with {right} for 'Other'" in message
    assert text in message


def test_a_group_in_the_group(task, sandbox, contoso):
    other_group(contoso)
    contoso.add_member("Other")
    message = refused(task, sandbox)
    assert "holds another group, Other@" in message
    assert f"put them into {GROUP!r} themselves" in message


def test_a_group_that_reads_as_empty_is_unreadable(task, sandbox, contoso):
    contoso.cmdlet("Remove-DistributionGroupMember", Identity=GROUP, Member=SUPPORT, Confirm=False)
    contoso.settled()
    assert "reads as empty. That is unreadable, not 'no mailboxes'" in refused(task, sandbox)


def test_consent_that_nothing_confines(task, sandbox, contoso):
    contoso.cmdlet("Remove-ApplicationAccessPolicy", Identity=contoso.policies()[0]["Identity"], Confirm=False)
    contoso.settled()
    assert "Nothing confines the app's consent" in refused(task, sandbox)


def test_consent_to_another_service(task, sandbox, contoso):
    contoso.grant("full_access_as_app", EXCHANGE_ONLINE)
    contoso.settled()
    assert "Entra consents to Office 365 Exchange Online/full_access_as_app" in refused(task, sandbox)


def test_a_role_that_was_not_made_here(task, sandbox, contoso):
    task("exo_service_principal", application="kundo-mail")
    contoso.cmdlet("New-ManagementRoleAssignment", Name="by hand", App=APP, Role="Application Mail.Read")
    contoso.settled()
    message = refused(task, sandbox)
    assert "Application Mail.Read on the whole organization to the app (by hand)" in message


def test_an_organization_never_customized(task, sandbox, contoso):
    body = {"value": [{"Name": "contoso", "IsDehydrated": True}]}
    sandbox.fault(contoso.tenant, "exchange", cmdlet="Get-OrganizationConfig", status=200, body=body, times=2)
    assert "Enable-OrganizationCustomization" in refused(task, sandbox)


def test_all_of_them_are_told_at_once(task, sandbox, contoso):
    contoso.cmdlet("Remove-ApplicationAccessPolicy", Identity=contoso.policies()[0]["Identity"], Confirm=False)
    contoso.cmdlet("Remove-DistributionGroupMember", Identity=GROUP, Member=SUPPORT, Confirm=False)
    contoso.settled()
    message = refused(task, sandbox)
    assert "reads as empty" in message
    assert "Nothing confines" in message
