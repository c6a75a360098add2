"""Reads an inventory, and tells every mistake in it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from graphmail.customers import rules
from graphmail.customers.allowed import is_section, kind_at, listed, names, nearest, words
from graphmail.customers.document import Document, Source
from graphmail.customers.errors import InventoryError, Mistake, NoInventory, Place, shown
from graphmail.customers.schema import IDENTITY, Customer, Inventory
from graphmail.customers.values import CustomerName

_TOP = ("operators", "defaults", "evidence", "customers")
_SOUNDS_SECRET = re.compile(r"secret|password|token|private|passphrase", re.IGNORECASE)
_PROBLEMS = {
    "missing": "is missing",
    "too_short": "is empty",
    "literal_error": "is none of the allowed values",
    "extra_forbidden": "there is no such field",
}


def load(path: Path | str) -> Inventory:
    """The inventory in that file. Contacts nothing and reads nothing else but the logos it names.

    Raises InventoryError with every mistake; NoInventory, which is one, where there is no such file.
    """
    absolute = Path(path).absolute()
    if not absolute.exists():
        raise NoInventory(absolute)
    return read(Document(absolute))


def read(document: Source) -> Inventory:
    """The inventory that a source of fields holds. Raises InventoryError."""
    return _Reader(document).inventory()


class _Reader:
    def __init__(self, document: Source) -> None:
        self.path = document.path
        self.document = document
        self.mistakes: dict[tuple[Path, int, str], Mistake] = {}

    def inventory(self) -> Inventory:
        entries, found = self._entries(), None
        operators = self._top("operators") or []
        known = [key for key in operators if isinstance(key, str)] if isinstance(operators, list) else []
        customers: Any = entries and {
            name: {**entry, "name": name, "operators": known} if isinstance(entry, dict) else entry
            for name, entry in entries.items()
        }
        given = {"path": self.path, "operators": operators, "customers": customers}
        given |= {"evidence": self._top("evidence")} if self._top("evidence") is not None else {}
        try:
            found = Inventory.model_validate(given, context={"inventory": self.path})
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                self._refused(detail)
        self._rules([rules.Entry(name, entry) for name, entry in (entries or {}).items() if isinstance(entry, dict)])
        mistakes = [*self.document.mistakes, *self.mistakes.values()]
        if mistakes or found is None:
            raise InventoryError(mistakes)
        return found

    def _top(self, name: str) -> Any:
        return self.document.data.get(name) if isinstance(self.document.data, dict) else None

    def _entries(self) -> dict[str, Any] | None:
        """The customers' entries with the defaults merged in; None when there is no mapping of customers."""
        if not isinstance(self.document.data, dict):
            raise InventoryError([Mistake.at(self.path, 1, (), "the file holds no mapping", allowed=listed(_TOP))])
        for key in self.document.data:
            if key not in _TOP:
                self._add((key,), f"there is no such field{nearest(key, _TOP)}", allowed=listed(_TOP))
        defaults = self._defaults()
        customers = self._top("customers")
        if not isinstance(customers, dict) or not customers:
            self._add(("customers",), "holds no customer", allowed="a mapping of name to entry")
            return None
        for name, entry in customers.items():
            for field in ("name", "operators"):
                if isinstance(entry, dict) and field in entry:
                    self._no_such_field(("customers", name, field))
        return {
            name: _merged(defaults, entry) if isinstance(entry, dict) else entry for name, entry in customers.items()
        }

    def _defaults(self) -> dict[str, Any]:
        defaults = self._top("defaults") or {}
        if not isinstance(defaults, dict):
            self._add(("defaults",), "is no mapping", allowed=f"a mapping with: {listed(names(Customer))}")
            return {}
        for field in set(defaults) - set(names(Customer)):
            self._no_such_field(("defaults", field))
        for place in IDENTITY:
            if self.document.has(("defaults", *place)):
                self._add(("defaults", *place), "cannot be a default", allowed="only under a customer: it is its own")
        return {name: value for name, value in defaults.items() if name in names(Customer)}

    def _refused(self, detail: ErrorDetails) -> None:
        place = tuple(detail["loc"])
        if place == ("customers",):
            return  # told already, in better words
        if place[-1] == "[key]":
            place = place[:-1]
            self._add(place, "is no name for a customer", shown(str(place[-1])), words(CustomerName))
        elif detail["type"] == "extra_forbidden":
            self._no_such_field(place)
        else:
            problem = str(detail["ctx"]["error"]) if detail["type"] == "value_error" else _PROBLEMS.get(detail["type"])
            allowed = words(kind_at(Inventory, place))
            if detail["type"] == "literal_error":
                problem = (
                    f"{problem}{nearest(self.document.written(self._source(place)), re.findall(r'`(.+?)`', allowed))}"
                )
            self._add(place, problem or "is of the wrong kind", self._found(place), allowed)

    def _no_such_field(self, place: Place) -> None:
        """The value is not shown: what the schema does not know may be a secret."""
        written = str(place[-1])
        section = kind_at(Customer, place[1:-1] if place[0] == "defaults" else place[2:-1])
        choices = names(section) if is_section(section) else []
        hint, allowed = nearest(written, choices), listed(choices)
        if _SOUNDS_SECRET.search(written) and not hint:
            allowed = "no secret stands in an inventory; seal it with `python -m graphmail.credentials seal`"
        self._add(place, f"there is no such field{hint}", allowed=allowed)

    def _rules(self, entries: list[rules.Entry]) -> None:
        for finding in self._findings(entries):
            place = ("customers", finding.customer, *finding.place)
            self._add(place, finding.problem, self._found(place) if finding.place else "", finding.allowed)
        for finding, other in rules.tenants(entries):
            place = ("customers", finding.customer, *finding.place)
            line = self.document.line(self._source(("customers", other, *finding.place)))
            problem = f"{finding.problem}: customer {other} has the same in line {line}"
            self._add(place, problem, self._found(place), finding.allowed)
        real = [entry for entry in entries if entry.text("cloud") in rules.REAL_CLOUDS]
        if real and not self._top("operators"):
            problem = f"is empty, but customer {real[0].name} is in a real cloud"
            self._add(("operators",), problem, allowed="at least one public key, so that what is made can be opened")

    def _findings(self, entries: list[rules.Entry]) -> Iterator[rules.Finding]:
        for entry in entries:
            yield from rules.mailboxes(entry)
            yield from rules.cloud(entry)
            yield from rules.credential(entry)
            yield from rules.handover(entry)
            yield from rules.admin(entry)
        yield from rules.names(entries)

    def _source(self, place: Place) -> Place:
        """Where that value comes from: the customer's own entry, or the defaults."""
        default = ("defaults", *place[2:])
        inherited = place[0] == "customers" and len(place) > 2 and self.document.has(default)
        return default if inherited and not self.document.has(place) else place

    def _found(self, place: Place) -> str:
        return self.document.shown(self._source(place))

    def _add(self, place: Place, problem: str, found: str = "", allowed: str = "") -> None:
        source = self._source(place)
        file, line = self.document.file(source), self.document.line(source)
        mistake = Mistake.at(file, line, source, problem, found, allowed)
        # A wrong default is one mistake, however many customers inherit it; a field's first mistake says enough.
        self.mistakes.setdefault((file, line, f"{mistake.customer} {mistake.field}"), mistake)


def _merged(defaults: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """`entry` over `defaults`: mappings are merged, anything else is replaced."""
    merged = dict(defaults)
    for name, value in entry.items():
        below = merged.get(name)
        merged[name] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
