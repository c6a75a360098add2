from __future__ import annotations

import pytest

from tests.modules.tenant_by_hand import EXCHANGE_ONLINE

NAME = "entra_app_role_assignment"
MAIL = {"application": "kundo-mail", "roles": ["Mail.Send", "Mail.ReadWrite"]}


@pytest.fixture
def app(task, sandbox):
    """An app with its enterprise application; nothing is consented."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    sandbox.mark()
    return made


def test_grants_what_is_listed(task, app, contoso, sandbox):
    result = task(NAME, **MAIL)
    assert result["changed"]
    assert result["diff"]["before"] == {"roles": []}
    assert sorted(result["diff"]["after"]["roles"]) == ["Mail.ReadWrite", "Mail.Send"]
    assert contoso.consents() == ["Mail.ReadWrite", "Mail.Send"]
    assert len(sandbox.writes) == 2


def test_takes_away_what_is_too_much_and_first(task, app, contoso, sandbox):
    task(NAME, **MAIL)
    sandbox.mark()
    result = task(NAME, application="kundo-mail", roles=["Mail.Send", "Mail.Read"])
    assert result["diff"]["before"] == {"roles": ["Mail.ReadWrite", "Mail.Send"]}
    assert contoso.consents() == ["Mail.Read", "Mail.Send"]
    assert [w["request"].split()[0] for w in sandbox.writes] == ["DELETE", "POST"]


def test_second_run_writes_nothing_whatever_the_order(task, app, sandbox):
    task(NAME, **MAIL)
    sandbox.mark()
    assert not task(NAME, application="kundo-mail", roles=["Mail.ReadWrite", "Mail.Send"])["changed"]
    assert sandbox.writes == []


def test_removes_all_and_removing_again_writes_nothing(task, app, contoso, sandbox):
    task(NAME, **MAIL)
    assert task(NAME, application="kundo-mail", roles=[])["changed"]
    assert contoso.consents() == []
    sandbox.mark()
    assert not task(NAME, application="kundo-mail", roles=[])["changed"]
    assert sandbox.writes == []


def test_check_predicts_granting_changing_and_removing_and_writes_nothing(task, app, sandbox):
    for roles in (["Mail.Send", "Mail.ReadWrite"], ["Mail.Send"], []):
        sandbox.mark()
        check = task(NAME, check=True, application="kundo-mail", roles=roles)
        assert sandbox.writes == []
        run = task(NAME, application="kundo-mail", roles=roles)
        assert check["changed"]
        assert (check["changed"], check["diff"]) == (run["changed"], run["diff"])


def test_check_predicts_the_consent_of_an_app_that_the_same_check_would_make(task, sandbox):
    task("entra_application", check=True, unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", check=True, application="kundo-mail")
    result = task(NAME, check=True, **MAIL)
    assert result["diff"] == {"before": {"roles": []}, "after": {"roles": MAIL["roles"]}}
    assert sandbox.writes == []


def test_an_app_without_enterprise_application_says_who_makes_it(task, sandbox):
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    assert "entra_service_principal" in task.failed(NAME, **MAIL)


def test_a_permission_that_graph_does_not_have_is_named_and_nothing_is_granted(task, app, sandbox):
    message = task.failed(NAME, application="kundo-mail", roles=["Mail.Send", "Mail.Sent"])
    assert "'Mail.Sent'" in message
    assert sandbox.writes == []


def test_check_notices_a_permission_that_graph_does_not_have(task, app):
    assert "'Mail.Sent'" in task.failed(NAME, check=True, application="kundo-mail", roles=["Mail.Sent"])


def test_a_refused_request_names_the_right_and_the_request(task, contoso, sandbox):
    contoso.withdraw("AppRoleAssignment.ReadWrite.All")
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    sandbox.mark()
    message = task.failed(NAME, **MAIL)
    assert "AppRoleAssignment.ReadWrite.All" in message
    refused = {r["request_id"] for r in sandbox.requests(contoso.tenant) if r["status"] == 403}
    assert any(request_id in message for request_id in refused)
    assert sandbox.writes == []


def test_consent_is_not_widened_for_credentials_that_nobody_here_made(task, app, contoso, sandbox):
    made = contoso.graph("POST", f"/applications/{app['object_id']}/addPassword", {})
    contoso.settled()
    for check in (True, False):
        assert made["keyId"] in task.failed(NAME, check=check, **MAIL)
    assert sandbox.writes == []
    assert task(NAME, known_credentials=[made["keyId"].upper()], **MAIL)["changed"]


def test_consent_is_narrowed_whatever_credentials_there_are(task, app, contoso):
    task(NAME, **MAIL)
    contoso.graph("POST", f"/applications/{app['object_id']}/addPassword", {})
    contoso.settled()
    assert task(NAME, application="kundo-mail", roles=["Mail.Send"])["changed"]
    assert contoso.consents() == ["Mail.Send"]


def test_a_permission_of_another_api_is_shown_by_name_and_taken_away(task, app, contoso):
    task(NAME, **MAIL)
    contoso.grant("Exchange.ManageAsApp", EXCHANGE_ONLINE)
    contoso.settled()
    before = task(NAME, **MAIL)["diff"]["before"]["roles"]
    assert "Office 365 Exchange Online/Exchange.ManageAsApp" in before
    assert contoso.consents() == ["Mail.ReadWrite", "Mail.Send"]


def test_an_answer_that_got_lost_grants_nothing_twice(task, app, contoso, sandbox):
    sandbox.fault(contoso.tenant, "graph", "POST", "*/appRoleAssignedTo", when="after")
    assert task(NAME, **MAIL)["changed"]
    assert contoso.consents() == ["Mail.ReadWrite", "Mail.Send"]
    assert len(sandbox.writes) == 2


def test_a_withdrawal_whose_answer_got_lost_is_done_all_the_same(task, app, contoso, sandbox):
    task(NAME, **MAIL)
    contoso.settled()
    sandbox.fault(contoso.tenant, "graph", "DELETE", "*/appRoleAssignments/*", when="after", status=503)
    assert task(NAME, application="kundo-mail", roles=["Mail.Send"])["changed"]
    assert contoso.consents() == ["Mail.Send"]


def test_only_the_open_intent_vouches_for_a_credential_by_its_name(task, app, contoso, sandbox):
    made = task("entra_application_password", application="kundo-mail")
    (ours,) = contoso.secrets()
    names = ["None", "sealed", ours["displayName"]]
    for name in names:
        secret = {"passwordCredential": {"displayName": name}}
        contoso.graph("POST", f"/applications/{app['object_id']}/addPassword", secret)
    contoso.settled()
    message = task.failed(NAME, **MAIL)
    assert all(f"{name} (" in message for name in names)
    assert made["key_id"] not in message
    assert sandbox.writes == []
