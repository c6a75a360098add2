"""Reads made ahead, in batches, and shared by a run's tasks.

A read made ahead may confirm that nothing is to be done; nothing is ever written because of one: whoever finds
something to change drops them and reads again. Every write drops them too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graphmail.run_cache import RunCache


class Reads:
    """Answers by request, of one customer. Without a run's cache it keeps nothing.

    By customer and not by tenant: two customers of one tenant run side by side, and one's write would not drop what the
    other read a moment before.
    """

    def __init__(self, cache: RunCache | None, customer: str, before_write: Callable[[], None] = lambda: None) -> None:
        """`before_write` is called ahead of every write of this client."""
        self._cache = cache
        self._before_write = before_write
        self._name = f"reads|{customer}"
        self.used = False

    def get(self, request: str) -> Any | None:
        """The answer to that request, or None if it was not read ahead."""
        kept = self._all().get(request)
        if kept is not None:
            self.used = True
        return kept

    def put(self, answers: dict[str, Any]) -> None:
        if self._cache:
            self._cache.put(self._name, json.dumps(self._all() | answers).encode())

    def about_to_write(self) -> None:
        """Called by the clients before they send a write."""
        self._before_write()
        self.drop()

    def drop(self) -> None:
        self.used = False
        if self._cache:
            self._cache.drop(self._name)

    def _all(self) -> dict[str, Any]:
        kept = self._cache.get(self._name) if self._cache else None
        return dict(json.loads(kept)) if kept else {}
