"""After a test: no closed bag names anybody, whatever runs the test made and however they ended."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from graphmail.evidence import bag
from tests.sandbox_process import EXAMPLE

_ADDRESS = re.compile(rb"[\w+]@\w")


@cache
def names() -> list[bytes]:
    """Of all who are in the sandbox's example world."""
    tenants = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["tenants"]
    people = [one for tenant in tenants for kind in ("users", "shared_mailboxes") for one in tenant.get(kind) or ()]
    return [one["name"].encode() for one in people]


def named(folder: Path) -> list[str]:
    """File and what it tells, of every closed bag below the folder that was sealed with a data key."""
    found = []
    for closed in (path for path in folder.rglob("bag") if bag.is_complete(path)):
        if not (closed / "data" / "personal").is_dir():
            continue  # of a test that closes a run by itself, without anybody who seals it
        for file in (path for path in closed.rglob("*") if path.is_file() and path.suffix != ".age"):
            content = file.read_bytes()
            told = [content[max(0, at.start() - 40) : at.end() + 20] for at in _ADDRESS.finditer(content)]
            told += [name for name in names() if name in content]
            found += [f"{file}: {text!r}" for text in told]
    return found
