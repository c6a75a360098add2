"""What a run's seal says: an in-toto Statement v1 over every file of the bag (docs/evidence.md explains each field)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bagit

from graphmail.evidence.bag import INFO
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.mapping import FOLDER
from graphmail.evidence.run import Run
from graphmail.evidence.seal.history import History

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://graphmail.example/evidence/run/v1"


def statement(run: Run, history: History) -> dict[str, Any]:
    """Of a closed run that the log knows, from its files and the log alone: the same whenever it is made."""
    return statement_of_files(run) | {"predicate": _predicate(run, history)}


def binding(run: Run, history: History) -> dict[str, Any]:
    """What a statement and its predicate must say lest they be of another run, another log or other files.

    The rest is told by whoever ran it, and made of the files: later versions may make more of them.
    """
    said = statement_of_files(run)
    logged = history.runs[run.customer, run.run_id]
    return said | {
        "log": history.origin,
        "environment": history.environment,
        "customer": run.customer,
        "run_id": run.run_id,
        "previous_run": history.previous(logged),
    }


def statement_of_files(run: Run) -> dict[str, Any]:
    subject = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(files(run.folder))]
    return {"_type": STATEMENT_TYPE, "predicateType": PREDICATE_TYPE, "subject": subject}


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Name below the run's folder, and SHA-256, of each file of its bag."""
    for path in (folder / "bag").rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                yield path.relative_to(folder).as_posix(), hashlib.file_digest(file, "sha256").hexdigest()


def outcome(run: Run) -> str:
    """As bag-info.txt has it."""
    return str(_info(run).get("Run-Outcome", ""))


def _info(run: Run) -> dict[str, Any]:
    try:
        # A bagit.Bag would read all manifests for it, which is a third of what a verification costs.
        return dict(bagit._load_tag_file(str(run.bag / INFO)))  # noqa: SLF001
    except (OSError, ValueError, bagit.BagError) as error:
        raise EvidenceError(f"{run.bag} is no bag", found=str(error)) from None


def _predicate(run: Run, history: History) -> dict[str, Any]:
    about, info = run.about(), _info(run)
    logged = history.runs[run.customer, run.run_id]
    calls, steps = _lines(run.data / "http.jsonl"), _lines(run.data / "steps.jsonl")
    records = run.records()
    return {
        "log": history.origin,
        "environment": about["environment"],
        "customer": run.customer,
        "tenant": {"id": about["tenant_id"], "confirmed": _lines(run.data / "tenant.jsonl")},
        "run_id": run.run_id,
        "previous_run": history.previous(logged),
        "operator": about.get("operator", {}),
        "personal_data": sorted(f"bag/data/{FOLDER}/{file.name}" for file in (run.data / FOLDER).glob("*")),
        "tools": json.loads((run.data / "tools.json").read_bytes()),
        "outcome": {"result": info.get("Run-Outcome", ""), "reason": info.get("Run-Outcome-Reason", "")},
        "results": {
            "records": dict(Counter(record.verdict for record in records)),
            "checks": dict(Counter(check.verdict for record in records for check in record.checks)),
            "steps": dict(Counter(str(step.get("outcome", "")) for step in steps)),
            "requests": dict(Counter(str(call.get("method", "")) for call in calls)),
            "unanswered_requests": sum(not call.get("status") for call in calls),
            "refused_requests": sum(int(call.get("status") or 0) >= 400 for call in calls),
            "repeated_requests": sum(int(call.get("attempt") or 1) > 1 for call in calls),
        },
        "state": {moment: _state(run.data / f"{moment}.json") for moment in ("before", "after")},
        "started": {"at": about["started"], "clock": "the machine that ran it"},
        "finished": {"at": info.get("Run-Finished", ""), "clock": "the machine that ran it"},
        "services_clock": {"first": _dates(calls, 0), "last": _dates(calls, -1)},
    }


def _state(path: Path) -> dict[str, Any]:
    """When that state was read, or why nobody read it; runs of before there was such a file have none."""
    if not path.is_file():
        return {"read": None, "why": "no such file"}
    said = json.loads(path.read_bytes())
    return {"read": said.get("read"), "why": str(said.get("why", ""))}


def _dates(calls: list[dict[str, Any]], which: int) -> str:
    """The Date header of the first or the last answer that had one."""
    dates = [str(call["date"]) for call in calls if call.get("date")]
    return dates[which] if dates else ""


def _lines(path: Path) -> list[dict[str, Any]]:
    """A line that a crash cut short is left out; its bytes are in the bag all the same."""
    found = []
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found
