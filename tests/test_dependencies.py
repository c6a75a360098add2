"""Every dependency has its reason, and every reason its dependency."""

from __future__ import annotations

import re

import pytest

from tests.sandbox_process import ROOT


def listed(name: str) -> set[str]:
    lines = (ROOT / name).read_text().splitlines()
    return {re.split(r"[<>=]", line)[0] for line in lines if line and not line.startswith(("#", "-r"))}


def explained(heading: str) -> dict[str, str]:
    section = (ROOT / "docs" / "dependencies.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE))


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
