"""A bounded piece of a long list, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

ROWS = 200


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`rows` are those after the first `skip`; `total` counts all."""

    rows: Sequence[Any]
    total: int
    skip: int

    @classmethod
    def of(cls, entries: Sequence[Any], request: Request) -> Excerpt:
        """Return the page that `?skip=` names, of entries that are oldest first."""
        asked = request.query_params.get("skip", "")
        skip = min(int(asked), len(entries)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
        end = len(entries) - skip
        return cls(entries[max(0, end - ROWS) : end][::-1], len(entries), skip)

    @property
    def older(self) -> int | None:
        return self.skip + ROWS if self.skip + ROWS < self.total else None

    @property
    def newer(self) -> int | None:
        return max(0, self.skip - ROWS) if self.skip else None
