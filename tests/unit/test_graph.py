"""Graph: paging, batches, typed errors, and where a bearer may go."""

from __future__ import annotations

import pytest

from graphmail.errors import GraphError, TenantError, Unreachable
from graphmail.retry import Operation
from tests.tls_server import answer, cut

REFUSED = {"error": {"code": "Request_BadRequest", "message": "no\x00\ngood", "details": [{"code": "Deep"}]}}


def test_a_next_link_is_followed_whole_and_unchanged(service):
    link = f"{service.server.url}/v1.0/things?$skiptoken=a%2Bb%20c&x=%27"
    service.server.then(answer(200, {"value": [1], "@odata.nextLink": link}), answer(200, {"value": [2]}))
    assert list(service.graph.list_all("/things")) == [1, 2]
    assert service.server.targets() == ["/v1.0/things", "/v1.0/things?$skiptoken=a%2Bb%20c&x=%27"]


def test_a_next_link_to_another_host_gets_no_token(service):
    service.server.then(answer(200, {"value": [1], "@odata.nextLink": "https://evil.example/v1.0/things"}))
    with pytest.raises(TenantError, match=r"evil\.example"):
        list(service.graph.list_all("/things"))
    assert len(service.server.received) == 1


@pytest.mark.parametrize("second", [answer(404, REFUSED), answer(200, {"oops": 1})])
def test_an_error_in_the_middle_of_the_pages_is_no_short_list(service, second):
    link = f"{service.server.url}/v1.0/things?page=2"
    service.server.then(answer(200, {"value": [1], "@odata.nextLink": link}), second)
    with pytest.raises(TenantError):
        list(service.graph.list_all("/things"))


def test_pages_in_a_circle_are_an_error_and_end(service):
    link = f"{service.server.url}/v1.0/things?page=2"
    service.server.otherwise = answer(200, {"value": [{"id": "a"}], "@odata.nextLink": link})
    with pytest.raises(TenantError, match=r"in a circle through the pages of /things\. .*To do: run"):
        list(service.graph.list_all("/things"))
    assert len(service.server.received) == 2


def test_a_page_that_repeats_rows_of_the_one_before_makes_no_second_object(service):
    link = f"{service.server.url}/v1.0/things?page=2"
    first, second = {"id": "a"}, {"id": "b"}
    service.server.then(
        answer(200, {"value": [first], "@odata.nextLink": link}), answer(200, {"value": [first, second]})
    )
    assert list(service.graph.list_all("/things")) == [first, second]


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"", b'{"value": [', {"d": {"results": []}}])
def test_a_read_that_something_else_answered_is_asked_again(service, body):
    service.server.then(answer(200, body), answer(200, {"id": "x"}))
    assert service.graph.get("/things") == {"id": "x"}


def test_a_404_that_is_not_graphs_own_is_no_absence(service):
    service.server.then(answer(404, b"<html>no such page</html>"), answer(200, {"id": "x"}))
    assert service.graph.find("/things") == {"id": "x"}


def test_a_stream_that_breaks_off_is_told_without_its_url(service):
    service.server.then(cut({"content": "x" * 5000}))
    with pytest.raises(Unreachable, match=r"Graph broke off while it answered GET /users/\{user\}.*Request id"):
        list(service.graph.stream("/users/a@contoso.example"))


def test_a_redirect_is_never_followed(service):
    service.server.then(answer(302, None, Location="https://evil.example/"))
    with pytest.raises(GraphError) as caught:
        service.graph.get("/things")
    assert caught.value.status == 302
    assert len(service.server.received) == 1


def test_an_error_tells_code_details_message_and_the_services_request_id(service):
    service.server.then(answer(400, REFUSED, request_id="service-1"))
    with pytest.raises(GraphError) as caught:
        service.graph.call(Operation.ONE_SHOT, "POST", "/users/a@b.example/sendMail", json={})
    error = caught.value
    assert (error.status, error.code, error.details) == (400, "Request_BadRequest", ("Deep",))
    assert error.request_id == "service-1"
    assert "no good" in str(error)
    assert "a@b.example" not in str(error)
    assert "POST /users/{user}/sendMail" in str(error)


def test_a_stale_token_is_replaced_once(service):
    service.server.then(answer(401, {}), answer(200, {"id": "x"}))
    assert service.graph.get("/things") == {"id": "x"}
    assert [r.headers["authorization"] for r in service.server.received] == ["Bearer token-1", "Bearer token-2"]
    service.server.then(answer(401, {}), answer(401, {}))
    with pytest.raises(GraphError):
        service.graph.get("/things")
    assert service.minted == 3


def test_a_batch_asks_again_only_for_what_was_throttled(service):
    def item(number, status, body=None, **headers):
        return {"id": str(number), "status": status, "headers": headers, "body": body or {}}

    first = {"responses": [item(1, 429, **{"Retry-After": "7"}), item(0, 200, {"id": "zero"})]}
    second = {"responses": [item(1, 404, {"error": {"code": "Request_ResourceNotFound", "message": ""}})]}
    service.server.then(answer(200, first), answer(200, second))
    zero, one = service.graph.batch(["/zero", "/one"])
    assert zero.value() == {"id": "zero"}
    assert one.missing
    assert [r["url"] for r in service.server.received[1].json()["requests"]] == ["/one"]
    assert service.clock.slept == [7.0]


def test_forty_one_reads_are_three_batches_in_their_order(service):
    def batch(connection):
        asked = service.server.received[-1].json()["requests"]
        items = [{"id": r["id"], "status": 200, "body": {"id": r["url"]}} for r in reversed(asked)]
        answer(200, {"responses": items})(connection)

    service.server.otherwise = batch
    paths = [f"/things/{number}" for number in range(41)]
    assert [a.value()["id"] for a in service.graph.batch(paths)] == paths
    assert [len(r.json()["requests"]) for r in service.server.received] == [20, 20, 1]


def test_a_slice_carries_no_bearer_and_goes_nowhere_else(service):
    service.server.then(answer(200, {}))
    service.graph.upload(f"{service.server.url}/session?authtoken=secret", b"abc", 0, 3)
    sent = service.server.received[0]
    assert "authorization" not in sent.headers
    assert sent.headers["content-range"] == "bytes 0-2/3"
    with pytest.raises(TenantError) as caught:
        service.graph.upload("https://evil.example/session?authtoken=secret", b"abc", 0, 3)
    assert "secret" not in str(caught.value)
    assert "secret" not in str(service.observed)
