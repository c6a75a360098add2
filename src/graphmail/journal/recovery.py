"""Making a damaged journal readable again: what is good stays, what is not is set aside, nothing is made up."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from graphmail.durable import replace_file
from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.journal.line import LOST, salvaged
from graphmail.state import StateFolder


@dataclass(frozen=True, slots=True)
class Recovery:
    """`lost` are numbers of lines that were set aside, in `aside`; `mended` of those that had lost only their end."""

    lost: list[int]
    mended: list[int]
    aside: Path


def recover(state: StateFolder) -> Recovery:
    """Under the customer's lock: move damaged lines to a file beside the journal, and leave a mark where they stood.

    The mark keeps an intent before it from looking as if nothing had come of it. Raises TenantError when a run holds
    the lock or a file cannot be written; then the journal is as it was.
    """
    with state.lock("journal-recover"):
        journal = Journal(state.journal)
        kept: list[bytes] = []
        recovery = Recovery([], [], state.journal.with_name(f"{state.journal.name}.damaged"))
        aside: list[bytes] = []
        lines = journal.lines()
        for line in lines:
            if line.state != "damaged":
                kept.append(line.text)
            elif pieces := salvaged(line.text):
                recovery.mended.append(line.number)
                kept += pieces
            else:
                recovery.lost.append(line.number)
                aside.append(line.text)
                kept.append(LOST)
        if recovery.lost or recovery.mended:
            # What a crash cut short stays without its end: the next writer marks it.
            end = b"" if lines[-1].state == "cut" and not lines[-1].ended else b"\n"
            try:
                _append(recovery.aside, aside)
                replace_file(state.journal, b"\n".join(kept) + end)
            except OSError as error:
                told = f"{error.filename}: {error.strerror}"
                raise TenantError("The journal was not recovered", found=told, remedy="it is as it was") from None
    return recovery


def _append(path: Path, lines: list[bytes]) -> None:
    if not lines:
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "wb") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
