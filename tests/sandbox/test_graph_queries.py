"""$select, $filter, $top, paging, headers, error envelope."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from tests.sandbox_process import CONTOSO, FABRIKAM


def addresses(graph, query: str) -> list[str]:
    return [u["userPrincipalName"].partition("@")[0] for u in graph.ok("GET", f"/users?{query}")["value"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail eq 'CEO@contoso.example'", ["ceo"]),
        ("userPrincipalName eq 'ceo@contoso.example' or mail eq 'sales@contoso.example'", ["ceo", "sales"]),
        ("startswith(displayName,'Contoso')", ["support", "sales"]),
        ("startsWith(displayName, 'Contoso') and mail eq 'sales@contoso.example'", ["sales"]),
        ("(mail eq 'a@b.example' or accountEnabled eq true) and startswith(surname,'Ek')", ["ceo"]),
        ("accountEnabled eq false", []),
        ("displayName eq 'O''Brien'", []),
        ("proxyAddresses/any(p:p eq 'SMTP:ceo@contoso.example')", ["ceo"]),
        ("proxyAddresses/any(p:p eq 'smtp:ceo@contoso.example')", []),
        ("proxyAddresses/any(x:startswith(x,'smtp:help'))", ["support"]),
    ],
)
def test_filter(graph, text, found):
    assert addresses(graph, f"$filter={text}") == found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mail ne 'a'", "Request_UnsupportedQuery"),
        ("not startswith(mail,'a')", "Request_UnsupportedQuery"),
        ("endswith(mail,'a')", "Request_UnsupportedQuery"),
        ("preferredDataLocation eq 'a'", "Request_UnsupportedQuery"),
        ("contains(mail,'a')", "Request_UnsupportedQuery"),
        ("usageLocation eq null", "Request_UnsupportedQuery"),
        ("colour eq 'red'", "BadRequest"),
        ("mail eq", "BadRequest"),
        ("mail eq 'a' mail eq 'b'", "BadRequest"),
        ("mail eq true", "BadRequest"),
        ("accountEnabled eq 'true'", "BadRequest"),
        ("createdDateTime ge '2020-01-01'", "BadRequest"),
        ("assignedLicenses/any(l:l/skuId eq 'f245ecc8-75af-4f8e-b61f-27d8114de5f3')", "BadRequest"),
        ("assignedLicenses/any(l:l/colour eq 'red')", "BadRequest"),
        ("length(mail) eq 3", "BadRequest"),
        ("mail eq 'unclosed", "BadRequest"),
        ("(mail eq 'a'", "BadRequest"),
    ],
)
def test_filter_that_is_not_supported_is_400(graph, text, code):
    graph.refused(400, code, "GET", f"/users?$filter={text}")


def test_unknown_property_in_select_is_400(graph):
    error = graph.refused(400, "BadRequest", "GET", "/users?$select=id,emial")
    assert "'emial' on type 'microsoft.graph.user'" in error["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$search=x", "Request_UnsupportedQuery"),
        ("$skip=1", "Request_BadRequest"),
        ("$top=0", "Request_UnsupportedQuery"),
        ("$top=1000", "Request_UnsupportedQuery"),
        ("$top=x", "Request_UnsupportedQuery"),
        ("$apply=x", "BadRequest"),
    ],
)
def test_option_that_is_not_supported_is_400(graph, query, code):
    graph.refused(400, code, "GET", f"/users?{query}")


def test_published_property_that_is_not_emulated_is_501_and_no_mistake_of_the_caller(graph):
    error = graph.refused(501, "NotImplemented", "GET", "/users?$select=id,signInActivity")
    assert "signInActivity of user" in error["message"]


def test_context_names_what_was_selected(graph):
    root = f"{graph.sandbox.json['graph']}/v1.0/$metadata"
    assert graph.ok("GET", "/users?$select=id,mail")["@odata.context"] == f"{root}#users(id,mail)"
    assert graph.ok("GET", "/users/ceo@contoso.example")["@odata.context"] == f"{root}#users/$entity"
    one = graph.ok("GET", "/users/ceo@contoso.example?$select=mail")
    assert one == {"@odata.context": f"{root}#users(mail)/$entity", "mail": "ceo@contoso.example"}


def test_what_cannot_be_expanded_is_400(graph):
    graph.refused(400, "BadRequest", "GET", "/applications?$expand=colours")
    graph.refused(501, "NotImplemented", "GET", "/applications?$expand=owners($filter=id eq 'x')")


def test_pages_are_linked_and_hold_each_object_once(graph):
    path, pages = "/users?$top=2&$select=id,mail&$filter=startswith(displayName,'')", []
    while path and len(pages) < 9:
        page = graph.ok("GET", path)
        pages.append(page["value"])
        path = page.get("@odata.nextLink")
    ids = [u["id"] for page in pages for u in page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len(set(ids)) == 5
    assert set(pages[1][0]) == {"id", "mail"}


def test_stale_page_token_is_400(graph):
    graph.refused(400, "Directory_ExpiredPageToken", "GET", "/users?$skiptoken=bm9ib2R5")


def test_count_is_ignored_in_silence_without_the_consistency_header(graph):
    assert "@odata.count" not in graph.ok("GET", "/users?$count=true")
    headers = {"ConsistencyLevel": "eventual"}
    assert graph.ok("GET", "/users?$count=true&$top=1", headers=headers)["@odata.count"] == 5


def test_every_answer_has_request_ids_and_the_tenants_date(graph, sandbox):
    sandbox.advance(CONTOSO, 1800)
    sent = "6f0e7d5e-0000-4000-8000-000000000001"
    answer = graph("GET", "/organization", headers={"client-request-id": sent})
    assert answer.headers["client-request-id"] == sent
    assert answer.headers["request-id"]
    assert "x-ms-ags-diagnostic" in answer.headers
    shown = parsedate_to_datetime(answer.headers["Date"]).isoformat()
    assert sandbox.now(CONTOSO) >= shown > "2"
    assert sandbox.requests(CONTOSO)[-1]["request_id"] == answer.headers["request-id"]


def test_error_has_graphs_envelope_with_the_same_ids(graph):
    sent = "6f0e7d5e-0000-4000-8000-000000000001"
    answer = graph("GET", "/users/nobody", headers={"client-request-id": sent})
    inner = answer.json()["error"]["innerError"]
    assert (inner["request-id"], inner["client-request-id"]) == (answer.headers["request-id"], sent)
    assert inner["date"]


def test_unknown_operation_is_501_with_its_name(graph):
    error = graph.refused(501, "NotImplemented", "GET", "/users/a/todo/lists")
    assert "GET /v1.0/users/a/todo/lists" in error["message"]
    error = graph.refused(501, "NotImplemented", "GET", f"{graph.sandbox.json['graph']}/beta/users")
    assert "/beta/users" in error["message"]


def test_request_over_4_mb_is_413(graph, sandbox):
    answer = graph("POST", "/applications", data=b"x" * (4 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["message"] == "The maximum request length supported is 4MB."
    assert sandbox.writes == []


def test_body_that_is_no_json_is_400(graph):
    graph.refused(400, "BadRequest", "POST", "/applications", data=b"{")


@pytest.mark.parametrize(
    ("bearer", "said"),
    [("", "Access token is empty."), ("Bearer made.up.token", "Signing key is invalid."), ("Basic YTpi", "empty")],
)
def test_foreign_bearer_is_401_noticed_and_not_stored(graph, sandbox, bearer, said):
    headers = {"Authorization": bearer}
    error = graph.refused(401, "InvalidAuthenticationToken", "GET", "/organization", headers=headers)
    assert said in error["message"]
    noticed = sandbox.control("GET", "/requests")["requests"]
    assert (noticed[-1]["status"], noticed[-1]["path"]) == (401, "/v1.0/organization")
    assert said in noticed[-1]["refused"]
    assert "made.up.token" not in str(noticed)


def test_token_altered_by_one_character_is_401(graph):
    graph.token = graph.token[:-5] + ("A" if graph.token[-5] != "A" else "B") + graph.token[-4:]
    graph.refused(401, "InvalidAuthenticationToken", "GET", "/organization")


def test_token_expires_by_the_tenants_clock(graph, sandbox):
    sandbox.advance(CONTOSO, 3600)
    error = graph.refused(401, "InvalidAuthenticationToken", "GET", "/organization")
    assert error["message"] == "Lifetime validation failed, the token is expired."


def test_exchange_token_is_no_graph_token_and_the_other_way(graph, sandbox):
    exchange = sandbox.token(CONTOSO, "https://outlook.office365.com/.default")
    headers = {"Authorization": f"Bearer {exchange}"}
    error = graph.refused(401, "InvalidAuthenticationToken", "GET", "/organization", headers=headers)
    assert "Invalid audience" in error["message"]
    url = f"{sandbox.json['exchange']}/adminapi/beta/{CONTOSO}/InvokeCommand"
    answer = sandbox.http.post(url, json={}, headers={"Authorization": f"Bearer {graph.token}"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert "audience" in answer.headers["x-ms-diagnostics"]


def test_exchange_path_of_another_tenant_than_the_tokens_is_401(sandbox):
    token = sandbox.token(CONTOSO, "https://outlook.office365.com/.default")
    url = f"{sandbox.json['exchange']}/adminapi/beta/{FABRIKAM}/InvokeCommand"
    answer = sandbox.http.post(url, json={}, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert sandbox.requests(FABRIKAM) == []
