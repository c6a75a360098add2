"""Whoever reads README.md and docs/ meets every part at least once."""

from __future__ import annotations

import re

import pytest

from graphmail.resources import CLASSES
from tests.docs.tables import PAGE, filled
from tests.sandbox_process import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
ROLES = sorted(folder.name for folder in (ROOT / "roles").iterdir() if folder.is_dir())
PLAYBOOKS = sorted(file.name for file in (ROOT / "playbooks").glob("*.yml"))


def mentioned(pattern: str) -> bool:
    return any(re.search(pattern, page.read_text(encoding="utf-8")) for page in PAGES if page.exists())


@pytest.mark.parametrize("module", sorted(CLASSES))
def test_the_module_is_mentioned(module: str) -> None:
    assert mentioned(rf"(?<![\w-]){module}(?![\w-])"), f"module {module} stands in none of README.md and docs/"


@pytest.mark.parametrize("role", ROLES)
def test_the_role_is_mentioned(role: str) -> None:
    # As code or as a path: most names are words of their own.
    assert mentioned(rf"`(?:roles/)?{role}/?`"), f"role `{role}` stands in none of README.md and docs/"


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_the_playbook_is_mentioned(playbook: str) -> None:
    name = re.escape(playbook)
    assert mentioned(rf"(?<![\w-]){name}(?!\w)"), f"playbook {playbook} stands in none of README.md and docs/"


def test_the_tables_are_as_the_modules_and_roles_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == filled(text), "python -m tests.docs.tables writes them"
