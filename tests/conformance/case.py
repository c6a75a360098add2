"""A case: one documented or reported behaviour of the real service, and how to see whether it is so.

A case does its steps at a `Target` and answers what it observed, as JSON. It holds when that equals `expected`, in
which a `Like` stands for any text that it matches. The same case runs against the sandbox and against Microsoft.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conformance.target import Target


class Standing(StrEnum):
    """How well a behaviour is known before anybody runs the case against Microsoft."""

    DOCUMENTED = "documented"  # a page of Microsoft's says so
    OBSERVED = "observed"  # seen by others in public, on no page of Microsoft's
    UNVERIFIED = "unverified"  # a possibility that code here depends on or is tolerant of


@dataclass(frozen=True, slots=True)
class Like:
    """Any text in which the pattern is found."""

    pattern: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.search(self.pattern, other) is not None

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"like {self.pattern!r}"


@dataclass(frozen=True, slots=True)
class Case:
    """`name` is the function's; `claim` its docstring's first line."""

    area: str  # entra, directory, exchange, access, mail
    run: Callable[[Target], Any]
    expected: Any
    source: str  # a page, or the issue or repository where it was seen
    standing: Standing
    slow: bool = False  # at a real tenant more than about ten minutes, most of them waiting

    @property
    def name(self) -> str:
        return self.run.__name__

    @property
    def claim(self) -> str:
        return (self.run.__doc__ or "").strip().split("\n")[0]


@dataclass(slots=True)
class Cases:
    """The cases of one area, in the order they are written."""

    area: str
    found: list[Case] = field(default_factory=list)

    def __call__(
        self, expected: Any, *, source: str, standing: Standing = Standing.DOCUMENTED, slow: bool = False,
    ) -> Callable[[Callable[[Target], Any]], Callable[[Target], Any]]:  # fmt: skip
        def register(run: Callable[[Target], Any]) -> Callable[[Target], Any]:
            self.found.append(Case(self.area, run, expected, source, standing, slow))
            return run

        return register


def shown(expected: Any) -> Any:
    """Return `expected` as JSON can hold it."""
    if isinstance(expected, Like):
        return str(expected)
    if isinstance(expected, dict):
        return {name: shown(value) for name, value in expected.items()}
    if isinstance(expected, list | tuple):
        return [shown(value) for value in expected]
    return expected
