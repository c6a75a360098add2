"""What some modules find for each customer, told once for all of them: a table for people, and JSON.

The callback hears every result, also of customers that failed, whatever the strategy.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabulate import tabulate

from graphmail.printable import visible

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` names the file; `list` is the result's list of findings, of which `columns` stand in the table."""

    name: str
    list: str
    columns: tuple[str, ...]
    fine: str  # the status that is no finding


# By the module whose results they are of.
KINDS = {
    "tenant_info": Kind("preflight", "obstacles", ("area", "stops", "problem", "found", "remedy"), "ready"),
    "customer_absence_info": Kind("offboard", "checks", ("name", "verdict", "observed"), ""),
    "customer_drift_info": Kind("drift", "differences", ("area", "what", "expected", "found"), "none"),
    "credential_rotation": Kind("rotate", "credentials", ("key_id", "kind", "expires", "standing"), "nothing"),
    "customer_discovery_info": Kind("discover", "undecided", ("field", "what", "choices"), "complete"),
}


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
        rows = []
        for customer, told in sorted(self.customers.items()):
            found = [[visible(str(item.get(c, ""))) for c in self.kind.columns] for item in told[self.kind.list]]
            if not found:
                said = visible(str(told.get("msg", "")))
                found = [["" if told["status"] == self.kind.fine else told["status"], said or told["status"]]]
            rows += [[customer if number == 0 else "", *line] for number, line in enumerate(found)]
        # A customer without findings has two cells; tabulate wants a width for each that there is.
        rows = [[*row, *[""] * (1 + len(self.kind.columns) - len(row))] for row in rows]
        widths = [20, 22, *(46,) * (len(self.kind.columns) - 1)]
        return tabulate(rows, headers=["customer", *self.kind.columns], tablefmt="simple", maxcolwidths=widths)


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
