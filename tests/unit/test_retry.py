from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import tenacity
from hypothesis import given
from hypothesis import strategies as st

from graphmail.retry import Again, Operation, RetryBudget, Stop, Wait, retry_after
from tests.unit.conftest import HandClock

READ, IDEMPOTENT, KEYED_CREATE, ONE_SHOT, SEND = Operation
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def http_date(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("failed", "again"),
    [
        (Again(received=False), {READ, IDEMPOTENT, KEYED_CREATE}),
        (Again(received=False, throttled=True), {*Operation} - {SEND}),
        (Again(received=True), {READ, IDEMPOTENT}),
        (Again(received=False, hopeless=True), set()),
    ],
    ids=["not received", "throttled", "unknown", "hopeless"],
)
def test_what_is_sent_again(failed, again):
    assert {operation for operation in Operation if failed.allowed(operation)} == again


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": 7}, 7),
        ({"Retry-After": " 2.128 "}, 2.128),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "9" * 400}, float("inf")),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": http_date(90)}, 90),
        ({"Retry-After": http_date(-90)}, 0),
        ({"Retry-After": http_date(90), "Date": http_date(60)}, 30),
        ({"Retry-After": http_date(90), "Date": "yesterday"}, 90),
        ({"Retry-After": "Fri, 02 Jan 2026 03:05:05 -0000"}, 60),
        ({"Retry-After": "Fri, 02 Jan 99999 03:05:05 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers, seconds):
    assert retry_after(headers, NOW) == seconds


@given(st.text(), st.text())
def test_no_header_breaks_it(told, date):
    seconds = retry_after({"Retry-After": told, "Date": date}, NOW)

    assert seconds is None or seconds >= 0


class TestBudget:
    def test_in_an_outage_requests_stay_at_a_fifth_more_beyond_the_first_few(self):
        budget = RetryBudget()
        sent = 0
        for _ in range(1000):
            sent += 1
            budget.sent()
            while budget.spend():
                sent += 1
                budget.sent()

        assert sent <= 1.2 * (1000 + 12)

    def test_an_outage_is_not_paid_off_afterwards(self):
        budget = RetryBudget()
        for _ in range(1000):
            budget.spend()

        for _ in range(7):
            budget.sent()

        assert budget.spend()


def outcome(error: Exception, attempt: int) -> tenacity.RetryCallState:
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    state.attempt_number = attempt
    state.set_exception((type(error), error, None))
    return state


@given(told=st.floats(0.001, 1e9), attempt=st.integers(1, 30))
def test_a_wait_that_was_told_is_kept_exactly(told, attempt):
    wait = Wait(HandClock.new().deadline(180))

    assert wait(outcome(Again(received=False, wait=told), attempt)) == told


@given(attempt=st.integers(1, 30), left=st.floats(0, 180))
def test_without_one_it_is_full_jitter_and_ends_at_the_deadline(attempt, left):
    wait = Wait(HandClock.new().deadline(left))

    seconds = wait(outcome(Again(received=False), attempt))

    assert 0 <= seconds <= min(2 ** (attempt - 1), 60, left + 1e-6)  # a clock counts microseconds


def test_a_wait_beyond_the_deadline_ends_it_at_once():
    stop = Stop(HandClock.new().deadline(180), RetryBudget())

    assert stop(outcome(Again(received=False, wait=180.5), 1))
    assert stop(outcome(Again(received=False, wait=float("inf")), 1))
    assert not stop(outcome(Again(received=False, wait=179.5), 1))


def test_the_deadline_and_an_empty_budget_end_it():
    clock = HandClock.new()
    assert stop_with(clock, RetryBudget(free=0))
    assert not stop_with(clock, RetryBudget(free=1))
    assert stop_with(clock, RetryBudget(free=1), after=180)


def stop_with(clock: HandClock, budget: RetryBudget, after: float = 0) -> bool:
    stop = Stop(clock.deadline(180), budget)
    clock.sleep(after)
    return stop(outcome(Again(received=False), 1))
