"""What some modules find for each customer, told once for all of them: a table for people, and JSON.

The callback hears every result, also of customers that failed, whatever the strategy.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabulate import tabulate

from graphmail.printable import visible

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` names the file; `list` is the result's list of findings, of which `columns` stand in the table.

    What the result says as a whole stands in column `says`, on a customer's first line, where no finding fills it.
    """

    name: str
    list: str
    columns: tuple[str, ...]
    says: str


# By the module whose results they are of.
KINDS = {
    "tenant_info": Kind("preflight", "obstacles", ("area", "stops", "problem", "found", "remedy"), "problem"),
    "customer_absence_info": Kind("offboard", "checks", ("name", "verdict", "observed"), "observed"),
    "customer_drift_info": Kind("drift", "differences", ("area", "what", "expected", "found"), "what"),
    "credential_rotation": Kind("rotate", "credentials", ("key_id", "kind", "expires", "standing", "why"), "why"),
    "customer_discovery_info": Kind("discover", "undecided", ("field", "what", "choices"), "what"),
}

# A cell wider than this is wrapped; a GUID, which somebody copies, never is.
WIDTH = 46
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):[\d.:+]+")


@dataclass(slots=True)
class FleetTable:
    """One kind of finding over all customers of a play."""

    kind: Kind
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hear(self, customer: str, told: Mapping[str, Any]) -> None:
        """A result of the module; one without a status did not get as far as to find anything."""
        kept = {name: told[name] for name in ("status", self.kind.list, "requests", "msg") if name in told}
        self.customers[customer] = {"status": "unknown", self.kind.list: []} | kept

    def to_json(self, about: Mapping[str, Any]) -> str:
        return json.dumps({"schema": SCHEMA, **about, "customers": self.customers}, indent=2, sort_keys=True) + "\n"

    def to_text(self) -> str:
        columns = self.kind.columns
        rows = []
        for customer, told in sorted(self.customers.items()):
            says = {self.kind.says: told.get("msg", "")}
            first, *others = told[self.kind.list] or [{}]
            rows.append([customer, told["status"], *(_cell((says | first).get(name, "")) for name in columns)])
            rows += [["", "", *(_cell(item.get(name, "")) for name in columns)] for item in others]
        widths = [20, *(WIDTH,) * (1 + len(columns))]
        return tabulate(rows, headers=["customer", "status", *columns], tablefmt="simple", maxcolwidths=widths)


def _cell(value: Any) -> str:
    """A time to the minute, in UTC as all times here; JSON has it whole."""
    return _TIME.sub(r"\1 \2", visible(str(value)))


class FleetTables:
    """Collects while a play runs; `tell` shows and writes what came together, and begins anew."""

    def __init__(self) -> None:
        self._tables: dict[str, FleetTable] = {}

    def hear(self, module: str, customer: str, told: Mapping[str, Any]) -> None:
        kind = KINDS.get(module)
        if kind:
            self._tables.setdefault(kind.name, FleetTable(kind)).hear(customer, told)

    def tell(self, say: Callable[[str], None], file: Callable[[str], Path], about: Mapping[str, Any]) -> None:
        """`file` says where the data of a kind go. Raises OSError, when all was said."""
        tables, self._tables = self._tables, {}
        for name, table in tables.items():
            say(f"\n{table.to_text()}\n")
            path = file(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}.{os.getpid()}")
            new.write_text(table.to_json(about), encoding="utf-8")
            new.replace(path)
            say(f"{name}  {path}")
