"""The twin of a notebook full of hostile mail, in a browser: nothing is asked for elsewhere, and nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.chromium import Chromium
from tests.unit.evidence_samples import NOON, begun, check, record
from tests.unit.hostile_notebook import hostile_notebook, keep

pytestmark = pytest.mark.chromium


@pytest.fixture
def data(tmp_path: Path) -> Path:
    run = begun(tmp_path / "evidence")
    run.write_record(record(check()))
    keep(run, notebook=hostile_notebook())
    run.close("succeeded", NOON)
    return run.data


def test_a_twin_asks_for_nothing_and_runs_nothing(chromium: Chromium, data: Path) -> None:
    page = data / "notebooks" / "verify_access.html"
    document = chromium.open(page.as_uri())
    assert [url for url in chromium.requests if not url.startswith(("data:image/", page.as_uri()))] == []
    assert chromium.complaints == []
    assert "<title>owned" not in document
    assert "SANDBOX" in document
    assert chromium.count("main table td") >= 1
    assert chromium.count("main img") >= 2


def test_the_report_leads_to_it_and_back(chromium: Chromium, data: Path) -> None:
    chromium.open((data / "report.html").as_uri())
    assert "What was found" in chromium.click("a[href='notebooks/verify_access.html']")
    assert "What was proved" in chromium.click("a[href='../report.html']")
