"""The fleet's page: one file, nothing to load; readable without script, printable; every text escaped."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from graphmail.evidence.report import templates
from graphmail.evidence.titles import VERIFICATIONS
from graphmail.fleet import charts
from graphmail.fleet.customer import BESIDE
from graphmail.fleet.delays import FAMILIES, Distribution
from graphmail.fleet.fleet import Fleet
from graphmail.fleet.needs import by_customer

# Symbol and word, so that no colour is needed to read them.
WORDS = {
    "passed": "✓ passed",
    "failed": "✗ failed",
    "unknown": "? unknown",
    "missing": "? no proof",
    "broken": "✗ does not verify",
    "green": "✓ green",
    "red": "✗ red",
    "offboarded": "– offboarded",
    "soon": "! soon",
    "succeeded": "✓ succeeded",
    "waiting": "… waiting",
    "aborted": "? aborted",
    "open": "? open",
    "ok": "✓ in time",
    "due": "! due",
    "critical": "! critical",
    "expired": "✗ ended",
}
COLUMNS = {
    "verify_access": "Access",
    "verify_send": "Send",
    "verify_receive": "Receive",
    "verify_large_mail": "Large mail",
    "drift": "Drift",
}


@dataclass(frozen=True, slots=True)
class Family:
    """Distributions that share a chart; without any value there is no chart."""

    name: str
    title: str
    rows: list[Distribution]
    svg: Markup

    @property
    def empty(self) -> bool:
        return not any(row.values for row in self.rows)


def families(found: Sequence[Distribution]) -> list[Family]:
    """Each chart with its numbers."""
    made = []
    for name, title in FAMILIES.items():
        rows = [row for row in found if row.about.family == name]
        drawn = any(row.values for row in rows)
        svg = charts.spread(rows, name, log_time=name != "throughput") if drawn else ""
        made.append(Family(name, title, rows, Markup(svg)))  # noqa: S704 - numbers and our own words alone
    return made


def to_html(fleet: Fleet, folder: Path) -> str:
    """The page as it will lie in `folder`: links to reports of runs are relative, so that both may be moved."""
    environment = templates("graphmail.fleet")
    environment.filters["link"] = lambda report: quote(os.path.relpath(report.absolute(), folder))
    environment.filters["day"] = _day
    environment.filters["minute"] = _minute
    environment.filters["number"] = lambda value: f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
    script = (Path(__file__).parent / "templates" / "fleet.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    expiries = charts.first_ends(fleet.local.expiries)
    ends = charts.ends(expiries, fleet.at, "ends") if expiries else ""
    return environment.get_template("fleet.html.j2").render(
        fleet=fleet,
        needs=by_customer(fleet.needs),
        claims=VERIFICATIONS,
        beside=BESIDE,
        columns=COLUMNS,
        words=WORDS,
        families=families(fleet.distributions),
        expiries=sorted(fleet.local.expiries, key=lambda e: (e.expires is None, e.expires or fleet.at, e.customer)),
        ends=Markup(ends),  # noqa: S704 - customers' names and our own words alone
        ends_shown=len(expiries),
        script=Markup(script),  # noqa: S704 - our own file
        script_sha256=digest,
    )


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}" if moment else "–"


def _minute(moment: datetime | None) -> str:
    """Several runs a day are common while somebody mends a customer. Where a column is narrow the time goes below."""
    if moment is None:
        return "–"
    return Markup('<span class="short">{:%Y-%m-%d}</span> {:%H:%M}').format(*[moment.astimezone(UTC)] * 2)
