"""Creating by key: against the sandbox's replication lag and lost answers; what nobody answers, by hand."""

import pytest

from graphmail.errors import DeadlineExceeded, GraphError, OutcomeUnknown
from graphmail.keyed_create import AGREEING, PATIENCE, create_keyed
from graphmail.retry import Operation
from tests.sandbox_process import CONTOSO
from tests.unit.conftest import HandClock


@pytest.fixture
def app(sandbox):
    made = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "there before"})
    sandbox.settle(CONTOSO)
    sandbox.mark()
    return made


def principal(tenant, app, **answers):
    body = {"appId": app["appId"]}
    return create_keyed(
        tenant.clock,
        "the enterprise application",
        lambda: tenant.graph.call(Operation.KEYED_CREATE, "POST", "/servicePrincipals", json=body),
        lambda: tenant.graph.find(f"/servicePrincipals(appId='{app['appId']}')"),
        **answers,
    )


def exists(error):
    return error.status == 409


@pytest.mark.parametrize("lag", [0, 4, 100])
def test_returns_when_it_can_be_read(contoso, sandbox, app, lag):
    sandbox.delays(CONTOSO, replication=lag)

    assert principal(contoso, app)["appId"] == app["appId"]
    assert len(sandbox.writes) == 1


@pytest.mark.parametrize("status", [None, 500, 503, 504])
@pytest.mark.parametrize("lag", [0, 4, 100])
def test_an_answer_that_is_lost_after_the_commit_makes_no_second_one(contoso, sandbox, app, status, lag):
    sandbox.delays(CONTOSO, replication=lag)
    sandbox.fault(CONTOSO, "graph", "POST", "/servicePrincipals", status=status, when="after")

    assert principal(contoso, app)["appId"] == app["appId"]

    posts = [r for r in sandbox.requests(CONTOSO) if r["method"] == "POST" and r["service"] == "graph"]
    assert len(posts) == 1
    assert len(sandbox.writes) == 1


def test_one_that_was_lost_before_the_commit_is_made_after_agreeing_looks(contoso, sandbox, app):
    sandbox.fault(CONTOSO, "graph", "POST", "/servicePrincipals", status=503)

    assert principal(contoso, app)["appId"] == app["appId"]

    methods = [r["method"] for r in sandbox.requests(CONTOSO) if r["service"] == "graph"]
    assert methods[: len(AGREEING) + 2] == ["POST", *["GET"] * len(AGREEING), "POST"]
    assert len(sandbox.writes) == 1


def test_one_that_is_there_already_is_taken(contoso, sandbox, app):
    made = sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": app["appId"]})
    sandbox.mark()

    assert principal(contoso, app, exists=exists)["id"] == made["id"]
    assert sandbox.writes == []


def test_what_it_refers_to_may_still_be_on_its_way(contoso, sandbox):
    sandbox.delays(CONTOSO, replication=30)
    app = contoso.graph.call(Operation.KEYED_CREATE, "POST", "/applications", json={"displayName": "new"}).json()

    assert principal(contoso, app, early=lambda error: error.status in (400, 404))["appId"] == app["appId"]


def test_what_it_refers_to_and_never_comes_is_the_services_own_error(contoso):
    began = contoso.clock.now()

    with pytest.raises(GraphError):
        principal(contoso, {"appId": "5a4d0000-0000-4000-8000-00000000dead"}, early=lambda error: True)

    assert PATIENCE <= (contoso.clock.now() - began).total_seconds() < PATIENCE + 60


def test_a_plain_refusal_is_told_at_once(contoso, sandbox):
    with pytest.raises(GraphError):
        principal(contoso, {"appId": "no guid"}, exists=exists)

    assert len([r for r in sandbox.requests(CONTOSO) if r["service"] == "graph"]) == 1


def unknown(after=0.0):
    error = OutcomeUnknown("POST /things was sent, and its outcome is unknown")
    error.retry_after = after
    return error


def raising(*errors):
    """A create that fails with each of these in turn, and counts."""
    left, calls = list(errors), []

    def create():
        calls.append(1)
        if left:
            raise left.pop(0)

    return create, calls


def test_two_lost_answers_end_it_and_nothing_is_tried_a_third_time():
    create, calls = raising(unknown(), unknown(), unknown())

    with pytest.raises(OutcomeUnknown):
        create_keyed(HandClock.new(), "it", create, lambda: None)

    assert len(calls) == 2


def test_the_service_is_left_alone_as_long_as_it_asked():
    clock = HandClock.new()
    began, seen = clock.now(), []
    create, _ = raising(unknown(after=90))

    create_keyed(clock, "it", create, lambda: seen.append(clock.now()) or "found")

    assert (seen[0] - began).total_seconds() >= 90


def test_a_service_that_asks_for_an_hour_is_not_waited_for():
    clock = HandClock.new()
    create, calls = raising(unknown(after=3600))

    with pytest.raises(OutcomeUnknown):
        create_keyed(clock, "it", create, lambda: None)

    assert (calls, clock.slept) == ([1], [])


def test_one_that_never_becomes_readable_is_told_with_its_name():
    with pytest.raises(DeadlineExceeded, match="Waited 180 s for group 'g' to be readable after it was created"):
        create_keyed(HandClock.new(), "group 'g'", lambda: None, lambda: None)


def test_the_looks_outlast_replication():
    assert sum(AGREEING) > 120
