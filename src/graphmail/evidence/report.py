"""Pages for people: one run, and the fleet. Self-contained HTML without scripts; all text is escaped."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment as Templates
from jinja2 import PackageLoader, StrictUndefined
from tabulate import tabulate

from graphmail.evidence.archive import latest_record, runs
from graphmail.evidence.files import EvidenceError, write_over
from graphmail.evidence.record import Record
from graphmail.evidence.run import Outcome, Run
from graphmail.evidence.titles import VERIFICATIONS, title

OUTCOMES = {
    "succeeded": "Everything this run was to do is done.",
    "failed": "This run stopped at an error, or a check failed.",
    "waiting": "This run is waiting for something outside it; it is not done.",
    "aborted": "This run was ended from outside. What it had written down until then is here.",
}


def _templates() -> Templates:
    templates = Templates(
        loader=PackageLoader("graphmail.evidence"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["time"] = lambda moment: f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    templates.filters["title"] = title
    templates.filters["pretty"] = lambda value: json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return templates


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
        return _templates().get_template("run.html.j2").render(report=self, outcomes=OUTCOMES)


@dataclass(frozen=True)
class Cell:
    """The newest proof of one kind: its verdict, the run that made it, and that run's page if it is closed."""

    verdict: str
    run_id: str = ""
    finished: datetime | None = None
    report: Path | None = None


@dataclass(frozen=True)
class FleetRow:
    """One customer: its newest proof of each kind, or why there is none, and how its last run ended."""

    customer: str
    environment: str
    cells: dict[str, Cell]
    last_run: str
    last_state: str
    last_report: Path | None

    @property
    def green(self) -> bool:
        return bool(self.cells) and {cell.verdict for cell in self.cells.values()} == {"passed"}

    @classmethod
    def of(cls, root: Path, customer: str) -> FleetRow:
        cells: dict[str, Cell] = {}
        environments: set[str] = set()
        for notebook in VERIFICATIONS:
            try:
                record = latest_record(root, customer, notebook)
            except EvidenceError:
                cells[notebook] = Cell("damaged")
                continue
            if record is None:
                cells[notebook] = Cell("missing")
                continue
            page = _page(Run(root, customer, record.run_id))
            cells[notebook] = Cell(record.verdict, record.run_id, record.finished, page)
            environments.add(record.environment)
        of_customer = list(runs(root, customer))
        last = of_customer[-1] if of_customer else None
        return cls(
            customer=customer,
            environment="sandbox" if "sandbox" in environments else "production" if environments else "not recorded",
            cells=cells,
            last_run=last.run_id if last else "none",
            last_state=_state(last) if last else "missing",
            last_report=_page(last) if last else None,
        )

    def wrong(self) -> Iterator[str]:
        """Each proof that is there and not green, and where to read why."""
        for notebook, cell in self.cells.items():
            if cell.run_id and cell.verdict != "passed":
                yield f"{self.customer}, {notebook} {cell.verdict}: {cell.report or cell.run_id}"


def _page(run: Run) -> Path | None:
    return run.data / "report.html" if run.closed else None


def _state(run: Run) -> str:
    if not run.closed:
        return "open"
    for line in (run.bag / "bag-info.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("Run-Outcome: "):
            return line.partition(": ")[2]
    return "closed"


@dataclass(frozen=True)
class FleetReport:
    """All customers of an archive, or only those that are named, also if it knows nothing of them."""

    root: Path
    rows: list[FleetRow]

    @classmethod
    def of(cls, root: Path, customers: Iterable[str] = ()) -> FleetReport:
        names = set(customers) or {run.customer for run in runs(root)}
        return cls(root, [FleetRow.of(root, name) for name in sorted(names)])

    @property
    def green(self) -> bool:
        return bool(self.rows) and all(row.green for row in self.rows)

    def to_text(self) -> str:
        head = ["customer", *(name.removeprefix("verify_") for name in VERIFICATIONS), "last run", "ended"]
        body = [
            [
                f"{row.customer} (sandbox)" if row.environment == "sandbox" else row.customer,
                *(row.cells[name].verdict for name in VERIFICATIONS),
                row.last_run,
                row.last_state,
            ]
            for row in self.rows
        ]
        table = tabulate(body, head, tablefmt="simple", disable_numparse=True)
        return "\n".join([table, *(f"\n{line}" for row in self.rows for line in row.wrong())])

    def write(self, folder: Path, now: datetime) -> Path:
        """Write `fleet.html` into `folder` and return its path. Its links are relative, so both may be moved."""
        folder.mkdir(parents=True, exist_ok=True)
        templates = _templates()
        templates.filters["link"] = lambda page: quote(os.path.relpath(page, folder))
        page = templates.get_template("fleet.html.j2").render(report=self, now=now, claims=VERIFICATIONS)
        write_over(folder / "fleet.html", page.encode())
        return folder / "fleet.html"
