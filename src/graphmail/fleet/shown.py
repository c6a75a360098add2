"""What the notebook shows of a fleet: tables with every text escaped, and the page's own charts."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tabulate import tabulate

from graphmail.fleet import charts
from graphmail.fleet.fleet import Fleet
from graphmail.fleet.page import COLUMNS, WORDS, families


class Shown(str):
    """HTML of our own making; only its text is shown where there is no HTML."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def read(evidence: str, inventory: str, customers: Sequence[str]) -> Fleet:
    """The fleet; relative paths are the repository's, also where Jupyter starts a kernel in the notebooks' folder."""
    here = Path.cwd()
    if here.name == "notebooks" and (here.parent / "pyproject.toml").is_file():
        os.chdir(here.parent)
    return Fleet.read(evidence, inventory or None, customers)


def summary(fleet: Fleet) -> Shown:
    band = "<b>SANDBOX</b>: emulated tenants. " if fleet.environment == "sandbox" else ""
    return Shown(f"<p>{band}<b>{html.escape(fleet.summary)}</b></p>")


def needs(fleet: Fleet) -> Shown:
    """What needs a person."""
    rows = [
        [
            need.customer or "the archive",
            WORDS[need.urgency],
            need.what,
            _minute(need.since),
            need.todo,
        ]
        for need in fleet.needs
    ]
    return _table(rows, ["customer", "urgency", "what", "since", "to do"]) if rows else Shown("<p>Nothing.</p>")


def matrix(fleet: Fleet) -> Shown:
    """Customers by check."""
    rows = [
        [customer.name, WORDS[customer.state]]
        + [WORDS[cell.standing] for cell in customer.cells.values()]
        + ["–" if cell.standing == "missing" else WORDS[cell.standing] for cell in customer.beside.values()]
        + [_minute(customer.last_proof)]
        for customer in fleet.customers
    ]
    return _table(rows, ["customer", "state", *COLUMNS.values(), "last proof"])


def measured(fleet: Fleet) -> Shown:
    """Each family's chart; the page has the numbers too."""
    return Shown("".join(f"<h4>{family.title}</h4>{family.svg}" for family in families(fleet.distributions)))


def credentials(fleet: Fleet) -> Shown:
    """When they end; nothing where no end is known."""
    known = charts.first_ends(fleet.local.expiries)
    return Shown(charts.ends(known, fleet.at, "ends") if known else "<p>No end is known here.</p>")


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "–"


def _table(rows: list[list[str]], head: list[str]) -> Shown:
    return Shown(tabulate(rows, head, tablefmt="html", disable_numparse=True))
