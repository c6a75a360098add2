"""What one proof found, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphmail.evidence import Check
from graphmail.mailflow import pictures

if TYPE_CHECKING:
    from IPython.display import Image


@dataclass(frozen=True, slots=True, repr=False)
class Findings:
    """Shows as a table; `plot` draws what there is to see."""

    checks: list[Check]
    draw: Callable[[], Image] | None = None

    def __repr__(self) -> str:
        return "\n".join(f"{check.verdict.upper():8}{check.claim}: {check.observed}" for check in self.checks)

    def _repr_html_(self) -> str:
        return pictures.check_table(self.checks)

    def plot(self) -> Image | None:
        """The picture, or nothing if there is none for this proof."""
        return self.draw() if self.draw else None
