"""Exchange's admin API: pages, batches, both error encodings, stale tokens and regional hosts."""

from __future__ import annotations

import json

import pytest

from graphmail.errors import ExchangeError, OutcomeUnknown, TenantError
from graphmail.exchange import Cmdlet
from graphmail.exchange_errors import exchange_error
from graphmail.retry import Operation
from tests.tls_server import answer

GONE = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
PIPE = f"Ex6F9304|{GONE}|The object 'x' couldn't be found on 'DC01A.PROD.OUTLOOK.COM'."
JSON = json.dumps({"Message": "already exists", "TypeName": "A.B.ADObjectAlreadyExistsException", "StackTrace": None})


def failed(message, code="BadRequest"):
    return {"error": {"code": code, "message": "Error executing cmdlet", "details": [{"message": message}]}}


@pytest.mark.parametrize(
    ("message", "type_name", "text"),
    [
        (PIPE, "ManagementObjectNotFoundException", "The object 'x' couldn't be found."),
        (JSON, "ADObjectAlreadyExistsException", "already exists"),
        ("|System.ArgumentException|bad", "ArgumentException", "bad"),
        (
            "|X.CmdletProxyException|Error on proxy command 'y' … NotFound: Error executing cmdlet : "
            + json.dumps(failed(PIPE)),
            "ManagementObjectNotFoundException",
            "The object 'x' couldn't be found.",
        ),
        ("plain words", "", "plain words"),
        ("{not json", "", "{not json"),
    ],
)
def test_every_encoding_of_an_error_is_typed(message, type_name, text):
    error = exchange_error("Get-Thing", 400, failed(message), "id-1")
    assert (error.type_name, error.message, error.request_id) == (type_name, text, "id-1")


def test_a_page_is_asked_for_by_posting_the_same_body_to_its_link(service):
    link = f"{service.server.url}/adminapi/beta/next?token=1"
    service.server.then(
        answer(200, {"value": [{"Name": "a", "Name@data.type": "x"}, None], "@odata.nextLink": link}),
        answer(200, {"value": [{"Name": "b"}]}),
    )
    rows = service.exchange.invoke(Operation.READ, "Get-Thing", Identity="x")
    assert rows == [{"Name": "a"}, {"Name": "b"}]
    first, second = service.server.received
    assert (second.method, second.target) == ("POST", "/adminapi/beta/next?token=1")
    assert second.body == first.body


def test_pages_in_a_circle_are_an_error_and_end(service):
    link = f"{service.server.url}/adminapi/beta/next"
    service.server.otherwise = answer(200, {"value": [{"Name": "a"}], "@odata.nextLink": link})
    with pytest.raises(TenantError, match=r"in a circle through the pages of Get-Thing\. .*To do: run"):
        service.exchange.find("Get-Thing", Identity="x")


def test_a_page_that_repeats_rows_of_the_one_before_makes_no_second_row(service):
    link = f"{service.server.url}/adminapi/beta/next"
    first, second = {"Name": "a"}, {"Name": "b"}
    service.server.then(
        answer(200, {"value": [first, first], "@odata.nextLink": link}), answer(200, {"value": [first, second]})
    )
    assert service.exchange.find("Get-Thing", Identity="x") == [first, first, second]


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, {"d": 1}), (404, b""), (404, b"<html>")])
def test_a_read_that_something_else_answered_is_asked_again(service, status, body):
    service.server.then(answer(status, body), answer(200, {"value": [{"Name": "a"}]}))
    assert service.exchange.find("Get-Thing", Identity="x") == [{"Name": "a"}]


def test_an_empty_page_in_the_middle_fails_the_read(service):
    link = f"{service.server.url}/adminapi/beta/next"
    service.server.then(answer(200, {"value": [{"Name": "a"}], "@odata.nextLink": link}), answer(200))
    with pytest.raises(TenantError):
        service.exchange.invoke(Operation.READ, "Get-Thing", Identity="x")


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_identity_is_never_sent(service, blank):
    with pytest.raises(TenantError, match="blank Identity"):
        service.exchange.invoke(Operation.READ, "Get-Thing", Identity=blank)
    assert service.server.received == []


@pytest.mark.parametrize("body", [b"", b"\0\0\0"])
def test_an_empty_403_gets_one_new_token_and_then_names_the_role(service, body):
    service.server.then(answer(403, body), answer(403, body))
    with pytest.raises(ExchangeError) as caught:
        service.exchange.invoke(Operation.READ, "Get-Thing", Identity="x")
    assert service.minted == 2
    assert "Exchange Administrator" in str(caught.value)


def test_a_write_error_that_may_have_committed_is_no_plain_failure(service):
    message = "|M.InsufficientPermissionsException|Source server doesn't have write permission to target DC: x"
    service.server.then(answer(400, failed(message)))
    with pytest.raises(OutcomeUnknown):
        service.exchange.invoke(Operation.KEYED_CREATE, "New-Thing", Name="x")
    assert len(service.server.received) == 1


def test_a_batch_is_matched_by_id_and_what_is_missing_is_asked_for_alone(service):
    items = [{"id": "1", "body": failed(PIPE, "NotFound"), "status": 404}, {"id": "0", "body": {"value": [{"N": 0}]}}]
    service.server.then(answer(200, {"responses": items}), answer(200, {"value": [{"N": 2}]}))
    zero, one, two = service.exchange.batch([Cmdlet("Get-Thing", {"Identity": str(n)}) for n in range(3)])
    assert (zero.rows, one.missing, two.rows) == ([{"N": 0}], True, [{"N": 2}])
    assert len(service.server.received) == 2


def test_eleven_reads_are_two_batches(service):
    def batch(connection):
        asked = service.server.received[-1].json()["requests"]
        answer(200, {"responses": [{"id": r["id"], "body": {"value": []}} for r in asked]})(connection)

    service.server.otherwise = batch
    service.exchange.batch([Cmdlet("Get-Thing", {"Identity": str(n)}) for n in range(11)])
    assert [len(r.json()["requests"]) for r in service.server.received] == [10, 1]


def test_a_redirect_to_a_foreign_host_gets_no_token(service):
    service.server.then(answer(302, None, Location="https://outlook.office365.com.evil.example/adminapi"))
    with pytest.raises(TenantError, match="not the chosen cloud"):
        service.exchange.invoke(Operation.READ, "Get-Thing", Identity="x")
    assert len(service.server.received) == 1
