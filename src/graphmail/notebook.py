"""Executing a verification notebook: the same file a person opens, with papermill, in a kernel of its own."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from graphmail.errors import TenantError
from graphmail.evidence import RECORD_TYPE, Record, Verdict

# Beyond `max_wait`, which the notebook keeps by itself: the most that one cell may take before its kernel is ended.
GRACE = 3600  # seconds

# The errors of this project that a kernel may raise, by name, which is all that is known of them out here. Only their
# texts are known to hold no secret; of all others the name has to do, in messages and in the evidence.
OWN_ERRORS = frozenset(
    {
        "BagError",
        "DeadlineExceeded",
        "DoesNotCount",
        "EvidenceError",
        "ExchangeError",
        "GraphError",
        "InventoryError",
        "NoInventory",
        "NotOpened",
        "NotProved",
        "NotReached",
        "NotReady",
        "NotSealed",
        "NotSearched",
        "NotTried",
        "OutcomeUnknown",
        "Red",
        "RelayRefused",
        "SecretsFound",
        "ServiceFailure",
        "TenantError",
        "TokenError",
        "Unreachable",
        "WrongTenant",
    }
)

# papermill says on its logger which notebook it reads; whoever runs us says that already.
logging.getLogger("papermill").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class ExecutedNotebook:
    """`output` is the executed copy, kept also on failure. Without a record the verdict is `unknown`.

    `error` is what stopped it, for a person, and empty when nothing did.
    """

    notebook: str
    output: Path
    record: Path | None
    verdict: Verdict
    error: str


def execute(notebook: Path, parameters: Mapping[str, Any], output: Path) -> ExecutedNotebook:
    """Execute `notebook` into `output`; never raises for what the notebook finds.

    Raises TenantError for a parameter that the notebook does not declare: papermill would only warn, and run without
    it. Parameters end up in the notebook, so they are names and references, never secrets.
    """
    _refuse_undeclared(notebook, parameters)
    output.parent.mkdir(parents=True, exist_ok=True)
    # A kernel's debugger would say on our standard error that it cannot break into Python's own frozen modules.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    error = ""
    with tempfile.TemporaryDirectory(prefix="graphmail-") as folder:
        try:
            papermill.execute_notebook(
                str(notebook),
                str(output),
                parameters=dict(parameters),
                kernel_name="python3",
                progress_bar=False,
                execution_timeout=int(parameters.get("max_wait", 7200)) + GRACE,
                config=_private_kernel(Path(folder)),
                extra_arguments=["--IPKernelApp.log_level=50"],  # being ended is all that it has to tell
            )
        except PapermillExecutionError as failure:
            error = f"{failure.ename}: {failure.evalue}" if failure.ename in OWN_ERRORS else str(failure.ename)
            _forget_foreign_texts(output)
        except (CellTimeoutError, DeadKernelError) as failure:
            error = f"the kernel was lost ({type(failure).__name__})"
    record = _record_named_in(output)
    verdict: Verdict = Record.read(record).verdict if record else "unknown"
    return ExecutedNotebook(notebook.stem, output, record, verdict, error)


def _private_kernel(folder: Path) -> Config:
    """Sockets in a folder that nobody else can open, since the kernel holds an opened credential.

    Nor do two kernels that start at once take each other's TCP ports.
    """
    return Config({"KernelManager": {"transport": "ipc", "connection_file": str(folder / "kernel.json")}})


def declared(notebook: Path) -> dict[str, str]:
    """The notebook's parameters and their types, as its parameters cell declares them."""
    found = papermill.inspect_notebook(str(notebook))
    return {name: str(about["inferred_type_name"]) for name, about in found.items()}


def _refuse_undeclared(notebook: Path, parameters: Mapping[str, Any]) -> None:
    known = declared(notebook)
    if unknown := sorted(set(parameters) - set(known)):
        raise TenantError(
            f"{notebook.name} has no parameter {', '.join(unknown)}",
            expected=", ".join(known),
            remedy="nothing was run",
        )


def _forget_foreign_texts(output: Path) -> None:
    """Take from the executed copy what a foreign error says: it may be a URL with a token, or a whole reply."""
    executed = nbformat.read(output, as_version=4)  # type: ignore[no-untyped-call]
    for cell in executed.cells:
        for shown in cell.get("outputs", ()):
            if shown.output_type == "error" and shown.ename not in OWN_ERRORS:
                shown.evalue = "(what it says may hold a secret, and is not kept)"
                shown.traceback = [f"{shown.ename}: {shown.evalue}"]
    nbformat.write(executed, output)  # type: ignore[no-untyped-call]


def _record_named_in(output: Path) -> Path | None:
    if not output.is_file():
        return None
    for cell in nbformat.read(output, as_version=4).cells:  # type: ignore[no-untyped-call]
        for shown in cell.get("outputs", ()):
            told = shown.get("data", {}).get(RECORD_TYPE)
            if isinstance(told, dict) and Path(str(told.get("path", ""))).is_file():
                return Path(str(told["path"]))
    return None
