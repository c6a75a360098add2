"""A run that dies: at which request, before it is sent or after it was answered; in this process, or a real process.

    killer = Killer(monkeypatch)
    points = killer.points_of(lambda: customer.play("onboard.yml"))
    killer.kill(points[17], lambda: other.play("onboard.yml"))
    assert other.play("onboard.yml") == ""

With `disk` it dies at writes too: with half a line in the journal, or before and after a sealed file takes its place.
In this process a run dies by an exception that nothing of ours catches; its cleaning up in `finally` still runs, which
a real kill does not do. `tests/killed_process.py` has the real one, slower.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest

from graphmail.journal import Journal
from graphmail.retry import Operation
from graphmail.transport import Transport

T = TypeVar("T")
LONGEST = 400  # requests of one run; more is a circle
# `make test` kills at some points; GRAPHMAIL_KILLS=all at every one, which takes the better part of an hour, and
# GRAPHMAIL_KILLS=2/4 at the second of every four, so that several can share them.
WHICH = os.environ.get("GRAPHMAIL_KILLS", "")
ALL = bool(WHICH)
PART, PARTS = map(int, WHICH.split("/")) if "/" in WHICH else (1, 1)


class Killed(BaseException):
    """Nothing of ours catches it."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a run dies: at the `nth` of its requests that ask this, counted from 1.

    Not at a number among all: how often a run looks whether something is there yet is another each time.
    """

    asked: str
    nth: int
    after: bool
    operation: Operation

    @property
    def writes(self) -> bool:
        return self.operation is not Operation.READ

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.asked}, number {self.nth}"


class Killer:
    """Counts the requests of our client in this process, and strikes at one of them. Tokens are requests too."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, disk: bool = False) -> None:
        self.kills = 0
        self._sent: list[tuple[str, Operation]] = []
        self._strikes: Callable[[str], bool] = lambda asked: False
        self._after = False
        send = Transport.send

        def killed(transport: Transport, request: Any, operation: Operation, **options: Any) -> Any:
            return self._passed(request.asked, operation, lambda: send(transport, request, operation, **options))

        monkeypatch.setattr(Transport, "send", killed)
        if disk:
            self._at_writes(monkeypatch)

    def _at_writes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        append, replace = Journal._write, Path.replace

        def appended(journal: Journal, line: bytes, *, new: bool) -> None:
            entry = json.loads(line.splitlines()[-1])
            asked = f"journal {entry['kind']} {entry.get('action') or entry.get('result')}"
            half = line[: len(line) // 2]
            self._passed(
                asked,
                Operation.SEND,
                lambda: append(journal, line, new=new),
                lambda: append(journal, half, new=new),
            )

        def replaced(path: Path, target: Path) -> Any:
            if Path(target).suffix != ".age":
                return replace(path, target)
            asked = f"sealed file into {Path(target).parent.name}"
            return self._passed(asked, Operation.SEND, lambda: replace(path, target))

        monkeypatch.setattr(Journal, "_write", appended)
        monkeypatch.setattr(Path, "replace", replaced)

    def _passed(
        self, asked: str, operation: Operation, do: Callable[[], T], half: Callable[[], object] | None = None
    ) -> T:
        """Do it, unless the run dies before it, with it `half` done, or after it."""
        self._sent.append((asked, operation))
        strikes = self._strikes(asked)
        self.kills += strikes
        if strikes and not self._after:
            if half:
                half()
            raise Killed
        done = do()
        if strikes:
            raise Killed
        return done

    def points_of(self, call: Callable[[], object]) -> list[Point]:
        """Everywhere that this call could have died; it is not killed."""
        self._spare()
        call()
        nth: Counter[str] = Counter()
        points = []
        for asked, operation in self._sent:
            nth[asked] += 1
            points += [Point(asked, nth[asked], after, operation) for after in (False, True)]
        return points

    def kill(self, point: Point, call: Callable[[], object]) -> None:
        """Dies at that point; or lives, where it did not look so often this time."""
        self._aim(lambda asked: asked == point.asked and self._asked(asked) == point.nth, after=point.after)
        try:
            call()
        except Killed:
            return
        finally:
            self._spare()
        assert not point.writes, "it was never asked"

    def survived(self, call: Callable[[], T], *, after: bool) -> T:
        """What the call says at last: killed at its first request, when it is called again at its second, and so on."""
        for number in range(1, LONGEST):
            self._aim(lambda asked, number=number: len(self._sent) == number, after=after)
            try:
                return call()
            except Killed:
                continue
            finally:
                self._spare()
        raise AssertionError(f"still killed at request {LONGEST}")

    def _asked(self, asked: str) -> int:
        return sum(sent == asked for sent, _operation in self._sent)

    def _aim(self, strikes: Callable[[str], bool], *, after: bool) -> None:
        self._strikes, self._after = strikes, after
        self._sent.clear()

    def _spare(self) -> None:
        self._aim(lambda asked: False, after=False)


def chosen(points: Sequence[Point], writes: int = 4, others: int = 1) -> list[Point]:
    """All with GRAPHMAIL_KILLS=all. Else the same few each time: after one-shots, after writes, and others."""
    if ALL:
        return shared(points)
    dice = Random(7)
    once = [point for point in points if point.after and point.operation is Operation.ONE_SHOT]
    after_writes = [point for point in points if point.after and point.writes and point not in once]
    rest = [point for point in points if not (point.after and point.writes)]
    return [*once, *dice.sample(after_writes, min(writes, len(after_writes))), *dice.sample(rest, others)]


def shared(points: Sequence[T]) -> list[T]:
    """Those of them that this process shall kill at."""
    share = list(points[PART - 1 :: PARTS])
    print(f"killed at {len(share)} of {len(points)} points")
    return share


@contextmanager
def told(point: object) -> Iterator[None]:
    """Says of a failure in a loop over points at which it came."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"killed {point}")
        raise
