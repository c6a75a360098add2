from __future__ import annotations

import pytest

from tests.modules.tenant_by_hand import GROUP

NAME = "exo_management_role_assignment"
SEND, WRITE = f"Application Mail.Send on {GROUP}", f"Application Mail.ReadWrite on {GROUP}"
ROLES = {"application": "kundo-mail", "group": GROUP, "roles": ["Mail.Send", "Mail.ReadWrite"]}
OWNERS = ["admin@contoso.example"]


@pytest.fixture
def app(task, sandbox):
    """An app that Exchange knows, and the group that it shall be confined to."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    task("exo_service_principal", application="kundo-mail")
    address = "kundo-mailboxes@contoso.example"
    task("exo_distribution_group", name=GROUP, address=address, owners=OWNERS, members=["support@contoso.example"])
    sandbox.settle("5a4d0000-0000-4000-8000-000000000001")
    sandbox.mark()
    return made


def by_hand(contoso, name, role, **scope):
    contoso.cmdlet("New-ManagementRoleAssignment", Name=name, App="Kundo Mail", Role=role, **scope)
    contoso.sandbox.mark()


def held(contoso):
    rows = contoso.cmdlet("Get-ManagementRoleAssignment", RoleAssignee="Kundo Mail")
    return sorted((r["Name"], r["Role"], r["RecipientWriteScope"], r["CustomResourceScope"]) for r in rows)


def test_assigns_each_role_for_the_group_under_a_name_that_is_always_the_same(task, app, contoso, sandbox):
    result = task(NAME, **ROLES)
    assert result["diff"] == {"before": {}, "after": {"assignments": [WRITE, SEND]}}
    assert held(contoso) == [
        ("kundo-mail Application Mail.ReadWrite", "Application Mail.ReadWrite", "Group", GROUP),
        ("kundo-mail Application Mail.Send", "Application Mail.Send", "Group", GROUP),
    ]
    assert [w["request"] for w in sandbox.writes] == ["New-ManagementRoleAssignment"] * 2


def test_second_run_writes_nothing_however_the_roles_are_written(task, app, sandbox):
    task(NAME, **ROLES)
    sandbox.mark()
    assert not task(NAME, **ROLES | {"roles": ["Application Mail.ReadWrite", "Mail.Send"]})["changed"]
    assert sandbox.writes == []


def test_a_role_without_scope_is_taken_away_after_the_confined_one_is_there(task, app, contoso, sandbox):
    by_hand(contoso, "everywhere", "Application Mail.Send")
    result = task(NAME, **ROLES)
    assert result["diff"]["before"] == {"assignments": ["Application Mail.Send on the whole organization"]}
    assert [row[0] for row in held(contoso)] == [
        "kundo-mail Application Mail.ReadWrite",
        "kundo-mail Application Mail.Send",
    ]
    assert [w["request"] for w in sandbox.writes][-1] == "Remove-ManagementRoleAssignment"


def test_one_for_another_group_under_our_name_is_replaced(task, app, contoso):
    other = {"name": "Other", "address": "other@contoso.example", "owners": OWNERS, "members": ["ceo@contoso.example"]}
    task("exo_distribution_group", **other)
    contoso.settled()
    by_hand(contoso, "kundo-mail Application Mail.Send", "Application Mail.Send", RecipientGroupScope="Other")
    result = task(NAME, **ROLES)
    assert result["diff"]["before"] == {"assignments": ["Application Mail.Send on group Other"]}
    assert {row[3] for row in held(contoso)} == {GROUP}


def test_a_right_one_under_another_name_is_kept(task, app, contoso, sandbox):
    by_hand(contoso, "by hand", "Application Mail.Send", RecipientGroupScope=GROUP)
    task(NAME, **ROLES)
    assert [w["request"] for w in sandbox.writes] == ["New-ManagementRoleAssignment"]
    assert not task(NAME, **ROLES)["changed"]


def test_a_role_that_is_not_listed_goes(task, app, contoso):
    task(NAME, **ROLES)
    result = task(NAME, **ROLES | {"roles": ["Mail.Send"]})
    assert result["diff"] == {"before": {"assignments": [WRITE, SEND]}, "after": {"assignments": [SEND]}}
    assert [row[1] for row in held(contoso)] == ["Application Mail.Send"]


def test_removes_all_and_removing_again_writes_nothing(task, app, contoso, sandbox):
    task(NAME, **ROLES)
    assert task(NAME, state="absent", **ROLES)["changed"]
    assert held(contoso) == []
    sandbox.mark()
    assert not task(NAME, state="absent", **ROLES)["changed"]
    assert not task(NAME, state="absent", **ROLES | {"application": "no-such-app"})["changed"]
    assert sandbox.writes == []


def test_check_predicts_making_changing_and_removing_and_writes_nothing(task, app, sandbox):
    for wanted in (ROLES, ROLES | {"roles": ["Mail.Send"]}, ROLES | {"state": "absent"}):
        sandbox.mark()
        check = task(NAME, check=True, **wanted)
        assert sandbox.writes == []
        run = task(NAME, **wanted)
        assert check["changed"]
        assert check["diff"] == run["diff"]


def test_another_apps_assignments_are_left_alone(task, app, contoso, sandbox):
    task("entra_application", unique_name="other", display_name="Other app")
    task("entra_service_principal", application="other")
    task("exo_service_principal", application="other")
    contoso.cmdlet("New-ManagementRoleAssignment", Name="theirs", App="Other app", Role="Application Mail.Read")
    task(NAME, **ROLES)
    task(NAME, state="absent", **ROLES)
    assert len(contoso.cmdlet("Get-ManagementRoleAssignment", RoleAssignee="Other app")) == 1


def test_an_unknown_role_and_an_unknown_group_are_named(task, app, sandbox):
    assert "Mail.Sned" in task.failed(NAME, **ROLES | {"roles": ["Mail.Sned"]})
    assert "There is no group 'Nowhere'" in task.failed(NAME, **ROLES | {"group": "Nowhere"})
    assert sandbox.writes == []


def test_in_an_organization_never_customized_the_refusal_says_what_to_do(task, app, contoso, sandbox):
    body = {
        "error": {
            "code": "BadRequest",
            "message": "Error executing cmdlet",
            "details": [
                {
                    "code": "Client",
                    "target": "",
                    "message": "|Microsoft.Exchange.Configuration.Tasks.InvalidOperationInDehydratedContextException|"
                    "The command you tried to run isn't currently allowed in your organization. To run this command, "
                    "you first need to run the command: Enable-OrganizationCustomization.",
                },
            ],
        },
    }
    sandbox.fault(contoso.tenant, "exchange", cmdlet="New-ManagementRoleAssignment", status=400, body=body)
    assert "Enable-OrganizationCustomization" in task.failed(NAME, **ROLES)


def test_an_answer_lost_after_the_commit_makes_no_second_one(task, app, contoso, sandbox):
    sandbox.fault(contoso.tenant, "exchange", cmdlet="New-ManagementRoleAssignment", status=503, when="after")
    assert task(NAME, **ROLES)["changed"]
    assert len(held(contoso)) == 2


def test_a_group_whose_name_begins_alike_is_another_group(task, app, contoso):
    """Exchange may show a group's scope as its name and an id; only our own ids count."""
    other = {"address": "old@contoso.example", "owners": OWNERS, "members": ["ceo@contoso.example"]}
    task("exo_distribution_group", name=f"{GROUP}_old", **other)
    contoso.settled()
    for role in ("Mail.Send", "Mail.ReadWrite"):
        by_hand(contoso, f"by hand {role}", f"Application {role}", RecipientGroupScope=f"{GROUP}_old")
    result = task(NAME, **ROLES)
    assert result["diff"]["before"]["assignments"][0].endswith(f"on group {GROUP}_old")
    assert {row[3] for row in held(contoso)} == {GROUP}


