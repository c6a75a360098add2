"""The group must hold exactly the connected mailboxes, and the app be confined to it by one policy and no other."""

from __future__ import annotations

import pytest

GROUP = "Kundo Mail mailboxes"


@pytest.fixture
def proved(contoso):
    """One check of an access proof of contoso, by its name."""

    def look(name):
        with contoso.proof("verify_access") as flow:
            flow.sign_in()
            flow.prove_access()
        return next(check for check in flow.checks if check.name == name)

    return look


@pytest.fixture
def members(proved):
    """The check of the group's members."""
    return lambda: proved("members")


def by_hand(contoso, cmdlet, member):
    parameters = {"Identity": GROUP, "Member": member, "BypassSecurityGroupManagerCheck": True, "Confirm": False}
    if cmdlet.startswith("Add"):
        del parameters["Confirm"]
    contoso.sandbox.by_hand(contoso.tenant, cmdlet=cmdlet, parameters=parameters)
    contoso.sandbox.settle(contoso.tenant)


def test_exactly_the_connected_mailboxes_pass(members):
    check = members()
    assert (check.verdict, check.observed) == ("passed", "exactly support@contoso.example")


def test_one_more_is_named_and_fails(contoso, members):
    by_hand(contoso, "Add-DistributionGroupMember", "sales@contoso.example")
    check = members()
    assert check.verdict == "failed"
    assert "sales@contoso.example is in the group 'Kundo Mail mailboxes', and is not in the inventory" in check.observed


def test_a_missing_one_is_named_and_fails(contoso, members):
    by_hand(contoso, "Remove-DistributionGroupMember", "support@contoso.example")
    check = members()
    assert check.verdict == "failed"
    assert "support@contoso.example is not in the group" in check.observed
