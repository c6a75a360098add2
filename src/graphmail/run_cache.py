"""What the task processes of one run share: tokens, ids and reads, in files sealed with a key that is in memory only.

Task workers are forked processes, so the key is made before the fork and the files lie in a private folder that goes
when the run ends. After a crash the files are left, and nobody holds the key.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken


class RunCache:
    """A sealed mapping of names to bytes, shared with processes forked from this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._fernet = Fernet(Fernet.generate_key())
        self._owner = os.getpid()
        atexit.register(self.close)

    @classmethod
    def beside(cls, state_root: Path) -> RunCache:
        """A cache in a folder of its own below the state folder; folders of dead runs are removed."""
        for left in state_root.glob(".run-*"):
            pid = left.name.split("-")[1]
            if pid.isdecimal() and not _alive(int(pid)):
                shutil.rmtree(left, ignore_errors=True)
        return cls(state_root / f".run-{os.getpid()}-{os.urandom(4).hex()}")

    def put(self, name: str, value: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(name)
        new = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(self._fernet.encrypt(value))
        new.replace(path)

    def get(self, name: str) -> bytes | None:
        """What was put under that name, or None."""
        try:
            return self._fernet.decrypt(self._path(name).read_bytes())
        except (FileNotFoundError, InvalidToken):
            return None

    def drop(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the files; in a forked process do nothing."""
        if os.getpid() == self._owner:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self.folder / hashlib.sha256(name.encode()).hexdigest()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
