from __future__ import annotations

import pytest

from tests.modules.tenant_by_hand import GROUP

NAME = "exo_application_access_policy"
POLICY = {"application": "kundo-mail", "group": GROUP}
OTHER = {
    "name": "Other mailboxes",
    "address": "other@contoso.example",
    "owners": ["admin@contoso.example"],
    "members": ["sales@contoso.example"],
}


@pytest.fixture
def app(task, sandbox):
    """An app and the group that it shall be confined to."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("exo_distribution_group", **OTHER | {"name": GROUP, "address": "kundo-mailboxes@contoso.example"})
    sandbox.mark()
    return made


def by_hand(contoso, app, access_right, group=GROUP):
    contoso.sandbox.settle(contoso.tenant)
    scope = {"PolicyScopeGroupId": group, "AccessRight": access_right, "Description": "by hand"}
    contoso.cmdlet("New-ApplicationAccessPolicy", AppId=[app["client_id"]], **scope)
    contoso.settled()


def test_confines_the_app_to_the_group(task, app, contoso, sandbox):
    result = task(NAME, **POLICY)
    assert result["changed"]
    assert result["diff"] == {"before": {}, "after": {"group": GROUP, "access_right": "RestrictAccess"}}
    (policy,) = contoso.policies()
    assert (policy["AppId"], policy["AccessRight"]) == (app["client_id"], "RestrictAccess")
    assert policy["ScopeName"] == GROUP
    assert policy["Description"] == " "
    assert [w["request"] for w in sandbox.writes] == ["New-ApplicationAccessPolicy"]


def test_second_run_writes_nothing_also_for_another_description(task, app, sandbox):
    task(NAME, **POLICY)
    sandbox.mark()
    assert not task(NAME, description="Kundo", **POLICY)["changed"]
    assert sandbox.writes == []


@pytest.mark.parametrize("there", [True, False])
def test_a_policy_that_opens_another_groups_mailboxes_stops_it(task, app, contoso, sandbox, there):
    if there:
        task(NAME, **POLICY)
    task("exo_distribution_group", **OTHER)
    by_hand(contoso, app, "RestrictAccess", OTHER["name"])
    for check in (True, False):
        message = task.failed(NAME, check=check, **POLICY)
        assert f"RestrictAccess for {OTHER['name']!r}" in message
        assert "Remove-ApplicationAccessPolicy" in message
    assert sandbox.writes == []
    assert task(NAME, state="absent", **POLICY)["changed"] is there


def role(task, contoso, **scope):
    """A role in Exchange that somebody gave the app."""
    task("entra_service_principal", application="kundo-mail")
    task("exo_service_principal", application="kundo-mail")
    made = {"Name": "by hand", "App": "Kundo Mail", "Role": "Application Mail.Read"}
    contoso.cmdlet("New-ManagementRoleAssignment", **made | scope)
    contoso.settled()


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    ("scope", "place"),
    [({}, "the whole organization"), ({"RecipientGroupScope": OTHER["name"]}, f"group {OTHER['name']}")],
)
def test_a_role_in_exchange_that_opens_other_mailboxes_stops_it(task, app, contoso, sandbox, there, scope, place):
    if there:
        task(NAME, **POLICY)
    task("exo_distribution_group", **OTHER)
    contoso.settled()
    role(task, contoso, **scope)
    for check in (True, False):
        message = task.failed(NAME, check=check, **POLICY)
        assert f"Application Mail.Read on {place} (by hand)" in message
        assert "Remove-ManagementRoleAssignment 'by hand'" in message
    assert sandbox.writes == []
    assert task(NAME, state="absent", **POLICY)["changed"] is there


def test_a_role_on_the_group_itself_opens_nothing_more(task, app, contoso):
    contoso.settled()
    role(task, contoso, RecipientGroupScope=GROUP)
    assert task(NAME, **POLICY)["changed"]


def test_a_policy_that_closes_another_groups_mailboxes_is_named_and_left_alone(task, app, contoso):
    task("exo_distribution_group", **OTHER)
    by_hand(contoso, app, "DenyAccess", OTHER["name"])
    result = task(NAME, **POLICY)
    assert any(OTHER["name"] in warning and "left alone" in warning for warning in result["warnings"])
    assert len(contoso.policies()) == 2


def test_removes_it_and_removing_again_writes_nothing(task, app, contoso, sandbox):
    task(NAME, **POLICY)
    assert task(NAME, state="absent", **POLICY)["changed"]
    assert contoso.policies() == []
    sandbox.mark()
    assert not task(NAME, state="absent", **POLICY)["changed"]
    assert sandbox.writes == []


def test_without_its_group_or_app_it_is_absent(task, app, sandbox):
    assert not task(NAME, state="absent", application="kundo-mail", group="No such group")["changed"]
    assert not task(NAME, state="absent", application="no-such-app", group=GROUP)["changed"]
    assert sandbox.writes == []


def test_check_predicts_making_and_removing_and_writes_nothing(task, app, sandbox):
    for wanted in ({}, {"state": "absent"}):
        sandbox.mark()
        check = task(NAME, check=True, **wanted, **POLICY)
        assert sandbox.writes == []
        run = task(NAME, **wanted, **POLICY)
        assert check["changed"]
        assert (check["changed"], check["diff"]) == (run["changed"], run["diff"])


def test_check_predicts_it_for_an_app_and_a_group_that_the_same_check_would_make(task, sandbox):
    task("entra_application", check=True, unique_name="kundo-mail", display_name="Kundo Mail")
    task("exo_distribution_group", check=True, **OTHER | {"name": GROUP})
    assert task(NAME, check=True, **POLICY)["changed"]
    assert sandbox.writes == []


@pytest.mark.parametrize("check", [True, False])
def test_a_group_that_nobody_makes_is_the_typo_it_looks_like(task, app, sandbox, check):
    message = task.failed(NAME, check=check, application="kundo-mail", group="Kundo Mial mailboxes")
    assert "'Kundo Mial mailboxes'" in message
    assert sandbox.writes == []


def test_a_wrong_value_names_the_choices(task, app, sandbox):
    assert "RestrictAccess" in task.failed(NAME, access_right="DenyAccess", **POLICY)
    assert sandbox.writes == []


def test_a_refused_request_names_the_right_and_the_request(task, app, contoso, sandbox):
    sandbox.fault(contoso.tenant, "exchange", cmdlet="New-ApplicationAccessPolicy", status=403, times=9)
    message = task.failed(NAME, **POLICY)
    assert "Exchange.ManageAsApp" in message
    assert "Exchange Administrator" in message
    refused = {r["request_id"] for r in sandbox.requests(contoso.tenant) if r["status"] == 403}
    assert any(request_id in message for request_id in refused)
    assert sandbox.writes == []


def test_a_policy_of_another_kind_for_the_same_group_stops_it(task, app, contoso, sandbox):
    by_hand(contoso, app, "DenyAccess")
    for state in ("present", "absent"):
        assert "DenyAccess" in task.failed(NAME, state=state, **POLICY)
    assert len(contoso.policies()) == 1
    assert sandbox.writes == []


def test_a_policy_of_another_app_is_left_alone_and_not_named(task, app, contoso):
    task("entra_application", unique_name="other-app", display_name="Other")
    task(NAME, application="other-app", group=GROUP)
    result = task(NAME, **POLICY)
    assert "warnings" not in result
    assert len(contoso.policies()) == 2


def test_an_answer_that_got_lost_makes_no_second_one(task, app, contoso, sandbox):
    sandbox.fault(contoso.tenant, "exchange", cmdlet="New-ApplicationAccessPolicy", when="after")
    assert task(NAME, **POLICY)["changed"]
    assert len(contoso.policies()) == 1


def test_waits_until_exchange_knows_the_new_app(task, contoso, sandbox):
    sandbox.delays(contoso.tenant, replication=60)
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("exo_distribution_group", **OTHER | {"name": GROUP})
    assert task(NAME, **POLICY)["changed"]
    assert len(contoso.policies()) == 1


def test_a_removal_whose_answer_got_lost_is_done_all_the_same(task, app, contoso, sandbox):
    task(NAME, **POLICY)
    contoso.settled()
    sandbox.fault(contoso.tenant, "exchange", cmdlet="Remove-ApplicationAccessPolicy", when="after", status=503)
    assert task(NAME, state="absent", **POLICY)["changed"]
    assert contoso.policies() == []
