"""A known cause: a pure judgement over facts, what proves it, what is to be done, which symptoms it explains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from graphmail.diagnosis.facts import Facts
from graphmail.diagnosis.seen import Seen
from graphmail.diagnosis.symptom import Symptom

ALL = frozenset(Symptom)
NO_LARGE = ALL - {Symptom.LARGE}


class Certainty(IntEnum):
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Proof:
    """That a cause holds: how certain that is, what was found, and the calls that show it.

    `next_step` is said instead of the cause's own where more is known.
    """

    certainty: Certainty
    found: str
    calls: tuple[Seen[Any], ...]
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """`healthy` is the claim that the cause disproves; `signs` say in words what proves it; both for people.

    `judge` raises NotRead where it cannot tell. `passing`: it may end by itself, so looking again makes sense.
    """

    name: str
    title: str
    healthy: str
    signs: str
    next_step: str
    explains: frozenset[Symptom]
    judge: Callable[[Facts], Proof | None]
    passing: bool = False
