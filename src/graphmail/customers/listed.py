"""Customers from a list: one row each, columns named as the inventory's fields are, with dots.

The rows are checked by the very rules of the inventory, and a mistake is told with the list's line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml

from graphmail.customers.allowed import annotated, bare, is_section, listed, nearest, words
from graphmail.customers.document import Document
from graphmail.customers.errors import InventoryError, Mistake, NoInventory, Place, shown
from graphmail.customers.loader import read
from graphmail.customers.schema import Customer

NAME = "customer"
# A public key of ssh has spaces in it; nothing else in a list has.
_KEYS = "handover.recipients"
_SEPARATORS = re.compile(r"[\s,;|]+")
_KEY_SEPARATORS = re.compile(r"[,;|\n]+")
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def columns() -> dict[str, Any]:
    """Column -> the kind of value: every field of a customer's entry, `group.address` for `address` below `group`."""
    return dict(_columns(Customer, ""))


def _columns(section: Any, above: str) -> Iterator[tuple[str, Any]]:
    for name, field in section.model_fields.items():
        kind = bare(annotated(field))
        if field.exclude:
            continue
        if is_section(kind):
            yield from _columns(kind, f"{above}{name}.")
        else:
            yield f"{above}{name}", kind


def explained() -> str:
    """What a list looks like, for `--help`."""
    lines = [
        "The first line names the columns, in any order; comma, semicolon or tab between them, UTF-8.",
        "An empty cell leaves the field out. Several values in a cell stand apart by spaces, commas, semicolons",
        "or bars; public keys by anything but spaces. Columns:",
        "",
        f"  {NAME}: the customer's name; required",
    ]
    return "\n".join([*lines, *(f"  {name}: {words(kind)}" for name, kind in columns().items())])


