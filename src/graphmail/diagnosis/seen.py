"""One call, and what came of it: what every judgement is made of, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from graphmail.errors import TenantError

T = TypeVar("T")


class NotRead(Exception):
    """A judgement needs what could not be read; `seen` is the call that failed."""

    def __init__(self, seen: Seen[object]) -> None:
        self.seen = seen
        super().__init__(seen.asked)


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """`asked` and `answer` are one line for a person each; `request_id` is the service's. Nothing secret is in them."""

    asked: str
    answer: str
    got: T | None = None
    error: TenantError | None = None
    request_id: str = ""

    @property
    def value(self) -> T:
        """What was read. Raises NotRead where it could not be."""
        if self.error is not None:
            raise NotRead(self)  # type: ignore[arg-type]
        return self.got  # type: ignore[return-value]

    @property
    def read(self) -> bool:
        return self.error is None

    def __str__(self) -> str:
        return f"{self.asked}: {self.answer}"
