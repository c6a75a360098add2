"""Every dependency has its reason, and every reason its dependency."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.sandbox_process import ROOT

# What runs without being imported: the kernel's program, the parser that uvicorn is told to use, pip's build backend.
NOT_IMPORTED = {"ipykernel", "setuptools"}
OWN = {"graphmail", "graphmail_ansible"}


def listed(name: str) -> set[str]:
    lines = (ROOT / name).read_text().splitlines()
    return {re.split(r"[<>=]", line)[0] for line in lines if line and not line.startswith(("#", "-r"))}


def explained(heading: str) -> dict[str, str]:
    section = (ROOT / "docs" / "dependencies.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", section.split("\n### ")[0], re.MULTILINE))


def installed_by_others() -> dict[str, str]:
    section = (ROOT / "docs" / "dependencies.md").read_text().split("### Imported too")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| .+ \|$", section, re.MULTILINE))


def imported() -> set[str]:
    """Packages that the programs and plugins import, by the names that pip knows them by."""
    owners = packages_distributions()
    modules = {name for path in (*ROOT.glob("src/**/*.py"), *ROOT.glob("plugins/**/*.py")) for name in _modules(path)}
    third_party = modules - sys.stdlib_module_names - OWN
    return {re.sub(r"[-_.]+", "-", owners[name][0]).lower() for name in third_party}


def _modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]


@pytest.mark.parametrize(("name", "heading"), [("requirements.in", "To run"), ("requirements-dev.in", "To test")])
def test_each_has_a_reason_in_one_line(name: str, heading: str) -> None:
    assert set(explained(heading)) == listed(name)
    assert all(len(reason) > 5 for reason in explained(heading).values())


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_each_is_locked_with_hashes(name: str) -> None:
    locked = (ROOT / f"{name}.txt").read_text()
    for package in listed(f"{name}.in"):
        assert re.search(rf"^{re.escape(package)}==[^\n]+\\\n +--hash=sha256:", locked, re.MULTILINE), package
    assert "://" not in locked


def test_what_is_imported_is_listed_and_what_is_listed_is_used() -> None:
    assert imported() - set(installed_by_others()) == listed("requirements.in") - NOT_IMPORTED


def test_what_others_install_is_imported_and_named_with_one_that_is_listed() -> None:
    assert set(installed_by_others()) <= imported()
    assert set(installed_by_others().values()) <= listed("requirements.in")
