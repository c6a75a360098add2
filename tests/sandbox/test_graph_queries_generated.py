"""Any filter gives the rows that a plain Python predicate gives, and reading it never fails otherwise than with 400."""

from __future__ import annotations

import operator
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.filter_expression import compile_filter
from graphmail.sandbox.graph.schema_people import USER

WORDS = ["", "a", "Ab", "aB", "b", "ba", "O'Neil", "å", "a b"]
DATES = ["2020-01-01T00:00:00Z", "2021-06-01T12:30:00+02:00", "2022-01-01T00:00:00Z"]
SKUS = ["5a4d0000-0000-4000-8000-00000000000a", "5a4d0000-0000-4000-8000-00000000000b"]
TEXTS = ["city", "department", "jobTitle", "surname", "state", "country"]  # eq, ge, le, startswith, null
PIECES = (
    "city", "otherMails/any", "assignedLicenses/$count", "startswith", "(", ")", ",", ":", "eq", "not", "and", "or",
    "in", "'a'", "null", "true", "1", "m", "/", "2020-01-01", "'", "$count", SKUS[0],
)  # fmt: skip
ORDERS = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}

rows = st.fixed_dictionaries(
    {
        **{name: st.none() | st.sampled_from(WORDS) for name in TEXTS},
        "accountEnabled": st.booleans(),
        "createdDateTime": st.sampled_from(DATES),
        "otherMails": st.lists(st.sampled_from(WORDS), max_size=3),
        "assignedLicenses": st.lists(st.builds(lambda sku: {"skuId": sku}, st.sampled_from(SKUS)), max_size=2),
    },
)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def low(value):
    return value.lower() if isinstance(value, str) else value


def equal(name, wanted):
    return lambda row: row[name] is not None and low(row[name]) == wanted.lower()


@st.composite
def comparison(draw):
    """A comparison of a text property, as text and as a predicate."""
    name, word = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(WORDS))
    how = draw(st.sampled_from(["eq", "ne", "startswith", "in", "null", "not null", *ORDERS]))
    if how == "startswith":
        return (
            f"startsWith({name}, {quoted(word)})",
            lambda row: row[name] is not None and low(row[name]).startswith(word.lower()),
        )
    if how == "in":
        words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
        lowered = [w.lower() for w in words]
        return f"{name} in ({','.join(map(quoted, words))})", lambda row: low(row[name]) in lowered
    if how.endswith("null"):
        wanted = how == "null"
        return f"{name} {'eq' if wanted else 'ne'} null", lambda row: (row[name] is None) == wanted
    if how in ORDERS:
        order = ORDERS[how]
        return f"{name} {how} {quoted(word)}", lambda row: row[name] is not None and order(low(row[name]), word.lower())
    same = equal(name, word)
    return f"{name} {how} {quoted(word)}", same if how == "eq" else lambda row: not same(row)


@st.composite
def other(draw):
    """A condition on something that is no text."""
    word, sku, date = draw(st.sampled_from(WORDS)), draw(st.sampled_from(SKUS)), draw(st.sampled_from(DATES))
    how, order = draw(st.sampled_from(list(ORDERS.items())))
    at = datetime.fromisoformat(date)
    few = draw(st.sampled_from([0, 1]))
    return draw(
        st.sampled_from(
            [
                ("accountEnabled eq true", lambda row: row["accountEnabled"]),
                ("accountEnabled", lambda row: row["accountEnabled"]),
                (
                    f"createdDateTime {how} {date}",
                    lambda row: order(datetime.fromisoformat(row["createdDateTime"]), at),
                ),
                (
                    f"otherMails/any(m:m eq {quoted(word)})",
                    lambda row: word.lower() in [m.lower() for m in row["otherMails"]],
                ),
                (
                    f"otherMails/all(m:endswith(m,{quoted(word)}))",
                    lambda row: all(m.lower().endswith(word.lower()) for m in row["otherMails"]),
                ),
                (
                    f"assignedLicenses/any(l:l/skuId eq {sku})",
                    lambda row: any(held["skuId"] == sku for held in row["assignedLicenses"]),
                ),
                (f"assignedLicenses/$count eq {few}", lambda row: len(row["assignedLicenses"]) == few),
                ("assignedLicenses/any()", lambda row: bool(row["assignedLicenses"])),
            ]
        )
    )


def joined(inner):
    def both(pair):
        (left, p), (right, q) = pair
        return st.sampled_from(
            [
                (f"{left} and {right}", lambda row: p(row) and q(row), "and"),
                (f"{left} or {right}", lambda row: p(row) or q(row), "or"),
            ]
        ).map(lambda made: (f"({made[0]})", made[1]))

    def negated(one):
        text, predicate = one
        return (f"not ({text})", lambda row: not predicate(row))

    return st.tuples(inner, inner).flatmap(both) | inner.map(negated)


filters = st.recursive(comparison() | other(), joined, max_leaves=8)


@settings(max_examples=300, deadline=None)
@given(filters, st.lists(rows, min_size=1, max_size=8))
def test_filter_gives_the_rows_of_the_predicate(condition, objects):
    text, predicate = condition
    test = compile_filter(text, USER).test
    assert [bool(test(row)) for row in objects] == [bool(predicate(row)) for row in objects], text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("city eq 'a' or city eq 'b' and state eq 'c'", "city eq 'a' or (city eq 'b' and state eq 'c')"),
        ("not city eq 'a' and state eq 'b'", "(not (city eq 'a')) and state eq 'b'"),
    ],
)
@settings(max_examples=50, deadline=None)
@given(objects=st.lists(rows, min_size=1, max_size=8))
def test_what_binds_stronger(text, same, objects):
    first, second = compile_filter(text, USER).test, compile_filter(same, USER).test
    assert [first(row) for row in objects] == [second(row) for row in objects]


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(PIECES),
        max_size=10,
    ).map(" ".join)
    | st.text(max_size=30)
)
def test_text_that_is_no_filter_is_400(text):
    with suppress(ServiceError):
        assert compile_filter(text, USER)
