"""VERIFY.md of an archive, run literally, where this package is not: only the tools that the page names."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import bagit
import pytest

from tests.sandbox_process import ROOT

TOOLS = ("openssl", "sha256sum", "bash", "xxd")
NODE_MODULES = ROOT / "tests" / "clients" / "node" / "node_modules"
BLOCKS = ("compare", "log", "keys", "population", "runs", "kept")


@pytest.fixture
def shell(tmp_path):
    """An environment in which nothing of this project can be imported."""
    tools = tmp_path / "tools"
    tools.mkdir()
    installed = Path(bagit.__file__)
    shutil.copytree(next(installed.parent.glob("bagit-*.dist-info")), tools / "lib" / "bagit-1.dist-info")
    shutil.copy(installed, tools / "lib")
    (tools / "bagit.py").write_text(f'#!/bin/sh\nexec {sys.executable} -E -S {tools}/lib/bagit.py "$@"\n')
    (tools / "bagit.py").chmod(0o755)
    return {"PATH": f"{tools}:/usr/bin:/bin", "LANG": "C.UTF-8", "NODE_MODULES": str(NODE_MODULES)}


class Page:
    """The blocks of the page by name; `run` runs one in the archive's folder."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root, self.environment = root, environment
        text = (root / "VERIFY.md").read_text()
        self.blocks = dict(re.findall(r"<!-- block: (\w+) -->\n```sh\n(.*?)```", text, re.DOTALL))

    def run(self, block: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", self.blocks[block]],
            cwd=self.root,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def complaints(self) -> list[str]:
        return [name for name in BLOCKS if self.run(name).returncode]

    def first(self, pattern: str) -> Path:
        return sorted(self.root.glob(pattern))[0]
