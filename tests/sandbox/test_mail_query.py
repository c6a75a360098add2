"""Lists of messages: filter, order, pages, selection."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.mail_filter import parse_filter

PATH = "/users/support@contoso.example/messages"


@pytest.fixture
def drafts(contoso):
    """Five drafts, a minute apart, `read` in turns."""
    made = []
    for i, name in enumerate(["alpha", "beta", "Gamma", "alphabet", "it's"]):
        body = {"subject": name, "isRead": i % 2 == 0, "categories": [name[0]]}
        made.append(contoso.got("POST", PATH, 201, json=body))
        contoso.advance(60)
    return made


def subjects(tenancy: Any, **options: str) -> list[str]:
    answer = tenancy.got("GET", PATH, params={f"${name}": value for name, value in options.items()})
    return [m["subject"] for m in answer["value"]]


def test_newest_comes_first(contoso, drafts):
    assert subjects(contoso) == ["it's", "alphabet", "Gamma", "beta", "alpha"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("subject eq 'beta'", ["beta"]),
        ("subject eq 'it''s'", ["it's"]),
        ("startswith(subject,'alpha')", ["alphabet", "alpha"]),
        ("contains(subject, 'AMM')", ["Gamma"]),
        ("contains(subject,'zzz')", []),
        ("isRead eq false", ["alphabet", "beta"]),
        ("isRead ne true and startswith(subject,'b')", ["beta"]),
        ("subject eq 'beta' or (subject eq 'alpha' and not (isRead eq false))", ["beta", "alpha"]),
        ("categories/any(c:c eq 'a')", ["alphabet", "alpha"]),
        ("from/emailAddress/address eq 'support@contoso.example' and subject eq 'beta'", ["beta"]),
        ("importance eq 'high'", []),
    ],
)
def test_filter_finds(contoso, drafts, condition, found):
    assert subjects(contoso, filter=condition) == found


def test_filter_by_internet_message_id(contoso, drafts):
    assert subjects(contoso, filter=f"internetMessageId eq '{drafts[2]['internetMessageId']}'") == ["Gamma"]


def test_filter_by_received_time(contoso, drafts):
    third = drafts[2]["receivedDateTime"]
    assert subjects(contoso, filter=f"receivedDateTime gt {third}") == ["it's", "alphabet"]
    assert subjects(contoso, filter=f"receivedDateTime ge {third} and receivedDateTime le {third}") == ["Gamma"]
    assert subjects(contoso, filter=f"receivedDateTime lt {third}", orderby="receivedDateTime asc") == ["alpha", "beta"]
    assert len(subjects(contoso, filter="receivedDateTime ge 2020-01-01")) == 5


@pytest.mark.parametrize(
    ("condition", "order"),
    [
        ("isRead eq true", "receivedDateTime desc"),
        ("isRead eq true and receivedDateTime ge 2020-01-01", "receivedDateTime desc"),
        ("receivedDateTime ge 2020-01-01", "receivedDateTime desc,subject"),
    ],
)
def test_order_by_what_is_not_filtered_first_is_too_complex(contoso, condition, order):
    params = {"$filter": condition, "$orderby": order}
    message = contoso.refused(400, "InefficientFilter", "GET", PATH, params=params)
    assert message == "The restriction or sort order is too complex for this operation."


def test_order_by_what_is_filtered_first_works(contoso, drafts):
    condition = "receivedDateTime ge 2020-01-01 and isRead eq true"
    assert subjects(contoso, filter=condition, orderby="receivedDateTime asc") == ["alpha", "Gamma", "it's"]
    assert subjects(contoso, orderby="subject desc")[0] == "it's"


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("toRecipients/any(r:r/emailAddress/address eq 'a@b.example')", "ErrorInvalidUrlQueryFilter"),
        ("internetMessageHeaders/any(h:h/name eq 'X-Mark')", "ErrorInvalidUrlQueryFilter"),
        ("endswith(subject,'a')", "ErrorInvalidUrlQueryFilter"),
        ("contains(receivedDateTime,'2026')", "ErrorInvalidUrlQueryFilter"),
        ("isJunk eq true", "RequestBroker--ParseUri"),
        ("subject eq", "RequestBroker--ParseUri"),
        ("subject like 'x'", "RequestBroker--ParseUri"),
        ("(subject eq 'x'", "RequestBroker--ParseUri"),
        ("subject eq 'x' subject eq 'y'", "RequestBroker--ParseUri"),
        ("receivedDateTime ge '2026-01-01T00:00:00Z'", "RequestBroker--ParseUri"),
        ("isRead eq 'true'", "RequestBroker--ParseUri"),
        ("subject eq true", "RequestBroker--ParseUri"),
    ],
)
def test_bad_filter_is_refused(contoso, condition, code):
    contoso.refused(400, code, "GET", PATH, params={"$filter": condition})


@pytest.mark.parametrize(
    "params",
    [
        {"$select": "subject,isJunk"},
        {"$orderby": "isJunk"},
        {"$expand": "parents"},
        {"$top": "0"},
        {"$top": "1001"},
        {"$skip": "-1"},
    ],
)
def test_bad_option_is_refused(contoso, params):
    contoso.refused(400, "RequestBroker--ParseUri", "GET", PATH, params=params)


def test_pages_are_followed_by_their_links(contoso, drafts):
    url, seen, rounds = f"{PATH}?$top=2&$filter=contains(subject,'a')&$count=true&$select=subject", [], 0
    while url:
        answer = contoso.got("GET", url)
        assert answer["@odata.count"] == 4
        seen += [m["subject"] for m in answer["value"]]
        url = answer.get("@odata.nextLink", "")
        rounds += 1
    assert seen == ["alphabet", "Gamma", "beta", "alpha"]
    assert rounds == 2


def test_default_page_has_ten_and_maxpagesize_counts(contoso):
    for i in range(12):
        contoso.got("POST", PATH, 201, json={"subject": str(i)})
    assert len(subjects(contoso)) == 10
    answer = contoso.got("GET", PATH, headers={"Prefer": "odata.maxpagesize=3"})
    assert len(answer["value"]) == 3
    assert len(subjects(contoso, top="1000")) == 12
    assert len(subjects(contoso, skip="10")) == 2


def test_select_keeps_id_and_etag(contoso, drafts):
    item = contoso.got("GET", PATH, params={"$select": "SUBJECT"})["value"][0]
    assert set(item) == {"@odata.etag", "id", "subject"}


WORDS = st.sampled_from(["a", "B", "ab"])
CLAUSES = st.one_of(
    st.tuples(st.just("subject eq '{}'"), WORDS),
    st.tuples(st.just("startswith(subject,'{}')"), WORDS),
    st.tuples(st.just("isRead eq {}"), st.sampled_from(["true", "false"])),
)


def clause_holds(clause: tuple[str, str], item: dict[str, Any]) -> bool:
    form, value = clause
    subject, wanted = item["subject"].lower(), value.lower()
    if form.startswith("startswith"):
        return bool(subject.startswith(wanted))
    return bool(item["isRead"] == (value == "true") if form.startswith("isRead") else subject == wanted)


@given(st.lists(st.lists(CLAUSES, min_size=1, max_size=3), min_size=1, max_size=3), WORDS, st.booleans())
def test_filters_of_alternatives_hold_as_python_says(alternatives, subject, read):
    text = " or ".join(" and ".join(form.format(value) for form, value in part) for part in alternatives)
    item = {"subject": subject, "isRead": read}
    expected = any(all(clause_holds(clause, item) for clause in part) for part in alternatives)
    assert parse_filter(text).test(item) is expected


@given(st.text(alphabet="subject eqanyor'() isRead,/:0", max_size=40))
def test_no_filter_text_fails_but_with_a_400(text):
    with suppress(ServiceError):
        parse_filter(text)


def test_context_of_a_list_and_of_a_message_has_what_was_selected(contoso):
    made = contoso.got("POST", "/users/support@contoso.example/messages", 201, json={"subject": "one"})
    path = "/users/support@contoso.example/messages"
    for where, end in ((path, "messages(subject,from)"), (f"{path}/{made['id']}", "messages(subject,from)/$entity")):
        assert contoso.got("GET", f"{where}?$select=subject,from")["@odata.context"].endswith(end)
    assert contoso.got("GET", path)["@odata.context"].endswith("/messages")


def test_good_answers_say_that_they_are_odata_and_errors_are_plain_json(contoso):
    path = "/users/support@contoso.example/messages"
    good, bad = contoso.graph("GET", path), contoso.graph("GET", f"{path}/x")
    kind = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
    assert (good.headers["Content-Type"], good.headers["OData-Version"]) == (kind, "4.0")
    assert (bad.headers["Content-Type"], "OData-Version" in bad.headers) == ("application/json", False)
