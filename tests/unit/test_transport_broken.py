"""What the network and half-broken servers do, seen by the real client over real TLS."""

import socket

import pytest
import trustme

from graphmail.errors import OutcomeUnknown, TenantError, Unreachable
from graphmail.retry import Operation
from graphmail.transport import Request
from tests.tls_server import answer, authority_file, broken_tls, closed, cut, proxying, reset, silent

AGAIN = [Operation.READ, Operation.IDEMPOTENT]
ONCE = [Operation.KEYED_CREATE, Operation.ONE_SHOT]
LOST = [
    pytest.param(reset, "the connection broke", id="reset"),
    pytest.param(closed, "the connection broke", id="closed"),
    pytest.param(broken_tls, "TLS broke", id="broken TLS"),
    pytest.param(cut({"id": "x" * 500}), "the connection broke", id="cut body"),
    pytest.param(silent, "no answer within 0 s", id="hangs"),
]


def unreachable(service, **fields):
    return service.moved(graph="https://127.0.0.1:1", **fields)


@pytest.mark.parametrize("operation", AGAIN)
@pytest.mark.parametrize(("step", "kind"), LOST)
def test_what_may_be_repeated_is_asked_for_again(service, operation, step, kind):
    service.server.then(step, answer(200, {"id": "there"}))

    reply = service.graph.call(operation, "PATCH", "/thing", json={"a": 1})

    assert reply.json() == {"id": "there"}
    assert [request.method for request in service.server.received] == ["PATCH", "PATCH"]


@pytest.mark.parametrize("operation", ONCE)
@pytest.mark.parametrize(("step", "kind"), LOST)
def test_what_may_have_happened_is_not_sent_again(service, operation, step, kind):
    service.server.then(step, answer(201, {"id": "second"}))

    with pytest.raises(OutcomeUnknown) as caught:
        service.graph.call(operation, "POST", "/things", json={"a": 1})

    assert len(service.server.received) == 1
    assert str(caught.value).startswith("POST /things was sent, and its outcome is unknown. Found: " + kind)


@pytest.mark.parametrize("operation", [*AGAIN, Operation.KEYED_CREATE])
def test_refused_connections_are_tried_again_until_the_deadline(service, operation):
    refused = unreachable(service)
    began = refused.clock.now()

    with pytest.raises(Unreachable) as caught:
        refused.graph.call(operation, "POST", "/things")

    tries, waited = len(refused.observed), (refused.clock.now() - began).total_seconds()
    assert tries > 4
    assert waited <= 180
    assert str(caught.value).startswith(
        "POST /things did not reach 127.0.0.1:1. Found: the connection was refused; "
        f"still so after {tries} tries in {waited:.0f} s. To do: check the network, a proxy and the endpoint"
    )
    assert str(caught.value).endswith(f"Request id {refused.observed[-1]['client_request_id']}.")


def test_a_one_shot_is_not_sent_again_even_where_it_was_refused(service):
    refused = unreachable(service)

    with pytest.raises(Unreachable, match="the connection was refused"):
        refused.graph.call(Operation.ONE_SHOT, "POST", "/things")

    assert [exchange["status"] for exchange in refused.observed] == [0]
    assert refused.clock.slept == []


@pytest.mark.parametrize("operation", list(Operation))
def test_a_name_without_an_address_is_not_received(service, operation, monkeypatch):
    def nobody(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    nameless = service.moved(graph="https://graph.invalid")

    with pytest.raises(Unreachable, match=r"did not reach graph\.invalid\. Found: the name has no address"):
        nameless.graph.call(operation, "POST", "/things")

    assert (len(nameless.observed) == 1) is (operation in (Operation.ONE_SHOT, Operation.SEND))


@pytest.mark.parametrize("operation", list(Operation))
def test_a_foreign_certificate_is_refused_at_once_and_nothing_is_sent(service, operation, tmp_path):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    wary = service.moved(ca=authority_file(trustme.CA(), foreign))

    with pytest.raises(Unreachable, match="the certificate is not trusted or not for this name"):
        wary.graph.call(operation, "POST", "/things")

    assert service.server.received == []
    assert len(wary.observed) == 1


def test_a_certificate_for_another_name_is_refused(service):
    with pytest.raises(Unreachable, match="not for this name"):
        service.moved(graph=service.server.url.replace("127.0.0.1", "localhost")).graph.get("/things")

    assert service.server.received == []


def test_plain_http_is_refused_before_anything_is_sent(service):
    url = service.server.url.replace("https", "http") + "/things"

    with pytest.raises(Unreachable, match="the URL is not https"):
        service.transport.send(Request("GET", url, "GET /things"), Operation.READ)

    assert service.server.received == []


def test_a_proxy_that_refuses_is_named_and_nothing_was_received(service, monkeypatch, tmp_path):
    with proxying() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        behind = service.moved(name="global", graph="https://graph.microsoft.com")

        with pytest.raises(Unreachable, match="the proxy refused"):
            behind.graph.call(Operation.ONE_SHOT, "POST", "/things")

    assert proxy.asked == ["graph.microsoft.com"]


@pytest.mark.parametrize(
    "body",
    [b"<html>Please accept the terms of this network</html>", b"", b"null", b"[]", b"\0\0\0", b'"text"', b'{"a":'],
)
def test_a_success_without_an_object_is_not_an_empty_tenant(service, body):
    service.server.otherwise = answer(200, body, request_id="abc")

    for read in (service.graph.get, service.graph.find, lambda path: list(service.graph.list_all(path))):
        with pytest.raises(
            TenantError, match=r"Graph answered 200 without any object to GET /things\..*Request id abc"
        ):
            read("/things")
    with pytest.raises(TenantError, match="Exchange ended Get-Thing in the middle of its pages"):
        service.exchange.find("Get-Thing", Identity="x")


def test_an_error_page_is_told_by_its_status_alone(service):
    service.server.otherwise = answer(404, b"<html>the load balancer</html>")

    with pytest.raises(TenantError) as caught:
        service.graph.get("/things")

    assert str(caught.value).startswith("Graph answered 404 to GET /things. Found: still so after")
    assert "To do: see whether a proxy answers in Graph's place" in str(caught.value)
    assert "balancer" not in str(caught.value)
    with pytest.raises(TenantError, match="404"):
        service.graph.find("/things")


def test_an_error_that_only_claims_to_be_compressed_is_still_an_error(service):
    service.server.otherwise = answer(403, b"\0" * 64, Content_Encoding="gzip")

    with pytest.raises(TenantError, match="Exchange answered 403 to Get-Thing"):
        service.exchange.find("Get-Thing", Identity="x")

    assert len(service.server.received) == 2


def test_a_success_that_only_claims_to_be_compressed_is_no_success(service):
    service.server.then(answer(201, b"\0" * 64, Content_Encoding="gzip"))

    with pytest.raises(OutcomeUnknown):
        service.graph.call(Operation.KEYED_CREATE, "POST", "/things")
