"""Graph as the sandbox speaks it: pages that break, batches that are throttled, names that need quoting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmail.errors import GraphError
from graphmail.graph import literal
from tests.sandbox_process import CONTOSO


def asked(sandbox, path):
    return [r for r in sandbox.requests(CONTOSO) if r["path"] == path]


def test_all_pages_are_read(contoso):
    found = list(contoso.graph.list_all("/users", params={"$top": "2"}))

    assert len(found) > 4
    assert len({user["id"] for user in found}) == len(found)


def test_a_page_that_fails_in_the_middle_fails_the_read(contoso, sandbox):
    pages = contoso.graph.list_all("/users", params={"$top": "2"})
    assert [next(pages) and 1 for _ in range(2)] == [1, 1]
    sandbox.fault(CONTOSO, "graph", "GET", "/users", status=410, body={"error": {"code": "Gone"}})

    with pytest.raises(GraphError, match="Graph answered 410 Gone to GET /users, its next page"):
        list(pages)


def test_a_page_that_fails_in_passing_is_asked_again(contoso, sandbox):
    pages = contoso.graph.list_all("/users", params={"$top": "2"})
    first = [next(pages), next(pages)]
    sandbox.fault(CONTOSO, "graph", "GET", "/users", status=503)

    assert len({user["id"] for user in [*first, *pages]}) > 4


def test_a_throttled_item_of_a_batch_is_asked_again_after_its_own_time(contoso, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", "/users", status=429, headers={"Retry-After": "21"})
    began = contoso.clock.now()

    organization, users = contoso.graph.batch(["/organization", "/users"])

    assert organization.value()["value"]
    assert users.value()["value"]
    assert (contoso.clock.now() - began).total_seconds() >= 21
    assert len(asked(sandbox, "/organization")) == 1
    assert len(asked(sandbox, "/users")) == 2


def test_an_item_that_asks_for_a_day_is_not_waited_for(contoso, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", "/users", status=429, headers={"Retry-After": "86400"}, times=9)
    began = contoso.clock.now()

    organization, users = contoso.graph.batch(["/organization", "/users"])

    assert organization.value()["value"]
    assert users.error is not None
    assert (users.error.status, users.error.retry_after) == (429, 86400)
    assert (contoso.clock.now() - began).total_seconds() < 60


def test_an_item_that_is_throttled_for_ever_is_an_error_at_last(contoso, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", "/users", status=429, headers={"Retry-After": "3"}, times=99)

    organization, users = contoso.graph.batch(["/organization", "/users"])

    assert organization.error is None
    with pytest.raises(GraphError, match="Graph answered 429 to GET /users"):
        users.value()
    assert len(asked(sandbox, "/users")) <= 5


def test_what_a_batch_does_not_find_is_missing(contoso):
    known, unknown = contoso.graph.batch(["/users/support@contoso.example", "/users/nobody@contoso.example"])

    assert (known.missing, unknown.missing) == (False, True)
    assert known.value()["mail"] == "support@contoso.example"


def test_a_single_one_that_is_not_there_is_none(contoso):
    assert contoso.graph.find("/users/nobody@contoso.example") is None


def test_a_refusal_is_not_absence(contoso, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", "/users/*", status=403, body={"error": {"code": "Denied"}})

    with pytest.raises(GraphError, match="403 Denied"):
        contoso.graph.find("/users/nobody@contoso.example")


@pytest.mark.parametrize("name", ["O'Brien", "''", "50% & more", "a/b", "å ä ö", "x?y#z", 'say "no"'])
def test_any_name_is_found_by_its_literal(contoso, sandbox, name):
    sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": name})
    sandbox.settle(CONTOSO)

    found = contoso.graph.list_all(f"/applications?$filter=displayName%20eq%20{literal(name)}")

    assert [app["displayName"] for app in found] == [name]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_literal_cannot_be_left_from_inside(text):
    inside = literal(text)[1:-1]

    assert not set(inside) & set("'\"/?#& %") - {"%"}
