"""Files of closed runs as their operators read them: with addresses and names, which the archive has sealed."""

from __future__ import annotations

from pathlib import Path

from graphmail.evidence import Run


def run_of(path: Path) -> Run:
    """The run that a file of its `bag/data/` is of."""
    folder = next(parent for parent in path.parents if parent.name == "bag").parent
    return Run(folder.parent.parent, folder.parent.name, folder.name)


def readable(path: Path) -> str:
    """Of a run that is open, or whose customer's data key the operator has."""
    run = run_of(path)
    return run.readable(path.relative_to(run.data).as_posix())
