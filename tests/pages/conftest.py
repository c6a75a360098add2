"""Chromium, where it is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.chromium import Chromium


@pytest.fixture(scope="session")
def browser() -> str:
    """Chromium's name. Left out where there is none, unless GRAPHMAIL_TESTS=all says that nothing may be."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None and os.environ.get("GRAPHMAIL_TESTS") == "all":
        pytest.fail("Chromium is not installed, and GRAPHMAIL_TESTS=all leaves nothing out")
    if found is None:
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture
def chromium(browser: str, tmp_path: Path) -> Iterator[Chromium]:
    """A tab of its own for each test."""
    opened = Chromium(browser, tmp_path / "profile")
    yield opened
    opened.close()
