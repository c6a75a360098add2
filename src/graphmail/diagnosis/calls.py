"""The calls that were made, as a notebook shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tabulate import tabulate

from graphmail.diagnosis.seen import Seen


@dataclass(frozen=True, slots=True, repr=False)
class Calls:
    made: tuple[Seen[Any], ...]

    def __repr__(self) -> str:
        return "\n".join(map(str, self.made))

    def _repr_html_(self) -> str:
        """Escaped by tabulate."""
        rows = [["read" if seen.read else "FAILED", seen.asked, seen.answer, seen.request_id] for seen in self.made]
        head = ["", "asked", "answered", "request id"]
        return str(tabulate(rows, head, tablefmt="html", disable_numparse=True))
