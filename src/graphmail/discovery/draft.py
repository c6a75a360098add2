"""An inventory entry in the making: its values, why they are so, and what is left to a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Stands where somebody has to decide; no address, id or access model is called so, so a check of the entry fails.
UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Undecided:
    """`field` is the entry's, such as `app.client_id`; `choices` are for people."""

    field: str
    what: str
    choices: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.what}" + (f". Choices: {self.choices}" if self.choices else "")

    def facts(self) -> dict[str, str]:
        return asdict(self)


@dataclass(slots=True)
class Draft:
    """`entry` maps dotted fields to values; `comments` holds what is said beside a field or an item of its list."""

    entry: dict[str, Any] = field(default_factory=dict)
    comments: dict[tuple[str, str], str] = field(default_factory=dict)
    undecided: list[Undecided] = field(default_factory=list)

    def decide(self, name: str, value: Any, comment: str = "") -> None:
        self.entry[name] = value
        if comment:
            self.comments[name, ""] = comment

    def leave(self, name: str, what: str, choices: str = "", *, listed: bool = False) -> None:
        """Only a person can say; `listed` where the field holds a list."""
        self.entry[name] = [UNDECIDED] if listed else UNDECIDED
        self.doubt(name, what, choices)

    def doubt(self, name: str, what: str, choices: str = "") -> None:
        """To be looked at by a person, whatever the field says."""
        self.undecided.append(Undecided(name, what, choices))
