"""Any sequence of faults, before or after the commit: nothing is ever made twice. Against the sandbox."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphmail.errors import GraphError, OutcomeUnknown, ServiceFailure, TenantError
from graphmail.keyed_create import AGREEING, create_keyed
from graphmail.retry import Operation
from tests.sandbox_process import CONTOSO, Sandbox
from tests.unit.conftest import Operator


def throttled(told: int) -> dict[str, Any]:
    return {"status": 429, "headers": {"Retry-After": str(told)}}


def failed(status: int, when: str, told: int) -> dict[str, Any]:
    return {"status": status, "when": when, "headers": {"Retry-After": str(told)} if told else {}}


WHEN = st.sampled_from(["before", "after"])
FAULTS = st.lists(
    st.one_of(
        st.builds(throttled, st.integers(1, 100)),
        st.builds(failed, st.sampled_from([500, 502, 503, 504]), WHEN, st.sampled_from([0, 3, 60, 150])),
        st.builds(lambda when: {"when": when}, WHEN),  # the connection is dropped
        st.just({"status": 404, "when": "after", "body": {"error": {"code": "Request_ResourceNotFound"}}}),
    ),
    max_size=5,
)
property_test = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def fresh(operator: Operator, *, lag: float = 4) -> Any:
    """A tenant as at the beginning, with an app in it, and the requests of the test alone in its log."""
    sandbox = operator.sandbox
    sandbox.reset(CONTOSO)
    app = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "there before"})
    sandbox.settle(CONTOSO)
    sandbox.delays(CONTOSO, replication=lag)
    tenant = operator.tenant()
    tenant.graph.get("/organization")
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/requests")
    sandbox.mark()
    return tenant, app


def plan(sandbox: Sandbox, method: str, path: str, faults: list[dict[str, Any]]) -> None:
    for fault in faults:
        sandbox.fault(CONTOSO, "graph", method, path, **fault)


def never_too_early(sandbox: Sandbox, method: str, faults: list[dict[str, Any]]) -> None:
    """Whoever was told to wait was not back before; reads that look for a lost create included."""
    requests = sandbox.requests(CONTOSO)
    writes = [n for n, r in enumerate(requests) if r["method"] == method]
    for fault, number in zip(faults, writes, strict=False):
        told = float((fault.get("headers") or {}).get("Retry-After", 0))
        if number + 1 < len(requests):
            one, other = (datetime.fromisoformat(requests[n]["at"]) for n in (number, number + 1))
            assert other - one >= timedelta(seconds=told), (fault, requests[number : number + 2])


@given(faults=FAULTS, lag=st.sampled_from([0, 4, 30, 120]))
@property_test
def test_a_keyed_create_never_makes_two(operator, faults, lag):
    sandbox = operator.sandbox
    tenant, app = fresh(operator, lag=lag)
    plan(sandbox, "POST", "/servicePrincipals", faults)
    key = f"/servicePrincipals(appId='{app['appId']}')"

    with suppress(TenantError):
        made = create_keyed(
            tenant.clock,
            "the enterprise application",
            lambda: tenant.graph.call(
                Operation.KEYED_CREATE, "POST", "/servicePrincipals", json={"appId": app["appId"]}
            ),
            lambda: tenant.graph.find(key),
            exists=lambda error: error.status == 409,
            early=_early,
        )
        assert made["appId"] == app["appId"]

    assert len(sandbox.writes) <= 1
    never_too_early(sandbox, "POST", faults)


@given(faults=FAULTS, lag=st.floats(0, sum(AGREEING) - 1))
@property_test
def test_a_keyed_create_makes_no_second_one_where_nothing_but_the_look_forbids_it(operator, faults, lag):
    """App registrations of one name: Graph takes any number, so only the agreeing looks stand against a second."""
    sandbox = operator.sandbox
    tenant, _ = fresh(operator, lag=lag)
    plan(sandbox, "POST", "/applications", [fault for fault in faults if fault.get("status") != 404])

    with suppress(TenantError):
        create_keyed(
            tenant.clock,
            "the app",
            lambda: tenant.graph.call(Operation.KEYED_CREATE, "POST", "/applications", json={"displayName": "new"}),
            lambda: next((a for a in tenant.graph.list_all("/applications") if a["displayName"] == "new"), None),
        )

    assert len(sandbox.writes) <= 1


@given(faults=FAULTS)
@property_test
def test_a_one_shot_is_never_sent_after_an_unknown_outcome(operator, faults):
    sandbox = operator.sandbox
    tenant, app = fresh(operator)
    path = f"/applications/{app['id']}/addPassword"
    plan(sandbox, "POST", path, faults)
    body = {"passwordCredential": {"displayName": "marker"}}

    outcome = "made"
    try:
        tenant.graph.call(Operation.ONE_SHOT, "POST", path, json=body, secret_reply=True)
    except OutcomeUnknown:
        outcome = "unknown"
    except GraphError as error:
        outcome = str(error.status)

    sent = [r["status"] for r in sandbox.requests(CONTOSO) if r["method"] == "POST"]
    assert set(sent[:-1]) <= {429}
    assert len(sandbox.writes) <= 1
    assert {"made": 200, "404": 404, "429": 429}.get(outcome, sent[-1]) == sent[-1]
    assert (outcome == "unknown") is (sent[-1] in (0, 500, 502, 503, 504))
    never_too_early(sandbox, "POST", faults)


@given(faults=FAULTS)
@property_test
def test_what_may_be_repeated_ends_as_asked_or_with_an_error(operator, faults):
    sandbox = operator.sandbox
    tenant, app = fresh(operator)
    path = f"/applications/{app['id']}"
    plan(sandbox, "PATCH", path, faults)

    try:
        tenant.graph.call(Operation.IDEMPOTENT, "PATCH", path, json={"displayName": "wanted"})
    except ServiceFailure:
        return

    assert sandbox.by_hand(CONTOSO, "GET", path)["displayName"] == "wanted"
    never_too_early(sandbox, "PATCH", faults)


def _early(error: ServiceFailure) -> bool:
    return isinstance(error, GraphError) and error.code == "Request_ResourceNotFound"
