from __future__ import annotations

import pytest

from tests.modules.tenant_by_hand import GROUP

NAME = "exo_application_access_info"
SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"
ASKED = {"application": "kundo-mail", "granted": [SUPPORT], "denied": [CEO]}


@pytest.fixture
def app(task, sandbox):
    """An app and its group; nothing confines it."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    address, owners = "kundo-mailboxes@contoso.example", ["admin@contoso.example"]
    task("exo_distribution_group", name=GROUP, address=address, owners=owners, members=[SUPPORT])
    sandbox.mark()
    return made


@pytest.fixture
def confined(task, app, sandbox):
    """The same with a policy that has only just been made."""
    task("exo_application_access_policy", application="kundo-mail", group=GROUP)
    sandbox.mark()
    return app


def test_waits_until_exchange_agrees_and_changes_nothing(task, confined, contoso, sandbox):
    sandbox.delays(contoso.tenant, policy_test=120)
    result = task(NAME, **ASKED)
    assert result == {
        "changed": False,
        "as_expected": True,
        "results": {SUPPORT: "Granted", CEO: "Denied"},
        "findings": [],
    }
    assert sandbox.writes == []


def test_a_mailbox_that_differs_is_named_when_the_time_is_over(task, app, sandbox):
    message = task.failed(NAME, max_wait=60, **ASKED)
    assert f"{CEO}: Granted" in message
    assert f"{SUPPORT}: " not in message
    assert "60 s" in message
    assert sandbox.writes == []


def test_waits_no_longer_than_asked(task, app, contoso, sandbox):
    began = sandbox.now(contoso.tenant)
    task.failed(NAME, max_wait=300, **ASKED)
    waited = seconds_between(began, sandbox.now(contoso.tenant))
    assert 300 <= waited < 330


def test_check_tells_how_it_is_now_and_neither_waits_nor_fails(task, app, contoso, sandbox):
    began = sandbox.now(contoso.tenant)
    result = task(NAME, check=True, **ASKED)
    assert (result["changed"], result["as_expected"]) == (False, False)
    assert result["results"] == {SUPPORT: "Granted", CEO: "Granted"}
    assert seconds_between(began, sandbox.now(contoso.tenant)) < 10
    assert sandbox.writes == []


def test_check_has_nothing_to_tell_of_an_app_that_it_would_make(task, sandbox):
    task("entra_application", check=True, unique_name="kundo-mail", display_name="Kundo Mail")
    result = task(NAME, check=True, **ASKED)
    assert (result["as_expected"], result["results"]) == (False, {})


def test_addresses_are_compared_whatever_their_case(task, confined):
    result = task(NAME, application="kundo-mail", granted=[SUPPORT.title()], denied=[CEO.upper()])
    assert result["results"] == {SUPPORT: "Granted", CEO: "Denied"}


def test_a_mailbox_that_does_not_exist_is_named(task, confined):
    message = task.failed(NAME, application="kundo-mail", granted=["suport@contoso.example"])
    assert "suport@contoso.example" in message


def test_an_app_that_is_not_there_is_named(task, sandbox):
    assert "'kundo-mail'" in task.failed(NAME, **ASKED)


def test_a_wrong_value_says_what_is_wanted(task, confined):
    assert "max_wait" in task.failed(NAME, max_wait="soon", **ASKED)


def test_a_refused_request_names_the_right_and_the_request(task, app, contoso, sandbox):
    sandbox.fault(contoso.tenant, "exchange", status=403, times=99)
    message = task.failed(NAME, **ASKED)
    assert "Exchange.ManageAsApp" in message
    refused = {r["request_id"] for r in sandbox.requests(contoso.tenant) if r["status"] == 403}
    assert any(request_id in message for request_id in refused)


def seconds_between(began: str, ended: str) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
