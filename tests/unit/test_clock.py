import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmail.clock import STEPS, SandboxClock, SystemClock, poll
from graphmail.errors import DeadlineExceeded, Unreachable
from tests.sandbox_process import FABRIKAM
from tests.unit.conftest import HandClock


class TestDeadline:
    def test_ends_when_the_time_is_over(self):
        clock = HandClock.new()
        deadline = clock.deadline(10)

        clock.sleep(9.5)
        assert (deadline.remaining, deadline.expired) == (0.5, False)
        clock.sleep(0.5)
        assert (deadline.remaining, deadline.expired) == (0.0, True)
        clock.sleep(100)
        assert deadline.remaining == 0.0
        assert deadline.seconds == 10


class TestPoll:
    def test_what_is_there_at_once_costs_no_time(self):
        clock = HandClock.new()

        assert poll(clock, lambda: 0, 60, "nothing") == 0
        assert clock.slept == []

    def test_looks_less_and_less_often(self):
        clock = HandClock.new()
        looks = iter([None] * 9 + ["there"])

        assert poll(clock, lambda: next(looks), 1000, "it") == "there"
        assert clock.slept == [*STEPS, 60.0, 60.0]

    def test_says_what_was_waited_for_how_long_and_how_to_go_on(self):
        with pytest.raises(DeadlineExceeded) as caught:
            poll(HandClock.new(), lambda: None, 90, "the moon to rise")

        assert str(caught.value) == (
            "Waited 90 s for the moon to rise. Found: not there yet. "
            "To do: run the same playbook again; it goes on from here."
        )

    @given(seconds=st.floats(0, 5000))
    def test_looks_a_last_time_exactly_at_the_deadline(self, seconds):
        clock = HandClock.new()
        began, looks = clock.now(), []

        with pytest.raises(DeadlineExceeded):
            poll(clock, lambda: looks.append(clock.now()), seconds, "it")

        assert abs((looks[-1] - began).total_seconds() - seconds) < 0.001


def test_the_systems_clock_is_aware_and_sleeps():
    clock = SystemClock()
    began, monotonic = clock.now(), time.monotonic()

    clock.sleep(0.02)
    clock.sleep(-1)

    assert began.tzinfo is UTC
    assert time.monotonic() - monotonic >= 0.02


class TestSandboxClock:
    def test_hours_pass_in_no_time(self, contoso):
        began, real = contoso.clock.now(), time.monotonic()

        contoso.clock.sleep(7200)

        assert timedelta(hours=2) <= contoso.clock.now() - began < timedelta(hours=2, minutes=1)
        assert time.monotonic() - real < 60

    def test_is_the_tenants_own_and_no_other_tenants(self, operator, contoso):
        contoso.clock.sleep(3600)
        other = operator.tenant("fabrikam")

        assert contoso.clock.now() - other.clock.now() > timedelta(minutes=59)
        assert datetime.fromisoformat(operator.sandbox.now(FABRIKAM)) - other.clock.now() < timedelta(seconds=30)

    def test_the_next_task_sees_what_a_worker_slept(self, operator, contoso):
        began = contoso.clock.now()
        child = os.fork()
        if child == 0:
            contoso.clock.sleep(3600)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0

        assert operator.tenant().clock.now() - began >= timedelta(hours=1)

    def test_asks_the_sandbox_once_for_many_looks(self):
        asked = []
        clock = SandboxClock(lambda seconds: asked.append(seconds) or 60.0)

        first, second = clock.now(), clock.now()

        assert asked == [0]
        assert second - first < timedelta(seconds=5)

    def test_no_sandbox_is_a_plain_error(self, operator):
        stranger = operator.tenant(tenant_id="5a4d0000-0000-4000-8000-00000000ffff")

        with pytest.raises(Unreachable, match="does not tell the time of tenant 5a4d0000-0000-4000-8000-00000000ffff"):
            stranger.clock.now()
