"""What goes over the wire while the facts are gathered: request ids for the proof, and every 429."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphmail.diagnosis.seen import Seen


class Watch:
    """Takes each exchange as the evidence does, and hands it on."""

    def __init__(self, observe: Callable[[dict[str, Any]], None]) -> None:
        self._observe = observe
        self._last = ""
        self.throttled: list[Seen[int]] = []

    def __call__(self, exchange: dict[str, Any]) -> None:
        self._observe(exchange)
        self._last = str(exchange["request_id"] or exchange["client_request_id"])
        if exchange["status"] == 429:
            self.throttled.append(Seen(str(exchange["asked"]), "429", 429, request_id=self._last))

    def last(self) -> str:
        """The request id of the last exchange since this was asked, or nothing."""
        last, self._last = self._last, ""
        return last
