from __future__ import annotations

import pytest

NAME = "tenant_info"
ASKED = {
    "application": "kundo-mail",
    "display_name": "Kundo Mail",
    "group": "Kundo Mail mailboxes",
    "group_address": "kundo-mailboxes@contoso.example",
    "owners": ["admin@contoso.example"],
    "mailboxes": ["support@contoso.example"],
    "outside_mailbox": "ceo@contoso.example",
}


@pytest.mark.parametrize("check", [True, False])
def test_tells_whose_tenant_it_is_and_writes_nothing(task, sandbox, check):
    result = task(NAME, check=check, **ASKED)
    assert not result["changed"]
    assert result["organization"] == "Contoso"
    assert result["mailboxes"] == {"support@contoso.example": "UserMailbox"}
    assert "Application.ReadWrite.All" in result["rights"]
    assert sandbox.writes == []


def test_tells_every_obstacle_at_once(task, sandbox):
    wrong = {
        "mailboxes": ["suport@contoso.example", "trainee@contoso.example"],
        "outside_mailbox": "hr@fabrikam.example",
    }
    message = task.failed(NAME, **ASKED | wrong)
    assert "suport@contoso.example does not exist" in message
    assert "trainee@contoso.example has no mailbox" in message
    assert "hr@fabrikam.example is not in a domain of this tenant" in message
    assert sandbox.writes == []


def test_every_missing_right_is_named_at_once(task, contoso):
    contoso.withdraw("Policy.Read.All")
    contoso.withdraw("Exchange.ManageAsApp")
    message = task.failed(NAME, **ASKED)
    assert "contoso" in message
    assert "lacks the application permission Policy.Read.All" in message
    assert "lacks the application permission Exchange.ManageAsApp" in message


def test_addresses_may_be_written_in_any_case(task):
    result = task(NAME, **ASKED | {"mailboxes": ["Support@Contoso.example"], "outside_mailbox": "CEO@contoso.example"})
    assert list(result["mailboxes"].values()) == ["UserMailbox"]


def test_a_mailbox_named_by_an_alias_is_found(task):
    result = task(NAME, **ASKED | {"mailboxes": ["help@contoso.example"]})
    assert result["mailboxes"] == {"help@contoso.example": "UserMailbox"}


def test_an_app_of_the_same_name_made_by_hand_is_told_before_anything_is_written(task, contoso):
    made = contoso.graph("POST", "/applications", {"displayName": "Kundo Mail"})
    contoso.settled()
    assert made["appId"] in task.failed(NAME, **ASKED)


def test_later_tasks_of_the_run_ask_less(task, contoso, sandbox):
    def asked_by(*before):
        for name, params in before:
            task(name, **params)
        first = len(sandbox.requests(contoso.tenant))
        assert not task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")["changed"]
        return len(sandbox.requests(contoso.tenant)) - first

    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    assert asked_by() == 1
    assert asked_by((NAME, ASKED)) == 0


def test_a_wrong_lifetime_names_what_is_allowed(task, sandbox):
    rule = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P365D"}
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}
    sandbox.by_hand(task.connection()["tenant_id"], "PATCH", "/policies/defaultAppManagementPolicy", policy)
    assert "days, weeks, months or years" in task.failed(NAME, **ASKED | {"lifetime": "soon"})


def test_a_secret_that_would_live_too_long_is_told_with_the_longest_life(task, sandbox):
    rule = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P365D"}
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}
    sandbox.by_hand(task.connection()["tenant_id"], "PATCH", "/policies/defaultAppManagementPolicy", policy)
    assert "P365D" in task.failed(NAME, lifetime="24 months", **ASKED)
    task(NAME, lifetime="12 months", **ASKED)


def test_a_policy_that_opens_other_mailboxes_is_told_before_anything_is_written(task, contoso, sandbox):
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    contoso.cmdlet("New-DistributionGroup", Name="All", Type="Security", PrimarySmtpAddress="all@contoso.example")
    contoso.settled()
    scope = {"PolicyScopeGroupId": "all@contoso.example", "AccessRight": "RestrictAccess", "Description": " "}
    contoso.cmdlet("New-ApplicationAccessPolicy", AppId=[made["client_id"]], **scope)
    contoso.settled()
    assert "RestrictAccess for 'All'" in task.failed(NAME, **ASKED)
    assert sandbox.writes == []


@pytest.fixture
def assigned(task, contoso, sandbox):
    """An app with its group, and a role in Exchange that somebody gave it: `assigned("Mail.Send", …)`."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    task("exo_service_principal", application="kundo-mail")
    group = {"name": ASKED["group"], "address": ASKED["group_address"], "owners": ASKED["owners"]}
    task("exo_distribution_group", members=ASKED["mailboxes"], **group)
    contoso.settled()

    def assign(*roles, **scope):
        for role in roles:
            wanted = {"Name": f"by hand {role}", "App": "Kundo Mail", "Role": f"Application {role}"}
            contoso.cmdlet("New-ManagementRoleAssignment", **wanted | scope)
        contoso.settled()
        return made

    return assign


@pytest.mark.parametrize("check", [True, False])
def test_a_role_in_exchange_that_opens_other_mailboxes_is_told_where_a_policy_confines(task, assigned, sandbox, check):
    assigned("Mail.ReadWrite")
    message = task.failed(NAME, check=check, **ASKED)
    assert "Application Mail.ReadWrite on the whole organization (by hand Mail.ReadWrite)" in message
    assert "Remove-ManagementRoleAssignment 'by hand Mail.ReadWrite'" in message
    assert sandbox.writes == []
    assert task(NAME, check=check, access="rbac", **ASKED)["status"] == "ready"  # the run itself takes it away


@pytest.mark.parametrize("roles", [(), ("Mail.Send",)])
def test_unknown_credentials_are_told_where_exchange_would_give_their_holder_roles(task, assigned, contoso, roles):
    app = assigned(*roles, RecipientGroupScope=ASKED["group"])
    key_id = contoso.graph("POST", f"/applications/{app['object_id']}/addPassword", {})["keyId"]
    contoso.settled()
    message = task.failed(NAME, access="rbac", **ASKED)
    assert key_id in message
    assert "its roles in Exchange would be widened" in message
    assert contoso.sandbox.writes == []
    assert task(NAME, access="rbac", known_credentials=[key_id], **ASKED)["status"] == "ready"


def test_unknown_credentials_stop_nobody_who_has_the_roles_already(task, assigned, contoso):
    app = assigned("Mail.Send", "Mail.ReadWrite", RecipientGroupScope=ASKED["group"])
    contoso.graph("POST", f"/applications/{app['object_id']}/addPassword", {})
    contoso.settled()
    assert task(NAME, access="rbac", **ASKED)["status"] == "ready"


def test_whoever_works_by_consent_is_sent_to_the_migration_alone(task, assigned, contoso):
    """Exchange's roles give those who hold a credential nothing that the consent does not give."""
    app = assigned()
    contoso.graph("POST", f"/applications/{app['object_id']}/addPassword", {})
    for role in ("Mail.Send", "Mail.ReadWrite"):
        contoso.grant(role)
    contoso.settled()
    message = task.failed(NAME, access="rbac", **ASKED)
    assert "run migrate.yml" in message
    assert "nobody here made" not in message