class Rows:
    """A list as a source of fields, beside the inventory it shall go into, if there is one.

    Raises InventoryError when either file cannot be read, and when the inventory has mistakes of its own.
    """

    def __init__(self, path: Path, inventory: Path | None = None) -> None:
        self.list = path.absolute()
        self.mistakes: list[Mistake] = []
        self._base = _document(inventory) if inventory else None
        self.path = self._base.path if self._base else self.list
        self.entries: dict[str, dict[str, Any]] = {}
        self._lines: dict[str, int] = {}
        self._written: dict[tuple[str, str], str] = {}
        for line, row in self._rows():
            self._take(line, row)
        data: dict[str, Any] = dict(self._base.data or {}) if self._base else {}
        there = data.get("customers") or {}
        for name in self.entries.keys() & there.keys():
            line = self._lines.pop(name)
            self._wrong(line, NAME, "is in the inventory already", shown(name), "a name of its own")
            del self.entries[name]
        self.data: Any = {**data, "customers": {**there, **self.entries}}

    # The source that the loader reads

    def file(self, place: Place) -> Path:
        return self.list if self._own(place) else self.path

    def line(self, place: Place) -> int:
        if self._own(place):
            return self._lines[str(place[1])]
        return self._base.line(place) if self._base else 1

    def has(self, place: Place) -> bool:
        if not self._own(place):
            return bool(self._base and self._base.has(place))
        found: Any = self.entries
        for step in place[1:]:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return False
        return True

    def written(self, place: Place) -> str:
        if not self._own(place):
            return self._base.written(place) if self._base else ""
        column = ".".join(str(step) for step in place[2:] if not isinstance(step, int))
        return self._written.get((str(place[1]), column), "")

    def shown(self, place: Place) -> str:
        if not self._own(place):
            return self._base.shown(place) if self._base else ""
        written = self.written(place)
        return shown(written) if written else ""

    def _own(self, place: Place) -> bool:
        return place[:1] == ("customers",) and len(place) > 1 and place[1] in self._lines

    # The list

    def _rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Line and cells by column; only columns that exist, no row that is empty."""
        text = _text(self.list)
        head = text.partition("\n")[0]
        delimiter = max("\t;,", key=head.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        known = columns()
        names: list[str] = []
        line = 1
        try:
            for cells in reader:
                if not names:
                    names = [cell.strip().lower() for cell in cells]
                    self._head(names, known)
                elif any(cell.strip() for cell in cells):
                    if len(cells) > len(names):
                        problem = f"has {len(cells)} cells, and there are {len(names)} columns"
                        self._wrong(line, "", f"the row {problem}", allowed="a value with the separator in quotes")
                    row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
                    yield line, {name: cell for name, cell in row.items() if name in known or name == NAME}
                line = reader.line_num + 1
        except csv.Error as error:
            self._wrong(line, "", f"this is not CSV: {error}")
        if not names:
            self._wrong(1, "", "the list is empty", allowed=f"a line of column names: {NAME}, tenant_id, …")

    def _head(self, names: list[str], known: dict[str, Any]) -> None:
        if NAME not in names:
            self._wrong(1, NAME, "there is no such column", allowed=f"{NAME}, which holds the names")
        for number, name in enumerate(names):
            if name in names[:number]:
                self._wrong(1, name, "the column stands twice", allowed="each column once")
            elif name not in known and name != NAME:
                allowed = listed([NAME, *known])
                self._wrong(1, name, f"there is no such column{nearest(name, known)}", allowed=allowed)

    def _take(self, line: int, row: dict[str, str]) -> None:
        name = row.pop(NAME, "")
        if not name:
            self._wrong(line, NAME, "is missing", allowed="a name for each row")
        elif name in self._lines:
            problem = f"stands twice; the first one is in line {self._lines[name]}"
            self._wrong(line, NAME, problem, shown(name), "each customer once")
        else:
            self._lines[name] = line
            self.entries[name] = self._entry(name, row)

    def _entry(self, name: str, row: dict[str, str]) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        known = columns()
        for column in known:
            if not (cell := row.get(column, "")):
                continue
            self._written[name, column] = cell
            section = entry
            *above, last = column.split(".")
            for step in above:
                section = section.setdefault(step, {})
            section[last] = _value(column, known[column], cell)
        return entry

    def _wrong(self, line: int, column: str, problem: str, found: str = "", allowed: str = "") -> None:
        self.mistakes.append(Mistake(self.list, line, "", column, problem, found, allowed))


def entries_of(path: Path, inventory: Path | None = None) -> str:
    """The list's customers as YAML, to stand in an inventory. Raises InventoryError with every mistake.

    With `inventory` they are checked beside its customers, and may leave to its defaults what stands there.
    """
    rows = Rows(path, inventory)
    try:
        read(rows)
    except InventoryError as error:
        # Whose public keys things are sealed to stands in the inventory, which is not known here.
        wrong = [mistake for mistake in error.mistakes if inventory or mistake.field != "operators"]
        told = {mistake.line for mistake in rows.mistakes if not mistake.customer}
        wrong = [m for m in wrong if not (m.field == "customers" and told)]
        if wrong:
            raise InventoryError(wrong) from None
    return yaml.safe_dump({"customers": rows.entries}, sort_keys=False, allow_unicode=True, width=1000)


def _value(column: str, kind: Any, cell: str) -> Any:
    origin = get_origin(kind)
    if any(get_origin(part) is list for part in (kind, *get_args(kind))) or origin is list:
        separators = _KEY_SEPARATORS if column == _KEYS else _SEPARATORS
        return [part.strip() for part in separators.split(cell) if part.strip()]
    if kind is bool:
        return _TRUTH.get(cell.lower(), cell)
    return cell


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
        raise InventoryError([Mistake(path, 1, "", "", problem)]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = "the file is not UTF-8"
        raise InventoryError([Mistake(path, line, "", "", problem, allowed="save it as CSV UTF-8")]) from None


def _document(inventory: Path) -> Document:
    absolute = inventory.absolute()
    if not absolute.exists():
        raise NoInventory(absolute)
    document = Document(absolute)
    read(document)
    return document
