"""The sandbox and Microsoft side by side, as a page and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.conformance.case import Case, Standing, shown
from tests.conformance.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    sandbox: Outcome
    microsoft: Outcome | None = None  # not asked

    @property
    def agrees(self) -> bool | None:
        """Whether both do the same; None where Microsoft was not asked or the steps could not be done there."""
        if self.microsoft is None or self.microsoft.verdict == "failed":
            return None
        return self.microsoft.verdict == self.sandbox.verdict == "holds"


def write(rows: Sequence[Row], folder: Path, tenant_id: str | None, left: Sequence[str] = ()) -> Path:
    """Write `conformance.html` and `conformance.json`; the page. `left` is what all cases together left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC)
    content = {"at": at.isoformat(), "tenant_id": tenant_id, "left": list(left), "cases": [_plain(row) for row in rows]}
    (folder / "conformance.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    pages.filters["pretty"] = _pretty
    page = folder / "conformance.html"
    shown_page = pages.get_template("report.html").render(
        rows=rows,
        at=at,
        tenant_id=tenant_id,
        left=left,
        standings=_standings(rows),
        areas=list(dict.fromkeys(row.case.area for row in rows)),
    )
    page.write_text(shown_page, encoding="utf-8")
    return page


def _pretty(value: object) -> str:
    """One line for each name, which is how an expectation is read."""
    told = shown(value)
    if not isinstance(told, dict):
        return json.dumps(told, ensure_ascii=False)
    return "\n".join(f"{name}: {json.dumps(part, ensure_ascii=False)}" for name, part in told.items())


def _standings(rows: Sequence[Row]) -> list[dict[str, object]]:
    return [{"name": s, "count": sum(row.case.standing is s for row in rows)} for s in Standing]


def _plain(row: Row) -> dict[str, object]:
    case = row.case
    return {
        "area": case.area,
        "name": case.name,
        "claim": case.claim,
        "standing": case.standing,
        "slow": case.slow,
        "source": case.source,
        "expected": shown(case.expected),
        "sandbox": asdict(row.sandbox),
        "microsoft": asdict(row.microsoft) if row.microsoft else None,
        "agrees": row.agrees,
    }
