"""What a customer waits for, on disk between runs."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmail.pending import ROUNDS, Pending, Wait
from graphmail.state import StateFolder

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def pending(tmp_path):
    return Pending(StateFolder(tmp_path / "state", "contoso"))


@pytest.fixture
def path(pending, tmp_path):
    return tmp_path / "state" / "contoso" / "pending.json"


def test_another_process_goes_on_where_this_one_was(pending, tmp_path):
    wait = Wait.begin("the grants to act", "key-1 a@b", NOW, 7200).again(NOW, "the restriction")
    pending.write(wait)

    assert Pending(StateFolder(tmp_path / "state", "contoso")).read() == wait
    assert pending.reason() == "the grants to act, since 2026-01-02 03:04 UTC"


def test_a_customer_that_waits_for_nothing(pending, path):
    assert pending.read() is None
    assert pending.reason() == ""
    pending.clear()
    assert not path.exists()


def test_an_end_is_an_end(pending, path):
    pending.write(Wait.begin("x", "y", NOW, 1))
    pending.clear()

    assert pending.read() is None
    assert list(path.parent.glob("pending*")) == []


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"reason": "x"}', '"text"', '{"since": 1, "until": 2, "next_probe": 3}', "\x00"],
)
def test_a_damaged_file_is_no_wait(pending, path, content):
    pending.write(Wait.begin("x", "y", NOW, 1))
    path.write_text(content)

    assert pending.read() is None
    assert pending.reason() == ""


def test_a_file_with_more_than_we_know_is_no_wait(pending, path):
    pending.write(Wait.begin("x", "y", NOW, 1))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"later": 1}))

    assert pending.read() is None


def test_the_file_is_replaced_at_once_or_not_at_all(pending, path):
    pending.write(Wait.begin("first", "y", NOW, 1))
    first = path.stat().st_ino
    pending.write(Wait.begin("second", "y", NOW, 1))

    assert path.stat().st_ino != first
    assert [file.name for file in path.parent.glob("pending*")] == ["pending.json"]


def test_the_first_look_is_at_once_and_the_next_ones_are_less_and_less_often():
    wait, now, pauses = Wait.begin("x", "y", NOW, 10_000), NOW, []
    assert wait.next_probe == NOW
    for _ in range(len(ROUNDS) + 2):
        wait = wait.again(now, "no")
        pauses.append((wait.next_probe - now).total_seconds())
        now = wait.next_probe

    assert pauses == [*ROUNDS, ROUNDS[-1], ROUNDS[-1]]
    assert wait.rounds == len(pauses)
    assert (wait.since, wait.until) == (NOW, NOW + timedelta(seconds=10_000))


@given(seconds=st.floats(0, 100_000), late=st.lists(st.floats(0, 5000), max_size=40))
def test_the_last_look_is_at_the_deadline_and_none_lies_in_the_past(seconds, late):
    wait, now = Wait.begin("x", "y", NOW, seconds), NOW
    for delay in late:
        now = max(now, wait.next_probe) + timedelta(seconds=delay)
        wait = wait.again(now, "no")
        assert wait.next_probe >= now
        assert wait.next_probe <= max(wait.until, now)
