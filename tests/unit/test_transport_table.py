"""The retry table of the transport, each cell: what arrives, what is committed, what is told. Against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from graphmail.errors import GraphError, OutcomeUnknown, TenantError
from graphmail.retry import Operation
from graphmail.tenant import RunContext, Tenant
from tests.sandbox_process import CONTOSO, Sandbox

READ, IDEMPOTENT, KEYED_CREATE, ONE_SHOT, SEND = Operation
CLASSES = [READ, IDEMPOTENT, KEYED_CREATE, ONE_SHOT]  # sending mail is tested with the mail that it sends


@dataclass(slots=True)
class Asked:
    """One call of each class, and the requests and changes it made."""

    sandbox: Sandbox
    tenant: Tenant
    operation: Operation
    app: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.app = self.sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "there before"})
        self.sandbox.settle(CONTOSO)
        self.tenant.graph.get("/organization")  # the token is fetched
        self.sandbox.control("DELETE", f"/tenants/{CONTOSO}/requests")
        self.sandbox.mark()

    @property
    def route(self) -> tuple[str, str]:
        application = f"/applications/{self.app['id']}"
        return {
            READ: ("GET", "/organization"),
            IDEMPOTENT: ("PATCH", application),
            KEYED_CREATE: ("POST", "/applications"),
            ONE_SHOT: ("POST", f"{application}/addPassword"),
        }[self.operation]

    def call(self) -> None:
        body = {
            READ: None,
            IDEMPOTENT: {"displayName": "another"},
            KEYED_CREATE: {"displayName": "another"},
            ONE_SHOT: {"passwordCredential": {"displayName": "marker"}},
        }[self.operation]
        self.tenant.graph.call(self.operation, *self.route, json=body)

    def fault(self, **plan: Any) -> None:
        self.sandbox.fault(CONTOSO, "graph", *self.route, **plan)

    def arrived(self) -> list[datetime]:
        """When each request arrived, by the tenant's clock."""
        return [datetime.fromisoformat(r["at"]) for r in self.sandbox.requests(CONTOSO) if r["service"] == "graph"]

    def committed(self) -> int:
        return len(self.sandbox.writes)


@pytest.fixture
def asked(sandbox: Sandbox, contoso: Tenant, monkeypatch: pytest.MonkeyPatch) -> Callable[[Operation], Asked]:
    monkeypatch.setenv("GRAPHMAIL_TIMEOUT", "0.4")
    return lambda operation: Asked(sandbox, contoso, operation)


def in_ninety_seconds(call: Asked) -> str:
    then = datetime.fromisoformat(call.sandbox.now(CONTOSO)) + timedelta(seconds=90)
    return format_datetime(then, usegmt=True)


@pytest.mark.parametrize("operation", CLASSES)
@pytest.mark.parametrize(
    ("told", "least"),
    [(None, 0), ("7", 7), ("2.128", 2.128), (in_ninety_seconds, 88), ("0", 0)],
    ids=["no Retry-After", "seconds", "a fraction", "a date", "zero"],
)
def test_throttled_calls_of_every_class_are_sent_again_and_never_too_early(asked, operation, told, least):
    call = asked(operation)
    value = told(call) if callable(told) else told
    call.fault(status=429, headers={"Retry-After": value} if value else {})

    call.call()

    first, second = call.arrived()
    assert (second - first).total_seconds() >= least
    assert call.committed() == (0 if operation is READ else 1)


@pytest.mark.parametrize("operation", CLASSES)
@pytest.mark.parametrize("told", ["3600", "1e12", "9" * 400])
def test_an_absurd_retry_after_is_not_waited_for_and_is_told(asked, operation, told):
    call = asked(operation)
    call.fault(status=429, headers={"Retry-After": told}, body={"error": {"code": "TooManyRequests"}})
    began = datetime.fromisoformat(call.sandbox.now(CONTOSO))

    with pytest.raises(GraphError) as caught:
        call.call()

    assert len(call.arrived()) == 1
    assert call.committed() == 0
    assert datetime.fromisoformat(call.sandbox.now(CONTOSO)) - began < timedelta(seconds=60)
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (429, "TooManyRequests", float(told))
    assert "Graph answered 429 TooManyRequests to" in str(caught.value)
    when = "not before 3600 s are over" if told == "3600" else "tomorrow"
    assert f"To do: run the same playbook again, {when}" in str(caught.value)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
