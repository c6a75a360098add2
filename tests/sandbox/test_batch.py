"""POST /$batch: learn.microsoft.com/graph/json-batching."""

from __future__ import annotations

import pytest

from tests.sandbox_process import CONTOSO


def batch(graph, *items):
    requests = [{"id": str(n), "method": "GET", "url": "/organization"} | item for n, item in enumerate(items, 1)]
    return {r["id"]: r for r in graph.ok("POST", "/$batch", {"requests": requests})["responses"]}


def test_each_request_has_its_own_status_body_and_headers(graph):
    answers = batch(
        graph,
        {"url": "/users?$select=mail&$top=1"},
        {"url": "/users/nobody"},
        {"url": "organization"},
        {"url": "/groups"},
        {"url": "/nothing"},
    )
    assert {n: a["status"] for n, a in answers.items()} == {"1": 200, "2": 404, "3": 200, "4": 403, "5": 501}
    assert answers["1"]["body"]["value"] == [{"mail": "support@contoso.example"}]
    assert answers["2"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert answers["2"]["body"]["error"]["innerError"]["request-id"]
    assert answers["3"]["headers"]["Content-Type"] == "application/json"


def test_twenty_are_taken_and_one_more_refused(graph):
    assert len(batch(graph, *[{}] * 20)) == 20
    requests = [{"id": str(n), "method": "GET", "url": "/organization"} for n in range(21)]
    assert "20" in graph.refused(400, "BadRequest", "POST", "/$batch", {"requests": requests})["message"]


def test_writes_run_in_order_and_are_committed(graph, sandbox):
    json = {"Content-Type": "application/json"}
    answers = batch(
        graph,
        {"method": "POST", "url": "/applications", "headers": json, "body": {"displayName": "one"}},
        {"method": "POST", "url": "/applications", "headers": json, "body": {"displayName": "two"}, "dependsOn": ["1"]},
    )
    assert [a["status"] for a in answers.values()] == [201, 201]
    assert [w["target"] for w in sandbox.writes] == [answers["1"]["body"]["id"], answers["2"]["body"]["id"]]


def test_failed_dependency_is_424_and_not_run(graph, sandbox):
    json = {"Content-Type": "application/json"}
    answers = batch(
        graph,
        {"url": "/users/nobody"},
        {
            "method": "POST",
            "url": "/applications",
            "headers": json,
            "body": {"displayName": "one"},
            "dependsOn": ["1"],
        },
        {"dependsOn": ["2"]},
    )
    assert [answers[n]["status"] for n in "123"] == [404, 424, 424]
    assert sandbox.writes == []


@pytest.mark.parametrize(
    "requests",
    [
        [],
        "all",
        [{"id": "1", "method": "GET"}],
        [{"id": "1", "method": "GET", "url": "/a"}, {"id": "1", "method": "GET", "url": "/a"}],
        [{"id": "1", "method": "GET", "url": "/a", "dependsOn": ["2"]}],
    ],
)
def test_batch_that_cannot_be_read_is_400(graph, requests):
    graph.refused(400, "BadRequest", "POST", "/$batch", {"requests": requests})


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize("rest", [{}, {"body": {}}, {"headers": {"Content-Type": "application/json"}}])
def test_write_without_content_type_or_body_is_400_for_the_whole_batch(graph, sandbox, method, rest):
    json = {"Content-Type": "application/json"}
    good = {"id": "1", "method": "POST", "url": "/applications", "headers": json, "body": {"displayName": "one"}}
    bad = {"id": "7", "method": method, "url": "/applications/x/removePassword", **rest}
    error = graph.refused(400, "BadRequest", "POST", "/$batch", {"requests": [good, bad]})
    assert error["message"] == "Write request id : 7 does not contain Content-Type header or body."
    assert sandbox.writes == []


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("organization", 200), ("/organization", 200), ("/v1.0/organization", 200), ("v1.0/organization", 200),
        ("/beta/organization", 501), ("https://graph.microsoft.com/v1.0/organization", 400),
    ],
)  # fmt: skip
def test_urls_are_relative_to_the_version(graph, url, status):
    assert batch(graph, {"url": url})["1"]["status"] == status


def test_answers_come_in_any_order(graph):
    requests = [{"id": str(n), "method": "GET", "url": "/organization"} for n in range(20)]
    orders = {
        tuple(r["id"] for r in graph.ok("POST", "/$batch", {"requests": requests})["responses"]) for _ in range(3)
    }
    assert len(orders) == 3
    assert all(sorted(order, key=int) == [r["id"] for r in requests] for order in orders)


def test_header_of_an_item_counts_for_it_alone(graph):
    advanced = {"url": "/users/$count", "headers": {"ConsistencyLevel": "eventual"}}
    answers = batch(graph, advanced, {"url": "/users/$count"})
    assert (answers["1"]["status"], answers["1"]["body"]) == (200, 5)
    assert answers["1"]["headers"]["Content-Type"] == "text/plain"
    assert answers["2"]["status"] == 400
    outside = {"requests": [{"id": "1", "method": "GET", "url": "/users/$count"}]}
    answer = graph.ok("POST", "/$batch", outside, headers={"ConsistencyLevel": "eventual"})
    assert answer["responses"][0]["status"] == 400


def test_whole_batch_over_4_mb_is_413(graph):
    item = {"id": "1", "method": "GET", "url": "/organization", "headers": {"x-filler": "x" * (4 * 1024 * 1024)}}
    assert graph("POST", "/$batch", {"requests": [item]}).status_code == 413


def test_batches_do_not_nest(graph):
    inner = {"method": "POST", "url": "/$batch", "headers": {"Content-Type": "application/json"}, "body": {}}
    assert batch(graph, inner)["1"]["status"] == 400


def test_request_log_has_the_batch_and_its_items(graph, sandbox):
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/requests")
    batch(graph, {}, {"url": "/users"})
    *items, outer = sandbox.requests(CONTOSO)
    assert [i["route"] for i in items] == ["/organization", "/users"]
    assert {i["batch"] for i in items} == {outer["request_id"]}
    assert (outer["route"], outer["batch"]) == ("/$batch", None)


def test_fault_hits_one_item_of_a_batch(graph, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", "/users", status=429, headers={"Retry-After": "7"})
    answers = batch(graph, {}, {"url": "/users"}, {"url": "/users"})
    assert [answers[n]["status"] for n in "123"] == [200, 429, 200]
    assert answers["2"]["headers"]["Retry-After"] == "7"
