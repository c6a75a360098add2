from __future__ import annotations

import pytest

NAME = "entra_service_principal"
KUNDO = {"application": "kundo-mail"}


@pytest.fixture
def app(task, sandbox):
    """An app registration without enterprise application."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    sandbox.mark()
    return made


def test_makes_it_for_the_app(task, app, contoso, sandbox):
    result = task(NAME, **KUNDO)
    assert result["changed"]
    assert result["diff"] == {"before": {}, "after": {"account_enabled": True}}
    principal = contoso.principal()
    assert (principal["appId"], principal["id"]) == (app["client_id"], result["object_id"])
    assert "WindowsAzureActiveDirectoryIntegratedApp" in principal["tags"]
    assert len(sandbox.writes) == 1


def test_disables_it_and_enables_it_again(task, app, contoso):
    task(NAME, **KUNDO)
    result = task(NAME, account_enabled=False, **KUNDO)
    assert result["diff"] == {"before": {"account_enabled": True}, "after": {"account_enabled": False}}
    assert contoso.principal()["accountEnabled"] is False
    assert task(NAME, **KUNDO)["changed"]
    assert contoso.principal()["accountEnabled"] is True


def test_second_run_writes_nothing(task, app, sandbox):
    task(NAME, **KUNDO)
    sandbox.mark()
    assert not task(NAME, **KUNDO)["changed"]
    assert sandbox.writes == []


def test_removes_it_and_removing_again_writes_nothing(task, app, contoso, sandbox):
    task(NAME, **KUNDO)
    assert task(NAME, state="absent", **KUNDO)["changed"]
    assert contoso.principals() == []
    sandbox.mark()
    assert not task(NAME, state="absent", **KUNDO)["changed"]
    assert sandbox.writes == []


def test_what_has_no_app_is_absent(task, sandbox):
    assert not task(NAME, state="absent", **KUNDO)["changed"]
    assert sandbox.writes == []


def test_check_predicts_making_changing_and_removing_and_writes_nothing(task, app, sandbox):
    for wanted in ({}, {"account_enabled": False}, {"state": "absent"}):
        sandbox.mark()
        check = task(NAME, check=True, **wanted, **KUNDO)
        assert sandbox.writes == []
        run = task(NAME, **wanted, **KUNDO)
        assert check["changed"]
        assert (check["changed"], check["diff"]) == (run["changed"], run["diff"])


def test_check_predicts_it_for_an_app_that_the_same_check_would_make(task, sandbox):
    task("entra_application", check=True, unique_name="kundo-mail", display_name="Kundo Mail")
    result = task(NAME, check=True, **KUNDO)
    assert result["changed"]
    assert result["object_id"] == "(assigned by Microsoft)"
    assert any("would be made by this run" in warning for warning in result["warnings"])
    assert sandbox.writes == []


@pytest.mark.parametrize("check", [False, True])
def test_an_app_that_nobody_makes_is_the_typo_it_looks_like(task, app, sandbox, check):
    message = task.failed(NAME, check=check, application="kundo-mial")
    assert "'kundo-mial'" in message
    assert "correct the name" in message
    assert sandbox.writes == []


def test_a_wrong_value_names_the_choices(task, app, sandbox):
    assert "Valid booleans include" in task.failed(NAME, account_enabled="maybe", **KUNDO)
    assert "present, absent" in task.failed(NAME, state="gone", **KUNDO)
    assert sandbox.writes == []


def test_a_refused_request_names_the_right_and_the_request(task, contoso, sandbox):
    made = contoso.graph("POST", "/applications", {"displayName": "Kundo Mail"})
    contoso.withdraw("Application.ReadWrite.All")
    message = task.failed(NAME, application="kundo-mail", client_id=made["appId"])
    assert "Application.ReadWrite.All" in message
    refused = {r["request_id"] for r in sandbox.requests(contoso.tenant) if r["status"] == 403}
    assert any(request_id in message for request_id in refused)
    assert sandbox.writes == []


def test_waits_until_the_directory_knows_the_new_app(task, contoso, sandbox):
    sandbox.delays(contoso.tenant, replication=60)
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    assert task(NAME, **KUNDO)["object_id"] == contoso.principal()["id"]


def test_an_answer_that_got_lost_makes_no_second_one(task, app, contoso, sandbox):
    sandbox.fault(contoso.tenant, "graph", "POST", "/servicePrincipals", when="after")
    assert task(NAME, **KUNDO)["object_id"] == contoso.principal()["id"]
    assert len([w for w in sandbox.writes if "POST /servicePrincipals" in w["request"]]) == 1


def test_a_removal_whose_answer_got_lost_is_done_all_the_same(task, app, contoso, sandbox):
    task(NAME, application="kundo-mail")
    contoso.settled()
    sandbox.fault(contoso.tenant, "graph", "DELETE", "*/servicePrincipals/*", when="after", status=503)
    assert task(NAME, application="kundo-mail", state="absent")["changed"]
    assert contoso.principals() == []
