"""What is wrong with an inventory: every mistake at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from graphmail.errors import TenantError

# Where something stands in the file: ("customers", "contoso", "mailboxes", 0).
Place = tuple[str | int, ...]

# Shapes of what must not stand in an inventory but may be pasted there: age identities, PEM keys, Entra secrets.
_SECRET = re.compile(r"AGE-SECRET-KEY-|-----BEGIN|\dQ~", re.IGNORECASE)
_LONGEST = 80


def shown(value: str) -> str:
    """`value` as a message may show it: on one line, short, and not at all if it looks like a secret."""
    if _SECRET.search(value):
        return "(what looks like a secret; not shown)"
    text = ascii(value) if not value.isprintable() else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `customer` is empty for the top level, `field` a path such as `app.logo` or `mailboxes[0]`."""

    file: Path
    line: int
    customer: str
    field: str
    problem: str
    found: str = ""
    allowed: str = ""

    @classmethod
    def at(cls, file: Path, line: int, place: Place, problem: str, found: str = "", allowed: str = "") -> Mistake:
        customer = str(place[1]) if place[:1] == ("customers",) and len(place) > 1 else ""
        field = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in (place[2:] if customer else place))
        return cls(file, line, customer, field.lstrip("."), problem, found, allowed)

    def __str__(self) -> str:
        place = [f"customer {self.customer}"] * bool(self.customer) + [f"field {self.field}"] * bool(self.field)
        parts = [self.problem]
        if self.found:
            parts.append(f"Found: {self.found}")
        if self.allowed:
            parts.append(f"Allowed: {self.allowed}")
        prefix = f"{self.file}:{self.line}: "
        return prefix + (f"{', '.join(place)}: " if place else "") + ". ".join(parts).replace("?. ", "? ")


class InventoryError(TenantError):
    """The inventory cannot be used; nothing was contacted. `mistakes` holds all of them, in the file's order."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda m: (str(m.file), m.line, m.field, m.problem)))
        count = len(self.mistakes)
        super().__init__(
            f"The inventory has {count} mistake{'s' * (count != 1)}; nothing was contacted",
            found="\n".join(f"  {mistake}" for mistake in self.mistakes),
            remedy="correct them; docs/inventory.md lists every field",
        )

    def _text(self) -> str:
        return f"{self.problem}:\n{self.found}\nTo do: {self.remedy}." if self.mistakes else super()._text()


class NoInventory(InventoryError):
    """There is no such file."""

    def __init__(self, path: Path) -> None:
        self.mistakes = ()
        TenantError.__init__(
            self,
            "There is no inventory",
            found=f"no file {path}",
            remedy="cp inventory.example.yml inventory.yml and fill it in (README.md, step 2), or name yours",
        )
