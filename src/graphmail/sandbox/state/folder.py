"""One sandbox at a time in a state folder, with a kept state or without."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphmail.sandbox.state.database import StateError


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the folder itself until the end of the block, or of the process however that ends; no file is left.

    Raises StateError where another sandbox holds it: what lies there is that one's.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = "another sandbox runs with it; stop that one, or give this one a folder of its own with --state"
            raise StateError(f"{folder}: {text}") from None
        yield
    finally:
        os.close(handle)
