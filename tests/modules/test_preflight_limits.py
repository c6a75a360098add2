"""Limits that a run would meet in Exchange are told before the first write, and only what stops a run stops it."""

from __future__ import annotations

import pytest

from graphmail_ansible import action
from tests.modules.tenant_by_hand import GROUP
from tests.modules.test_tenant_info import ASKED, NAME

MIB = 2**20


def obstacles(task, **params):
    """What stops contoso, as `area: problem`."""
    message = task.failed(NAME, **ASKED | params)
    found = action.RUN.found("contoso", NAME)
    assert found["status"] == "blocked"
    assert all(obstacle["problem"] in message for obstacle in found["obstacles"] if obstacle["stops"] == "yes")
    return [f"{o['area']}: {o['problem']}" for o in found["obstacles"]]


def policies(contoso, number, description):
    contoso.cmdlet("New-DistributionGroup", Name="All", Type="Security", PrimarySmtpAddress="all@contoso.example")
    contoso.settled()
    for count in range(number):
        app = f"00000000-0000-4000-8000-{count:012}"
        scope = {"PolicyScopeGroupId": "all@contoso.example", "AccessRight": "RestrictAccess"}
        contoso.cmdlet("New-ApplicationAccessPolicy", AppId=[app], Description=description, **scope)
    contoso.settled()


def test_no_room_for_another_policy_is_told_where_exchange_would_refuse_it(task, contoso, sandbox):
    policies(contoso, 300, " ")
    assert obstacles(task) == ["access: The tenant has no room for another application access policy"]
    assert task(NAME, **ASKED, access="rbac")["status"] == "ready"
    assert sandbox.writes == []


def test_little_room_is_a_note(task, contoso):
    policies(contoso, 280, " ")
    (note,) = task(NAME, **ASKED)["obstacles"]
    assert (note["area"], note["stops"]) == ("access", "no")
    assert "280 policies" in note["found"]


def test_a_mailbox_below_the_large_mail_size_is_a_note_with_the_cmdlet_that_raises_it(task, contoso):
    contoso.cmdlet("Set-Mailbox", Identity="support@contoso.example", MaxSendSize="5MB")
    contoso.settled()
    result = task(NAME, **ASKED, large_mail_size=10 * MIB)
    (note,) = result["obstacles"]
    assert note["remedy"].startswith("Set-Mailbox support@contoso.example -MaxSendSize 14MB")
    assert "5 MB" in note["found"]
    assert task(NAME, **ASKED, large_mail_size=3 * MIB + 1)["obstacles"] == []
    assert task(NAME, **ASKED)["obstacles"] == []


def test_a_group_synchronized_from_on_premises(task, contoso, sandbox):
    address = "kundo-mailboxes@contoso.example"
    contoso.cmdlet("New-DistributionGroup", Name=GROUP, Type="Security", PrimarySmtpAddress=address)
    contoso.settled()
    (row,) = contoso.groups()
    row |= {"IsDirSynced": True}
    sandbox.fault(
        contoso.tenant, "exchange", cmdlet="Get-DistributionGroup", status=200, body={"value": [row]}, times=3
    )
    told = obstacles(task)
    assert f"group: The group '{GROUP}' is synchronized from on premises, so nothing here can change it" in told


@pytest.mark.parametrize("rights", [["Policy.Read.All"], ["Policy.Read.All", "User.Read.All"]])
def test_each_missing_right_is_an_obstacle_of_its_own(task, contoso, rights):
    for right in rights:
        contoso.withdraw(right)
    told = obstacles(task)
    assert told == [f"rights: The admin app lacks the application permission {right}" for right in rights]


def test_a_tenant_without_a_licence_for_exchange_is_told_as_that(task, contoso, sandbox):
    sandbox.fault(contoso.tenant, "exchange", path="*", status=403, times=9)
    skus = {"value": [{"skuPartNumber": "AAD_PREMIUM", "capabilityStatus": "Enabled", "servicePlans": []}]}
    sandbox.fault(contoso.tenant, "graph", method="GET", path="/subscribedSkus*", status=200, body=skus, times=9)
    assert obstacles(task) == ["licence: The tenant has no licence with Exchange Online"]
