"""Writing files so that a crash leaves the old or the new, never a half."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphmail.durable import sync_folder
from graphmail.errors import TenantError


class EvidenceError(TenantError):
    """The archive is not as it must be; the text names the file."""


def _temporary(path: Path, content: bytes) -> Path:
    # The leading dot tells whoever closes the bag that this is what a crash left.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    return Path(name)


def write_once(path: Path, content: bytes) -> bool:
    """Write `path` unless it exists; False when it does. Safe from several processes."""
    temporary = _temporary(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def write_over(path: Path, content: bytes) -> None:
    """Write `path`, in one step, over whatever is there."""
    os.replace(_temporary(path, content), path)
    sync_folder(path.parent)


def clear_left(folder: Path, names: str) -> None:
    """Remove what a process left in `folder` that died while it wrote one of `names`, a regular expression.

    Only where nobody writes these meanwhile. What is not just so named is no leftover of ours, and stays.
    """
    left = re.compile(rf"\.(?:{names})\.[a-z0-9_]{{8}}")  # as mkstemp names it
    for name in os.listdir(folder) if folder.is_dir() else ():
        if left.fullmatch(name) and stat.S_ISREG((folder / name).lstat().st_mode):
            (folder / name).unlink()


@contextmanager
def folder_lock(folder: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold `folder` against others; the lock goes with the process that holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)
