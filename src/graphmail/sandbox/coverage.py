"""What is emulated, as the tables of docs/sandbox.md.

`python -m graphmail.sandbox.coverage docs/sandbox.md` rewrites them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from graphmail.sandbox.call import Route
from graphmail.sandbox.control.forms import FORMS
from graphmail.sandbox.control.listed import PAGES
from graphmail.sandbox.control.look import LOOKS
from graphmail.sandbox.drills import DRILLS, Drill
from graphmail.sandbox.entra.routes import ROUTES as ENTRA
from graphmail.sandbox.exchange.routes import CMDLETS
from graphmail.sandbox.exchange.routes import ROUTES as EXCHANGE
from graphmail.sandbox.graph.mail_routes import ROUTES as MAIL
from graphmail.sandbox.graph.routes import DIRECTORY
from graphmail.sandbox.tenants_file_table import HEAD, file_rows, setting_rows

_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """Return each table by its name in the document."""
    return {
        "entra": _routes(ENTRA),
        "directory": _routes(DIRECTORY),
        "mail": _routes(MAIL),
        "exchange": _routes(EXCHANGE),
        "cmdlets": _rows(
            ("cmdlet", "parameters", "page"),
            [(f"`{c.name}`", ", ".join(sorted(c.parameters)), _link(c.source)) for c in CMDLETS.values()],
        ),
        "drills": _rows(
            ("name", "imitates", "parameters", "source"),
            [(f"`{d.name}`", d.imitates, _parameters(d), _link(d.source)) for d in DRILLS.values()],
        ),
        "control": _rows(("method", "page", "does"), [(m, f"`{p}`", does) for m, p, does in PAGES]),
        "file": _rows(HEAD, file_rows()),
        "settings": _rows(HEAD, setting_rows()),
        "look": _rows(
            ("method", "page", "shows or does"),
            [("GET", f"`{p}`", shows) for p, _, shows in LOOKS] + [("POST", f"`{p}`", does) for p, _, does in FORMS],
        ),
    }


def fill(document: str) -> str:
    """Return the document with its tables as they are now."""
    made = tables()
    return _TABLE.sub(lambda hit: hit.group(1) + made[hit.group(2)] + hit.group(3), document)


def _parameters(drill: Drill) -> str:
    return ", ".join(f"`{name}` {value}" for name, value in drill.parameters.items()) or "–"


def _routes(routes: Iterable[Route]) -> str:
    """One row for each operation with all its keys; the permissions stand where the route itself asks for one."""
    operations: dict[tuple[str, object, str], list[Route]] = {}
    for route in routes:
        operations.setdefault((route.method, route.handler, route.source), []).append(route)
    rows = [
        (
            first.method,
            "<br>".join(f"`{r.template}`" for r in (first, *others)),
            " or ".join(first.permissions) or "–",
            _link(first.source),
        )
        for first, *others in operations.values()
    ]
    return _rows(("method", "path", "permission", "page"), rows)


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _link(source: str) -> str:
    """The page's own name as text."""
    address = source if source.startswith("https://") else f"https://{source}"
    return f"[{address.rstrip('/').rsplit('/', 1)[-1]}]({address})" if source else ""


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8")
