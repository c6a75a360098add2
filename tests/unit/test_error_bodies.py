"""Whatever a service answers becomes a typed error of one readable line; nothing in it breaks us or forges a log."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graphmail.errors import ExchangeError, GraphError, TenantError, TokenError
from graphmail.exchange import Cmdlet
from graphmail.exchange_errors import exchange_error, is_transient
from graphmail.retry import Operation
from tests.tls_server import answer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "code",
                    "message",
                    "details",
                    "innererror",
                    "internalexception",
                    "value",
                    "responses",
                    "id",
                    "body",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)


def readable(error: TenantError) -> None:
    text = str(error)
    assert text.isprintable()
    assert len(text) < 800


@given(body=JSON, status=st.integers(400, 428))
@example(body={"error": {"details": [{"message": '{"TypeName": 1, "Message": []}'}]}}, status=400)
@example(body={"error": {"innererror": [], "message": "|x|Error executing cmdlet : {}"}}, status=400)
@example(body={"error": {"message": "a\nfake line\x1b[31m\u202e"}}, status=400)
def test_any_body_is_an_exchange_error(body, status):
    error = exchange_error("Get-Thing", status, body, "id-1")

    readable(error)
    assert error.status == status
    assert is_transient(body) in (True, False)


@given(body=JSON, status=st.sampled_from([400, 403, 404, 409]))
@shared
def test_any_body_is_a_graph_error(service, body, status):
    service.server.steps.clear()
    service.server.then(answer(status, body, request_id="id-1"))

    with pytest.raises(GraphError) as caught:
        service.graph.call(Operation.ONE_SHOT, "POST", "/things")

    readable(caught.value)
    assert (caught.value.status, caught.value.request_id) == (status, "id-1")


@given(body=JSON)
@shared
def test_any_body_of_a_success_is_rows_or_an_error(service, body):
    def graph():
        return list(service.graph.list_all("/things"))

    for read in (graph, lambda: service.exchange.find("Get-Thing", Identity="x")):
        service.server.steps.clear()
        service.server.then(answer(200, body))
        try:
            rows = read()
        except TenantError as error:
            readable(error)
        else:
            assert len(rows) == len([row for row in body["value"] if row or read is graph])


@pytest.mark.parametrize("items", [[], [{"id": "7", "status": 200, "body": {"a": 1}}], [{"id": "0", "status": 200}]])
def test_a_graph_batch_that_leaves_an_item_unanswered_is_an_error_and_no_empty_object(service, items):
    service.server.otherwise = answer(200, {"responses": items}, request_id="id-1")

    with pytest.raises(TenantError, match=r"left requests of a batch unanswered\. Found: 1 of 1\..*Request id id-1"):
        service.graph.batch(["/things"])


@pytest.mark.parametrize(
    "item",
    [
        {"id": "0", "status": 403, "body": {}},
        {"id": "0", "status": 403, "body": None},
        {"id": "0", "status": 403, "body": "\0\0"},
        {"id": "0", "status": 200, "body": {}},
        {"id": "0"},
        {"id": "9", "status": 200, "body": {"value": []}},
    ],
)
def test_an_exchange_item_without_an_answer_is_asked_for_by_itself(service, item):
    service.server.then(answer(200, {"responses": [item]}), answer(200, {"value": [{"Name": "a"}]}))

    (found,) = service.exchange.batch([Cmdlet("Get-Thing", {"Identity": "x"})])

    assert found.value() == [{"Name": "a"}]


def test_an_exchange_item_with_pages_is_read_to_its_end(service):
    link = f"{service.server.url}/adminapi/beta/next"
    first = {"id": "0", "status": 200, "body": {"value": [{"Name": "a"}], "@odata.nextLink": link}}
    service.server.then(answer(200, {"responses": [first]}), answer(200, {"value": [{"Name": "b"}]}))

    (found,) = service.exchange.batch([Cmdlet("Get-Thing", {"Identity": "x"})])

    assert found.value() == [{"Name": "a"}, {"Name": "b"}]
    assert service.server.received[1].json() == {
        "CmdletInput": {"CmdletName": "Get-Thing", "Parameters": {"Identity": "x"}}
    }


def test_a_write_may_answer_nothing(service):
    service.server.then(answer(200, b""), answer(200, {"value": []}), answer(204))

    for _ in range(3):
        assert service.exchange.invoke(Operation.IDEMPOTENT, "Set-Thing", Identity="x") == []


def test_a_proxied_error_in_a_proxied_error_is_told_by_its_heart():
    heart = {"error": {"details": [{"message": "|A.B.ManagementObjectNotFoundException|gone"}]}}
    for _ in range(3):
        nested = (
            f"|A.CmdletProxyException|Error on proxy command: NotFound: Error executing cmdlet : {json.dumps(heart)}"
        )
        heart = {"error": {"details": [{"message": nested}]}}

    error = exchange_error("Get-Thing", 400, heart, "id-1")

    assert (error.type_name, error.message) == ("ManagementObjectNotFoundException", "gone")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            GraphError("GET /x", status=429, code="TooMany", retry_after=40.4),
            "Graph answered 429 TooMany to GET /x. To do: run the same playbook again, not before 40 s are over; "
            "it goes on from here.",
        ),
        (
            ExchangeError("Get-Thing", status=503, message="Busy.", tried="still so after 3 tries in 9 s"),
            "Exchange answered 503 to Get-Thing. Found: Busy; still so after 3 tries in 9 s. "
            "To do: run the same playbook again, later; it goes on from here.",
        ),
        (
            TokenError("a token", status=401, error="invalid_client", request_id="trace"),
            "Entra answered 401 invalid_client to a token. Request id trace.",
        ),
        (
            TenantError("A problem.", expected="one", found="two.", remedy="mend it").with_remedy("mend it well"),
            "A problem. Expected: one. Found: two. To do: mend it well.",
        ),
        (GraphError("GET /x", status=501, code="NotImplemented"), "Graph answered 501 NotImplemented to GET /x."),
    ],
)
def test_a_message_says_asked_found_and_what_to_do(error, text):
    assert str(error) == text
