"""Pages for people: one run, and the fleet. Self-contained HTML without scripts; all text is escaped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment as Templates
from jinja2 import PackageLoader, StrictUndefined

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.record import Record
from graphmail.evidence.run import Outcome, Run
from graphmail.evidence.titles import title

OUTCOMES = {
    "succeeded": "Everything this run was to do is done.",
    "failed": "This run stopped at an error, or a check failed.",
    "waiting": "This run is waiting for something outside it; it is not done.",
    "aborted": "This run was ended from outside. What it had written down until then is here.",
}


def templates(package: str = "graphmail.evidence") -> Templates:
    """Those in that package, with every text escaped."""
    found = Templates(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["time"] = lambda moment: f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    found.filters["title"] = title
    found.filters["pretty"] = lambda value: json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    found.filters["changes"] = lambda step: list(_changes(step.get("before"), step.get("after")))
    return found


def _changes(before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    """What a step changed: a name, and what it was and is, empty for nothing."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield name, _shown(before.get(name)), _shown(after.get(name))
    elif before is not None or after is not None:
        yield "", _shown(before), _shown(after)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False) if value else ""
    return "" if value is None else str(value)


def _lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file; a line that is none (half a write before a power cut) is shown as broken."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(dict(json.loads(line)))
        except ValueError:
            found.append({"task": "(a line of the log is damaged)", "outcome": "failed"})
    return found


@dataclass(frozen=True)
class RunReport:
    """What report.html says about one run."""

    run: Run
    about: dict[str, Any]
    records: list[Record]
    steps: list[dict[str, Any]]
    requests: Counter[str]
    notebooks: list[str]
    outcome: Outcome
    finished: datetime
    why: str

    @classmethod
    def of(cls, run: Run, *, outcome: Outcome, finished: datetime, why: str = "") -> RunReport:
        """Read the run's folder. A damaged record does not stop it: a failed run must be closed too, and say so."""
        try:
            records = run.records()
        except EvidenceError as error:
            records, why = [], f"{why} {error}".strip()
        return cls(
            run=run,
            about=run.about(),
            records=records,
            steps=_lines(run.data / "steps.jsonl"),
            requests=Counter(str(call.get("method", "?")) for call in _lines(run.data / "http.jsonl")),
            notebooks=sorted(path.name for path in (run.data / "notebooks").glob("*.ipynb")),
            outcome=outcome,
            finished=finished,
            why=why,
        )

    @property
    def environment(self) -> str:
        """`sandbox` as soon as anything here says so: a page of the sandbox must never pass for production."""
        said = {str(self.about.get("environment", "")), *(record.environment for record in self.records)}
        return "sandbox" if "sandbox" in said else "production" if "production" in said else "not recorded"

    @property
    def states(self) -> dict[str, dict[str, Any]]:
        """What was read of the tenant before the first write and after the last."""
        return {moment: self.run.state(moment) for moment in ("before", "after")}

    @property
    def twins(self) -> dict[str, str]:
        """Notebook -> its HTML twin; empty where there is none."""
        folder = self.run.data / "notebooks"
        pages = {name: Path(name).with_suffix(".html").name for name in self.notebooks}
        return {name: page if (folder / page).is_file() else "" for name, page in pages.items()}

    @property
    def notable_steps(self) -> list[dict[str, Any]]:
        notable = ("changed", "failed", "unreachable")
        return [step for step in self.steps if step.get("outcome") in notable or step.get("message")]

    @property
    def warned(self) -> bool:
        return any(step.get("message") and step.get("outcome") != "failed" for step in self.steps)

    @property
    def step_counts(self) -> Counter[str]:
        return Counter(str(step.get("outcome", "?")) for step in self.steps)

    def to_html(self) -> str:
        return templates().get_template("run.html.j2").render(report=self, outcomes=OUTCOMES)
