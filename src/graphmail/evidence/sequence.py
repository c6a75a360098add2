"""In which order runs began: as the archive's log has them, whatever the clocks of the machines said.

A run's id has the time of its machine. One that is behind would let an older proof stand before a newer one.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.seal.log import LOG

# Sorts runs of one customer, oldest first.
Place = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Sequence:
    """`logged` says whether there is a log; without one a run's id is all there is to go by."""

    logged: bool = False
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path | str) -> Self:
        """Reads the log and believes it; `verify` checks it. Raises EvidenceError where a line of it is none."""
        try:
            lines = (Path(root) / LOG).read_bytes().split(b"\n")
        except FileNotFoundError:
            return cls()
        found: dict[tuple[str, str], int] = {}
        for number, line in enumerate(lines[:-1]):  # behind the last line feed is nothing, or a line being written
            try:
                entry = json.loads(line)
                if entry.get("type") == "opened":
                    found[str(entry["customer"]), str(entry["run_id"])] = number
            except (ValueError, KeyError, AttributeError, RecursionError):
                raise EvidenceError(f"Line {number + 1} of {Path(root) / LOG} is no entry") from None
        return cls(True, found)

    def place(self, customer: str, run_id: str) -> Place:
        """A run that the log does not know stands last, so that whoever asks for later ones finds it."""
        return self.numbers.get((customer, run_id), math.inf), run_id

    def knows(self, customer: str, run_id: str) -> bool:
        """Whether the log has it; True where there is no log."""
        return not self.logged or (customer, run_id) in self.numbers
