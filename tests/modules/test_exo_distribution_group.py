from __future__ import annotations

import pytest

from tests.modules.tenant_by_hand import GROUP

NAME = "exo_distribution_group"
SUPPORT, SALES, CEO = "support@contoso.example", "sales@contoso.example", "ceo@contoso.example"
MADE = {
    "name": GROUP,
    "address": "kundo-mailboxes@contoso.example",
    "description": "Mailboxes that Kundo may use.",
    "owners": ["admin@contoso.example"],
    "members": [SUPPORT],
}


def test_makes_a_closed_security_group(task, contoso, sandbox):
    result = task(NAME, **MADE)
    assert result["changed"]
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"] == {
        name: MADE[name] for name in ("name", "description", "address", "owners", "members")
    }
    assert result["extra_members"] == []
    (group,) = contoso.groups()
    assert group["RecipientTypeDetails"] == "MailUniversalSecurityGroup"
    assert group["PrimarySmtpAddress"] == MADE["address"]
    assert group["MemberDepartRestriction"] == "Closed"
    assert group["RequireSenderAuthenticationEnabled"] is True
    assert contoso.members() == [SUPPORT]
    assert [w["request"] for w in sandbox.writes] == ["New-DistributionGroup"]


def test_adds_a_member_and_shows_the_whole_list(task, contoso, sandbox):
    task(NAME, **MADE)
    sandbox.mark()
    result = task(NAME, name=GROUP, members=[SALES, SUPPORT])
    assert result["diff"] == {"before": {"members": [SUPPORT]}, "after": {"members": [SALES, SUPPORT]}}
    assert contoso.members() == [SALES, SUPPORT]
    assert [w["request"] for w in sandbox.writes] == ["Add-DistributionGroupMember"]


def test_changes_owners_and_leaves_members_alone(task, contoso, sandbox):
    task(NAME, **MADE)
    sandbox.mark()
    result = task(NAME, name=GROUP, owners=["admin@contoso.example", CEO])
    assert set(result["diff"]["after"]) == {"owners"}
    assert [w["request"] for w in sandbox.writes] == ["Set-DistributionGroup"]
    assert contoso.members() == [SUPPORT]
    assert not task(NAME, name=GROUP, owners=[CEO, "admin@contoso.example"])["changed"]


def test_changes_the_address(task, contoso):
    task(NAME, **MADE)
    task(NAME, name=GROUP, address="helpdesk-mailboxes@contoso.example")
    assert contoso.groups()[0]["PrimarySmtpAddress"] == "helpdesk-mailboxes@contoso.example"


def test_second_run_writes_nothing_whatever_order_and_case(task, sandbox):
    two = MADE | {"members": [SUPPORT, SALES]}
    task(NAME, **two)
    sandbox.mark()
    again = task(NAME, **two | {"members": [SALES.title(), SUPPORT], "address": MADE["address"].upper()})
    assert not again["changed"]
    assert again["diff"] == {"before": {}, "after": {}}
    assert sandbox.writes == []


def test_a_member_named_by_an_alias_is_no_difference(task, sandbox):
    task(NAME, **MADE)
    sandbox.mark()
    assert not task(NAME, **MADE | {"members": ["help@contoso.example"]})["changed"]
    assert sandbox.writes == []


def test_removes_it_and_removing_again_writes_nothing(task, contoso, sandbox):
    task(NAME, **MADE)
    assert task(NAME, name=GROUP, state="absent")["changed"]
    assert contoso.groups() == []
    sandbox.mark()
    assert not task(NAME, name=GROUP, state="absent")["changed"]
    assert sandbox.writes == []


@pytest.mark.parametrize("wanted", [{"members": [SUPPORT, SALES]}, {"owners": [CEO]}, {"state": "absent"}])
def test_check_predicts_changes_and_writes_nothing(task, sandbox, wanted):
    task(NAME, **MADE)
    sandbox.mark()
    check = task(NAME, check=True, name=GROUP, **wanted)
    assert sandbox.writes == []
    run = task(NAME, name=GROUP, **wanted)
    assert check["changed"]
    assert (check["changed"], check["diff"]) == (run["changed"], run["diff"])


def test_check_predicts_the_making_and_writes_nothing(task, sandbox):
    check = task(NAME, check=True, **MADE)
    assert sandbox.writes == []
    run = task(NAME, **MADE)
    assert check == run


