"""Examining an archive that runs are written into meanwhile."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphmail.evidence.seal.examine import Examination, Finding
from graphmail.evidence.seal.log import LOG


def examined(root: Path, kept: bytes | None = None) -> Finding:
    """What examining it finds. `kept` is a checkpoint that somebody kept elsewhere.

    What is half written by a run that is being sealed looks like a fault; where there is one, it is looked at once more
    while nobody writes.
    """
    found = Examination(root, kept).run()
    if found.good:
        return found
    with _nobody_writes(root):
        return Examination(root, kept).run()


@contextmanager
def _nobody_writes(root: Path) -> Iterator[None]:
    """Whoever appends to the log holds it alone; a log that cannot be opened, nobody here writes."""
    try:
        log = os.open(root / LOG, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        yield
        return
    try:
        fcntl.flock(log, fcntl.LOCK_SH)
        yield
    finally:
        os.close(log)
