"""Creating what has a key, in a directory that answers late, twice, or not at all.

A create can be answered with an error and have succeeded, and an object just made can be missing from the next read.
So: create, and whatever the answer, look by the key; create again only after several agreeing looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from graphmail.clock import Clock, poll
from graphmail.errors import OutcomeUnknown, ServiceFailure

F = TypeVar("F")

PATIENCE = 180.0  # seconds; replication is told to take up to two minutes
# Seconds between looks before a create of unknown outcome is repeated: together longer than replication's two minutes.
AGREEING = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0)


def create_keyed(
    clock: Clock,
    what: str,
    create: Callable[[], object],
    find: Callable[[], F | None],
    *,
    exists: Callable[[ServiceFailure], bool] = lambda error: False,
    early: Callable[[ServiceFailure], bool] = lambda error: False,
) -> F:
    """The object, created and readable by its key.

    `exists` recognises the answer "it is there already", `early` the answer "what it refers to is not there yet".
    Raises DeadlineExceeded and whatever `create` raises.
    """
    deadline = clock.deadline(PATIENCE)
    repeated = False
    while True:
        try:
            create()
        except OutcomeUnknown as unknown:
            if unknown.retry_after > PATIENCE:
                raise
            clock.sleep(unknown.retry_after)
            seen = _look(clock, find)
            if seen is not None:
                return seen
            if repeated:
                raise
            repeated = True
            continue
        except ServiceFailure as error:
            if early(error) and not deadline.expired:
                clock.sleep(5)
                continue
            if not exists(error):
                raise
        return poll(clock, find, PATIENCE, f"{what} to be readable after it was created")


def find_again(clock: Clock, find: Callable[[], F | None]) -> F | None:
    """What must be there and one read did not show: None only after several agreeing looks."""
    return _look(clock, find)


def _look(clock: Clock, find: Callable[[], F | None]) -> F | None:
    for pause in AGREEING:
        clock.sleep(pause)
        seen = find()
        if seen is not None:
            return seen
    return None
