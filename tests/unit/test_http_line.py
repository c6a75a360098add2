"""An exchange in the evidence: which attempt it was, digests of both bodies, and no address that can be guessed."""

from __future__ import annotations

import hashlib
import json

import pytest

from graphmail.errors import GraphError
from graphmail.retry import Operation
from tests.tls_server import answer


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_each_repetition_is_counted(service):
    service.server.then(
        answer(503), answer(401, {"error": {"code": "InvalidAuthenticationToken"}}), answer(200, {"id": "a"})
    )
    service.graph.get("/things")
    assert [(line["status"], line["attempt"]) for line in service.observed] == [(503, 1), (401, 2), (200, 3)]


def test_another_request_begins_at_one(service):
    service.server.then(answer(200, {"id": "a"}), answer(200, {"id": "b"}))
    graph = service.graph
    graph.get("/things")
    graph.get("/things")
    assert [line["attempt"] for line in service.observed] == [1, 1]


def test_both_bodies_have_digests(service):
    service.server.then(answer(200, {"id": "a"}))
    service.graph.call(Operation.IDEMPOTENT, "PATCH", "/things", json={"displayName": "new"})
    (line,) = service.observed
    assert line["request_sha256"] == digest('{"displayName": "new"}')
    assert line["reply_sha256"] == digest(json.dumps({"id": "a"}))


def test_a_read_without_a_body_has_none_to_digest(service):
    service.server.then(answer(200, {"id": "a"}))
    service.graph.get("/things")
    assert service.observed[0]["request_sha256"] == ""


@pytest.mark.parametrize("address", ["anna@contoso.example", "o'neil+x@contoso.example", "björk@contoso.example"])
def test_an_address_cannot_be_guessed_from_the_digest(service, address):
    for one in (address, "somebody.else@fabrikam.example"):
        service.server.then(answer(200, {"id": "a"}))
        service.graph.call(Operation.READ, "POST", "/things", json={"to": one, "path": f"/users/{one}/messages"})
    first, second = service.observed
    assert first["request_sha256"] == second["request_sha256"]
    assert first["request_sha256"] == digest('{"to": "<address>", "path": "/users/<address>/messages"}')


def test_a_secret_exchange_has_no_digest(service):
    service.server.then(answer(400, {"error": {"code": "BadRequest"}}))
    with pytest.raises(GraphError):
        service.graph.call(Operation.ONE_SHOT, "POST", "/things", json={"a": 1}, secret_reply=True)
    assert (service.observed[0]["request_sha256"], service.observed[0]["reply_sha256"]) == ("", "")