def stray(contoso, app):
    """Key id of a secret that somebody adds."""
    made = contoso.graph("POST", f"/applications/{app['object_id']}/addPassword", {})
    contoso.settled()
    return made["keyId"]


@pytest.mark.parametrize("there", [[], ["Mail.Send"]])
def test_nothing_is_assigned_for_credentials_that_nobody_here_made(task, app, contoso, sandbox, there):
    if there:
        task(NAME, **ROLES | {"roles": there})
    key_id = stray(contoso, app)
    for check in (True, False):
        message = task.failed(NAME, check=check, **ROLES)
        assert key_id in message
        assert "its roles in Exchange would be widened" in message
    assert sandbox.writes == []
    assert task(NAME, known_credentials=[key_id.upper()], **ROLES)["changed"]


def test_roles_that_are_there_stay_whatever_credentials_come(task, app, contoso, sandbox):
    task(NAME, **ROLES)
    stray(contoso, app)
    assert not task(NAME, **ROLES)["changed"]
    assert sandbox.writes == []
    assert task(NAME, **ROLES | {"roles": ["Mail.Send"]})["changed"]
    assert task(NAME, state="absent", **ROLES)["changed"]


def test_a_role_without_scope_is_confined_whatever_credentials_there_are(task, app, contoso):
    by_hand(contoso, "everywhere", "Application Mail.Send")
    stray(contoso, app)
    assert task(NAME, **ROLES | {"roles": ["Mail.Send"]})["changed"]
    assert [row[3] for row in held(contoso)] == [GROUP]


def test_a_role_for_another_group_is_not_turned_into_one_for_ours(task, app, contoso, sandbox):
    other = {"name": "Other", "address": "other@contoso.example", "owners": OWNERS, "members": ["ceo@contoso.example"]}
    task("exo_distribution_group", **other)
    contoso.settled()
    by_hand(contoso, "elsewhere", "Application Mail.Send", RecipientGroupScope="Other")
    key_id = stray(contoso, app)
    assert key_id in task.failed(NAME, **ROLES | {"roles": ["Mail.Send"]})
    assert sandbox.writes == []
