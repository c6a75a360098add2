"""A port that a drill shut is open again when its time is over, whatever the timer that looks thinks of time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import cast

from graphmail.sandbox.clock import VirtualClock
from graphmail.sandbox.doors import Doors


class Listening:
    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()

    def stop_listening(self) -> None:
        self.open.clear()

    async def listen_again(self) -> None:
        self.open.set()


class Slow:
    """A clock behind the loop's: whatever timer is set by it goes off early."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(asyncio.get_running_loop().time() * 0.5, UTC)


def test_port_opens_though_the_timer_goes_off_early():
    async def shut_and_wait() -> bool:
        graph = Listening()
        doors = Doors({"graph": graph})
        doors.shut("graph", cast("VirtualClock", Slow()), 0.01)
        assert not graph.open.is_set()
        return await asyncio.wait_for(graph.open.wait(), 10)

    assert asyncio.run(shut_and_wait())


def test_port_that_is_shut_for_longer_meanwhile_stays_shut():
    async def shut_twice() -> tuple[bool, bool]:
        graph, clock = Listening(), VirtualClock()
        doors = Doors({"graph": graph})
        doors.shut("graph", clock, 0.01)
        doors.shut("graph", clock, 600)
        clock.advance(599)
        await doors.reopen()
        before = graph.open.is_set()
        clock.advance(2)
        await doors.reopen()
        return before, graph.open.is_set()

    assert asyncio.run(shut_twice()) == (False, True)
