"""What is to be done next, over every way that a journal may stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmail.customers.span import Lifetime
from graphmail.rotation.decision import Wishes, decide
from graphmail.rotation.standing import Credential, Standing

NOW = datetime(2027, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WISHES = Wishes(Lifetime.parse("60 days"), Lifetime.parse("7 days"))
OLD = Credential("m1", "app", "old", "addPassword", NOW + 30 * DAY, delivered=True, acknowledged=NOW - 600 * DAY)
NEW = Credential("m2", "app", "new", "addPassword", NOW + 700 * DAY, delivered=False, acknowledged=None)


def step(*live, removed=(), proved=False, now=NOW, wishes=WISHES):
    return decide(Standing(list(live), list(removed)), wishes, now, proved=proved).step


@pytest.mark.parametrize(
    ("days", "expected"), [(400, "nothing"), (61, "nothing"), (60, "add"), (1, "add"), (-5, "add")]
)
def test_one_is_due_by_the_days_that_are_left(days, expected):
    assert step(replace(OLD, expires=NOW + days * DAY)) == expected


@pytest.mark.parametrize(("day", "expected"), [(0, "nothing"), (14, "nothing"), (15, "add"), (31, "add")])
def test_one_that_lives_no_longer_than_the_time_before_its_end_is_due_at_half_its_life(day, expected):
    short = replace(OLD, made=NOW, expires=NOW + 30 * DAY)

    assert step(short, now=NOW + day * DAY) == expected


def test_one_that_shall_be_replaced_is_due_at_once_and_another_s_key_id_asks_for_nothing():
    fine = replace(OLD, expires=NOW + 400 * DAY)

    assert step(fine, wishes=replace(WISHES, replace=frozenset({"old"}))) == "add"
    assert step(fine, wishes=replace(WISHES, replace=frozenset({"gone"}))) == "nothing"


def test_one_that_is_gone_and_was_never_taken_back_is_taken_back_when_the_vendor_has_the_new_one():
    acknowledged = replace(NEW, delivered=True, acknowledged=NOW)
    for newest, expected in ((NEW, "nothing"), (acknowledged, "remove")):
        assert decide(Standing([newest], gone=[OLD]), WISHES, NOW, proved=False).step == expected
    assert decide(Standing([acknowledged], gone=[OLD]), WISHES, NOW, proved=False).about == OLD


def test_the_steps_in_their_order():
    delivered = replace(NEW, delivered=True)
    acknowledged = replace(delivered, acknowledged=NOW - 3 * DAY)

    assert step(NEW, OLD) == "prove"
    assert step(NEW, OLD, proved=True) == "hand_over"
    assert step(delivered, OLD) == "awaiting_receipt"
    assert step(acknowledged, OLD) == "grace"
    assert step(acknowledged, OLD, now=NOW + 4 * DAY) == "remove"
    assert step(acknowledged, removed=[OLD]) == "prove_removed"
    assert step(acknowledged) == "nothing"


def test_without_grace_the_old_one_goes_when_the_new_one_is_acknowledged():
    acknowledged = replace(NEW, delivered=True, acknowledged=NOW)

    assert step(acknowledged, OLD, wishes=replace(WISHES, grace=None)) == "remove"


def test_the_oldest_goes_first_and_never_the_newest():
    acknowledged = replace(NEW, delivered=True, acknowledged=NOW - 30 * DAY)
    decision = decide(Standing([acknowledged, OLD, replace(OLD, key_id="older")], []), WISHES, NOW, proved=True)

    assert (decision.step, decision.about.key_id) == ("remove", "older")


@pytest.mark.parametrize("acknowledged", [None, NOW - 30 * DAY])
def test_where_both_have_ended_the_older_one_goes_and_makes_room_for_another(acknowledged):
    over = replace(NEW, expires=NOW - DAY, delivered=acknowledged is not None, acknowledged=acknowledged)
    old = replace(OLD, expires=NOW - 2 * DAY)
    decision = decide(Standing([over, old]), WISHES, NOW, proved=False)

    assert (decision.step, decision.about) == ("remove", old)
    assert step(over, removed=[old]) == "add"
    assert step(over) == "add"


def test_where_the_new_one_alone_has_ended_it_goes_and_the_working_one_stays():
    over = replace(NEW, expires=NOW)
    decision = decide(Standing([over, OLD]), WISHES, NOW, proved=True)

    assert (decision.step, decision.about) == ("remove", over)
    assert step(OLD) == "add"


def test_a_proof_that_never_ends_does_not_keep_a_due_one_from_being_replaced():
    due, gone = replace(OLD, expires=NOW + DAY), replace(OLD, key_id="gone")

    assert step(due, removed=[gone]) == "add"
    assert step(NEW, due, removed=[gone]) == "prove"
    assert step(NEW, due, removed=[gone], proved=True) == "hand_over"
    assert step(replace(NEW, delivered=True), due, removed=[gone]) == "prove_removed"


def test_a_new_one_that_nobody_can_open_goes_when_somebody_says_so_and_the_vendor_has_not_got_it():
    lost, asked = replace(NEW, lost=True), replace(WISHES, replace=frozenset({"new"}))
    acknowledged = replace(lost, delivered=True, acknowledged=NOW - 8 * DAY)

    assert decide(Standing([lost, OLD]), asked, NOW, proved=False).about == lost
    assert step(lost, OLD) == "prove"
    assert decide(Standing([acknowledged, OLD]), asked, NOW, proved=False).about == OLD
    assert step(acknowledged, wishes=asked) == "add"


CREDENTIALS = st.builds(
    Credential,
    st.just("marker"),
    st.just("app"),
    st.uuids().map(str),
    st.sampled_from(["addPassword", "addCertificate"]),
    st.integers(-100, 800).map(lambda days: NOW + days * DAY),
    st.booleans(),
    st.one_of(st.none(), st.integers(-100, 0).map(lambda days: NOW + days * DAY)),
)


@given(st.lists(CREDENTIALS, max_size=4), st.lists(CREDENTIALS, max_size=2), st.booleans())
def test_nothing_that_works_is_ever_removed_where_no_acknowledged_one_is_left(live, gone, proved):
    decision = decide(Standing(live, gone=gone), WISHES, NOW, proved=proved)

    if decision.step == "remove" and not decision.about.ended(NOW):
        left = [credential for credential in live if credential is not decision.about]
        assert any(credential.delivered and credential.acknowledged for credential in left)
    if decision.step == "add":
        assert len(live) == 1