class TestServerError:
    @pytest.mark.parametrize("operation", [READ, IDEMPOTENT])
    def test_of_what_may_be_repeated_is_asked_again(self, asked, operation, status, when):
        call = asked(operation)
        call.fault(status=status, when=when, times=2)

        call.call()

        assert len(call.arrived()) == 3
        # The same change thrice is one change.
        name = call.sandbox.by_hand(CONTOSO, "GET", f"/applications/{call.app['id']}")["displayName"]
        assert name == ("there before" if operation is READ else "another")

    @pytest.mark.parametrize("operation", [KEYED_CREATE, ONE_SHOT])
    def test_of_what_may_not_is_an_unknown_outcome(self, asked, operation, status, when):
        call = asked(operation)
        call.fault(status=status, when=when)

        with pytest.raises(OutcomeUnknown) as caught:
            call.call()

        assert len(call.arrived()) == 1
        assert call.committed() == (1 if when == "after" else 0)
        request_id = call.sandbox.requests(CONTOSO)[-1]["request_id"]
        told = str(caught.value)
        assert f"was sent, and its outcome is unknown. Found: HTTP {status}. To do: run the same again" in told
        assert f"Request id {request_id}." in told


@pytest.mark.parametrize("hang", [0, 1.5], ids=["dropped", "timeout"])
@pytest.mark.parametrize("when", ["before", "after"])
class TestNoAnswer:
    @pytest.mark.parametrize("operation", [READ, IDEMPOTENT])
    def test_to_what_may_be_repeated_is_asked_again(self, asked, operation, when, hang):
        call = asked(operation)
        call.fault(when=when, hang=hang)

        call.call()

        assert len([e for e in call.sandbox.requests(CONTOSO) if e["status"] in (200, 204)]) == 1

    @pytest.mark.parametrize("operation", [KEYED_CREATE, ONE_SHOT])
    def test_to_what_may_not_is_an_unknown_outcome(self, asked, operation, when, hang):
        call = asked(operation)
        call.fault(when=when, hang=hang)

        with pytest.raises(OutcomeUnknown) as caught:
            call.call()

        assert call.committed() == (1 if when == "after" else 0)
        assert [e for e in call.sandbox.requests(CONTOSO) if e["status"]] == []
        kind = "no answer within 0 s" if hang else "the connection broke"
        assert f"its outcome is unknown. Found: {kind}. To do: run the same again" in str(caught.value)


@pytest.mark.parametrize("status", [408, 423])
def test_a_lock_passes(asked, status):
    call = asked(READ)
    call.fault(status=status)

    call.call()

    assert len(call.arrived()) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 501])
def test_what_does_not_pass_is_asked_for_once(asked, status):
    call = asked(READ)
    call.fault(status=status, body={"error": {"code": "No", "message": "Not\tthis\nway."}})

    with pytest.raises(GraphError) as caught:
        call.call()

    assert len(call.arrived()) == 1
    request_id = call.sandbox.requests(CONTOSO)[-1]["request_id"]
    assert (
        str(caught.value)
        == f"Graph answered {status} No to GET /organization. Found: Not this way. Request id {request_id}."
    )


def test_a_check_sends_no_write(sandbox, operator):
    checking = operator.tenant(run=RunContext(check_mode=True))
    for operation in (IDEMPOTENT, KEYED_CREATE, ONE_SHOT):
        with pytest.raises(TenantError, match="POST /applications would write in check mode"):
            checking.graph.call(operation, "POST", "/applications", json={"displayName": "x"})

    assert checking.graph.get("/organization")["value"]
    assert [r["method"] for r in sandbox.requests(CONTOSO) if r["service"] == "graph"] == ["GET"]
