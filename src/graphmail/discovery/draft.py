"""An inventory entry in the making: its values, why they are so, and what is left to a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Stands where somebody has to decide; no address, id or access model is called so, so a check of the entry fails.
UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Undecided:
    """`field` is the entry's, such as `app.client_id`; `choices` and `proposal` are for people."""

    field: str
    what: str
    choices: str = ""
    proposal: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.text}"

    @property
    def text(self) -> str:
        choices = f". Choices: {self.choices}" if self.choices else ""
        return self.what + choices + (f". Proposed: {self.proposal}" if self.proposal else "")

    def facts(self) -> dict[str, str]:
        return asdict(self)


@dataclass(slots=True)
class Draft:
    """`entry` maps dotted fields to values; `comments` holds what is said beside a field or an item of its list.

    `proposed` has the value that is proposed for a field that is UNDECIDED; `remarks` are (field, what to do about it)
    where nothing has to be decided.
    """

    entry: dict[str, Any] = field(default_factory=dict)
    comments: dict[tuple[str, str], str] = field(default_factory=dict)
    undecided: list[Undecided] = field(default_factory=list)
    proposed: dict[str, str] = field(default_factory=dict)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def decide(self, name: str, value: Any, comment: str = "") -> None:
        self.entry[name] = value
        if comment:
            self.comments[name, ""] = comment

    def leave(self, name: str, what: str, choices: str = "", *, proposal: str = "", listed: bool = False) -> None:
        """Only a person can say; `listed` where the field holds a list, which nothing is proposed for."""
        self.entry[name] = [UNDECIDED] if listed else UNDECIDED
        if proposal:
            self.proposed[name] = proposal
        self.undecided.append(Undecided(name, what, choices, proposal))

    def doubt(self, name: str, what: str, choices: str = "") -> None:
        """To be looked at by a person, whatever the field says."""
        self.undecided.append(Undecided(name, what, choices))

    def remark(self, name: str, what: str) -> None:
        """What to do about it, with nothing to decide."""
        self.remarks.append((name, what))

    def left(self, name: str) -> bool:
        """Whether that field is a person's to fill in."""
        return self.entry.get(name) in (UNDECIDED, [UNDECIDED])
