"""Who ran it, and with what: versions and digests of the programs, this project's own code among them."""

from __future__ import annotations

import getpass
import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from graphmail.errors import TenantError
from graphmail.sealed import identity_file, public_key

# What may decide how a run behaves; the rest of the installation follows from the lock file.
TOOLS = (
    "graphmail", "ansible-core", "ansible-runner", "bagit", "cryptography", "msal", "papermill", "pyrage", "requests",
    "rfc3161-client", "securesystemslib",
)  # fmt: skip

_REPOSITORY = Path(__file__).parents[3]
_CODE = ("src", "playbooks", "roles", "plugins", "library", "notebooks", "ansible.cfg")
_KINDS = (".py", ".yml", ".ipynb", ".j2", ".js", ".md", ".cfg")


@cache
def tools() -> dict[str, Any]:
    """Versions; digests of what pip installed (of each package's RECORD, which lists every file); of code and lock."""
    installed = {name.metadata["Name"].lower(): name for name in importlib.metadata.distributions()}
    known = {name: installed[name] for name in TOOLS if name in installed}
    records = {name: found.read_text("RECORD") or "" for name, found in known.items()}
    lock = _REPOSITORY / "requirements.txt"
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "packages": {name: found.version for name, found in known.items()},
        "packages_sha256": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in records.items()},
        "code_sha256": code_digest(),
        "lock_file_sha256": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else "",
    }


def code_digest() -> str:
    """SHA-256 over `sha256sum`'s lines for this project's own files, sorted by name."""
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in _code()]
    return hashlib.sha256("".join(sorted(lines, key=lambda line: line[66:])).encode()).hexdigest()


def _code() -> Iterator[tuple[str, Path]]:
    for part in _CODE:
        place = _REPOSITORY / part
        for path in (place,) if place.is_file() else place.rglob("*"):
            if path.suffix in _KINDS and path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & {*path.parts}:
                yield path.relative_to(_REPOSITORY).as_posix(), path


def operator() -> dict[str, str]:
    """The person as the machine knows them, and the public half of the identity that opened the credentials."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    try:
        identity = public_key(identity_file())
    except TenantError:
        identity = ""
    return {"user": user, "host": platform.node(), "public_key": identity}
