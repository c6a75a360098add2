"""Making the report: executes notebooks/fleet_report.ipynb, which reads the evidence and writes the files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from graphmail.errors import TenantError
from graphmail.fleet.outputs import JSON, JUNIT, PAGE, refuse_archive
from graphmail.notebook import execute

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "fleet_report.ipynb"


def make(evidence: Path, into: Path, *, inventory: Path | None = None, customers: Iterable[str] = ()) -> list[Path]:
    """Write the page, the data and the executed notebook into `into`, and return their paths.

    Raises TenantError, and leaves what was there before, when the notebook did not come to its end.
    """
    folder = into.absolute()
    refuse_archive(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parameters = {
        "evidence": str(evidence.absolute()),
        "inventory": str(inventory.absolute()) if inventory else "",
        "customers": sorted(customers),
        "into": str(folder),
    }
    under_way = folder / f".{NOTEBOOK.stem}.{os.getpid()}.ipynb"
    try:
        done = execute(NOTEBOOK, parameters, under_way)
        if done.error:
            raise TenantError("The fleet report was not made", found=done.error)
        kept = under_way.replace(folder / NOTEBOOK.name)
    finally:
        under_way.unlink(missing_ok=True)
    return [*(folder / name for name in (PAGE, JSON, JUNIT)), kept]
