from __future__ import annotations

import pytest

NAME = "exo_service_principal"


@pytest.fixture
def app(task, sandbox):
    """An app with its enterprise application."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    sandbox.mark()
    return made


def test_points_to_the_enterprise_application_and_not_to_the_registration(task, app, contoso, sandbox):
    result = task(NAME, application="kundo-mail")
    assert (result["changed"], result["diff"]) == (True, {"before": {}, "after": {}})
    (pointer,) = contoso.cmdlet("Get-ServicePrincipal")
    assert (pointer["AppId"], pointer["DisplayName"]) == (app["client_id"], "Kundo Mail")
    assert pointer["ObjectId"] == contoso.principal()["id"] != contoso.app()["id"]
    assert [w["request"] for w in sandbox.writes] == ["New-ServicePrincipal"]


def test_second_run_writes_nothing(task, app, sandbox):
    task(NAME, application="kundo-mail")
    sandbox.mark()
    assert not task(NAME, application="kundo-mail")["changed"]
    assert sandbox.writes == []


def test_keeps_the_display_name(task, app, contoso):
    task(NAME, application="kundo-mail", display_name="first")
    result = task(NAME, application="kundo-mail", display_name="second")
    assert result["diff"] == {"before": {"display_name": "first"}, "after": {"display_name": "second"}}
    assert contoso.cmdlet("Get-ServicePrincipal")[0]["DisplayName"] == "second"


def test_removes_it_and_removing_again_writes_nothing(task, app, contoso, sandbox):
    task(NAME, application="kundo-mail")
    assert task(NAME, application="kundo-mail", state="absent")["changed"]
    assert contoso.cmdlet("Get-ServicePrincipal") == []
    sandbox.mark()
    assert not task(NAME, application="kundo-mail", state="absent")["changed"]
    assert not task(NAME, application="no-such-app", state="absent")["changed"]
    assert sandbox.writes == []


def test_check_predicts_making_and_removing_and_writes_nothing(task, app, sandbox):
    for wanted in ({}, {"state": "absent"}):
        sandbox.mark()
        check = task(NAME, check=True, application="kundo-mail", **wanted)
        assert sandbox.writes == []
        run = task(NAME, application="kundo-mail", **wanted)
        assert (check["changed"], check["diff"]) == (run["changed"], run["diff"]) == (True, check["diff"])


def test_check_works_where_the_app_would_be_made_by_the_same_check(task, sandbox):
    task("entra_application", check=True, unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", check=True, application="kundo-mail")
    assert task(NAME, check=True, application="kundo-mail")["changed"]
    assert sandbox.writes == []


def test_without_an_enterprise_application_it_says_what_is_missing(task, sandbox):
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    sandbox.mark()
    assert "has no enterprise application" in task.failed(NAME, application="kundo-mail")
    assert sandbox.writes == []


def test_one_that_points_to_another_object_is_refused_by_name(task, app, contoso, sandbox):
    """As it is when the enterprise application was deleted and made anew, until Exchange notices."""
    task(NAME, application="kundo-mail")
    registration = contoso.app()["id"]
    answer = {"value": [{"AppId": app["client_id"], "ObjectId": registration, "DisplayName": "x"}]}
    sandbox.fault(contoso.tenant, "exchange", cmdlet="Get-ServicePrincipal", status=200, body=answer, times=2)
    sandbox.mark()
    message = task.failed(NAME, application="kundo-mail", display_name="y")
    assert "the object id of the app registration" in message
    assert sandbox.writes == []


def test_an_answer_lost_after_the_commit_makes_no_second_one(task, app, contoso, sandbox):
    sandbox.fault(contoso.tenant, "exchange", cmdlet="New-ServicePrincipal", status=503, when="after")
    assert task(NAME, application="kundo-mail")["changed"]
    assert len(contoso.cmdlet("Get-ServicePrincipal")) == 1
