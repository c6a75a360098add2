"""An outage that does not end: every wait has an end, and the requests stay few."""

from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphmail.errors import GraphError, TenantError
from graphmail.graph import Graph
from graphmail.retry import Operation
from graphmail.tenant import RunContext
from graphmail.transport import Transport
from tests.sandbox_process import CONTOSO
from tests.tls_server import answer, reset

PATIENCE = 180


def test_it_ends_at_the_deadline_and_says_how_long_was_tried(sandbox, contoso):
    contoso.graph.get("/organization")
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/requests")
    sandbox.fault(CONTOSO, "graph", "GET", "/organization", status=503, times=1000)

    with pytest.raises(GraphError) as caught:
        contoso.graph.get("/organization")

    times = [datetime.fromisoformat(r["at"]) for r in sandbox.requests(CONTOSO)]
    assert (times[-1] - times[0]).total_seconds() < PATIENCE + 10
    assert f"still so after {len(times)} tries in" in str(caught.value)
    assert "To do: run the same playbook again, later; it goes on from here." in str(caught.value)


@given(told=st.lists(st.floats(0.1, 400), min_size=1, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_no_wait_is_shorter_than_told_and_none_goes_beyond_the_deadline(service, told):
    service.server.received.clear()
    service.server.steps.clear()
    service.server.then(*(answer(429, Retry_After=str(seconds)) for seconds in told), answer(200, {"id": "a"}))
    service.clock.slept.clear()
    began = service.clock.now()

    with suppress(GraphError):
        service.graph.get("/things")
    waited = (service.clock.now() - began).total_seconds()

    assert waited <= PATIENCE
    assert service.clock.slept == told[: len(service.clock.slept)]
    assert len(service.server.received) == len(service.clock.slept) + 1


def test_many_calls_of_one_tenant_make_a_fifth_more_requests_beyond_the_first_few(service):
    service.server.otherwise = answer(500)
    graph = service.graph
    for _ in range(50):
        with pytest.raises(GraphError):
            graph.get("/things")

    assert len(service.server.received) <= 1.2 * (50 + 12)


def test_all_tasks_of_a_run_spend_one_budget_for_each_tenant(operator, sandbox, run_cache):
    run = RunContext(cache=run_cache)
    sandbox.fault(CONTOSO, "graph", "GET", "/organization", status=503, times=1000)
    operator.tenant(run=run).graph.token(False)
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/requests")
    for _ in range(10):
        with pytest.raises(GraphError):
            operator.tenant(run=run).graph.get("/organization")

    assert len(sandbox.requests(CONTOSO)) <= 1.2 * (10 + 12)


def test_calls_are_tried_again_as_soon_as_the_outage_is_over(service):
    service.server.otherwise = answer(500)
    graph = service.graph
    for _ in range(50):
        with pytest.raises(GraphError):
            graph.get("/things")
    service.server.otherwise = answer(200, {"id": "a"})
    for _ in range(7):
        graph.get("/things")

    service.server.then(answer(500))

    assert graph.get("/things") == {"id": "a"}


def test_an_impatient_transport_gives_up_sooner(service):
    transport = Transport(service.cloud, service.clock, patience=5)
    service.server.otherwise = answer(503, Retry_After="3")

    with pytest.raises(TenantError, match="still so after 2 tries in 3 s"):
        Graph(transport, service.graph.token).call(Operation.READ, "GET", "/things")


@pytest.mark.parametrize("step", [answer(429, Retry_After="50"), answer(503, Retry_After="50"), reset])
def test_every_try_has_a_request_id_of_its_own_and_stands_in_the_evidence(service, step):
    service.server.then(step, answer(200, {"id": "a"}, request_id="theirs"))

    service.graph.get("/users/a@contoso.example?$filter=secret")

    sent = [request.headers["client-request-id"] for request in service.server.received]
    assert len(set(sent)) == 2
    assert [exchange["client_request_id"] for exchange in service.observed] == sent
    assert service.observed[-1] | {"at": "", "date": "", "reply_sha256": ""} == {
        "at": "",
        "attempt": 2,
        "request_sha256": "",
        "date": "",
        "method": "GET",
        "path": "/v1.0/users/{user}",
        "asked": "GET /users/{user}",
        "status": 200,
        "client_request_id": sent[-1],
        "request_id": "theirs",
        "reply_sha256": "",
    }
