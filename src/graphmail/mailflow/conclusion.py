"""How a notebook ends: its record is kept and told, and a run of its own is closed."""

from __future__ import annotations

from pathlib import Path

from graphmail.clock import SystemClock
from graphmail.evidence import Record, Run
from graphmail.evidence.run import Outcome
from graphmail.mailflow import pictures
from graphmail.state import Lock


def keep_record(run: Run, record: Record, lock: Lock | None, outcome: Outcome) -> Path:
    """Write the record and return its path. `lock` is there where the run is for this notebook alone."""
    path = run.write_record(record)
    pictures.tell_record(path, record)
    if lock:
        try:
            run.close(outcome, SystemClock().now())
        finally:
            lock.close()
    return path