@pytest.mark.parametrize("check", [True, False])
def test_a_group_to_be_made_needs_address_owners_and_members(task, sandbox, check):
    for missing in ("address", "owners", "members"):
        wanted = {name: value for name, value in MADE.items() if name != missing}
        assert f"`{missing}`" in task.failed(NAME, check=check, **wanted)
    assert sandbox.writes == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("option", ["members", "owners"])
def test_an_address_that_nobody_has_is_named(task, sandbox, check, option):
    message = task.failed(NAME, check=check, **MADE | {option: ["suport@contoso.example"]})
    assert "suport@contoso.example" in message
    assert sandbox.writes == []


def test_extra_members_are_reported_and_stay(task, contoso, sandbox):
    task(NAME, **MADE)
    contoso.add_member(SALES)
    result = task(NAME, **MADE)
    assert not result["changed"]
    assert result["extra_members"] == [SALES]
    assert sandbox.writes == []


def test_a_missing_member_is_added_and_an_extra_one_stays(task, contoso):
    task(NAME, **MADE)
    contoso.add_member(SALES)
    result = task(NAME, **MADE | {"members": [SUPPORT, CEO]})
    assert result["diff"]["after"] == {"members": sorted([SUPPORT, CEO, SALES])}
    assert result["extra_members"] == [SALES]
    assert contoso.members() == sorted([SUPPORT, CEO, SALES])


def test_extra_members_are_removed_where_the_inventory_says_so(task, contoso, sandbox):
    task(NAME, **MADE)
    contoso.add_member(SALES)
    check = task(NAME, check=True, extra_members="remove", **MADE)
    assert sandbox.writes == []
    result = task(NAME, extra_members="remove", **MADE)
    assert result["diff"] == check["diff"] == {"before": {"members": [SALES, SUPPORT]}, "after": {"members": [SUPPORT]}}
    assert contoso.members() == [SUPPORT]


def test_a_wrong_value_names_the_choices(task, sandbox):
    assert "report, remove" in task.failed(NAME, extra_members="keep", **MADE)
    assert sandbox.writes == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ({"name": "Everybody"}, "MailUniversalDistributionGroup"),
        ({"address": "everybody@contoso.example"}, "MailUniversalDistributionGroup"),
        ({"address": CEO}, "UserMailbox"),
    ],
)
def test_a_name_or_address_that_something_else_has_is_told(task, sandbox, check, wanted, kind):
    assert kind in task.failed(NAME, check=check, **MADE | wanted)
    assert sandbox.writes == []


def test_a_refused_request_names_the_right_and_the_request(task, contoso, sandbox):
    contoso.withdraw("Exchange.ManageAsApp")
    message = task.failed(NAME, **MADE)
    assert "Exchange.ManageAsApp" in message
    assert "Exchange Administrator" in message
    refused = {r["request_id"] for r in sandbox.requests(contoso.tenant) if r["status"] in (401, 403)}
    assert any(request_id in message for request_id in refused)
    assert sandbox.writes == []


def test_an_answer_that_got_lost_makes_no_second_one(task, contoso, sandbox):
    sandbox.fault(contoso.tenant, "exchange", cmdlet="New-DistributionGroup", when="after")
    assert task(NAME, **MADE)["changed"]
    assert [w["request"] for w in sandbox.writes] == ["New-DistributionGroup"]


def test_a_member_in_another_case_is_left_alone_when_one_is_added(task, contoso, sandbox):
    task(NAME, **MADE)
    sandbox.mark()
    result = task(NAME, name=GROUP, members=[SUPPORT.title(), SALES])
    assert result["diff"] == {"before": {"members": [SUPPORT]}, "after": {"members": [SALES, SUPPORT]}}
    assert [w["request"] for w in sandbox.writes] == ["Add-DistributionGroupMember"]


def test_a_member_is_added_before_another_is_removed(task, contoso, sandbox):
    task(NAME, **MADE)
    sandbox.mark()
    task(NAME, name=GROUP, members=[SALES], extra_members="remove")
    assert [w["request"] for w in sandbox.writes] == ["Add-DistributionGroupMember", "Remove-DistributionGroupMember"]


def test_a_removal_whose_answer_got_lost_is_done_all_the_same(task, contoso, sandbox):
    task(NAME, **MADE)
    contoso.settled()
    sandbox.fault(contoso.tenant, "exchange", cmdlet="Remove-DistributionGroup", when="after", status=503)
    assert task(NAME, name=GROUP, state="absent")["changed"]
    assert contoso.groups() == []
