"""The customer's page in a browser: nothing runs or is asked for, and it prints to two A4 pages."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from graphmail.customer_report import CustomerReport
from tests.pages.chromium import Chromium
from tests.unit.customer_archive import NOW, PLAN, CustomerArchive, state

pytestmark = pytest.mark.chromium
HOSTILE = "<script>document.title='owned'</script><img src=https://elsewhere.example/x onerror=document.title='owned'>"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CustomerArchive:
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return CustomerArchive(tmp_path)


def written(archive: CustomerArchive) -> Path:
    return CustomerReport.of(archive.root, "contoso").write(archive.folder / "page.html", NOW)


def test_it_asks_for_nothing_and_runs_nothing(chromium: Chromium, archive: CustomerArchive) -> None:
    changed = state()
    for part in ("application", "group"):
        changed[part]["display_name" if part == "application" else "name"] = HOSTILE
    archive.run(after=changed, plan=PLAN | {"initial_domain": HOSTILE})
    page = written(archive)
    document = chromium.open(page.as_uri())
    assert chromium.requests == [page.as_uri()]
    assert chromium.complaints == []
    assert "<title>owned" not in document
    assert "Not proved" in document  # the policy is not of a group of that name


def test_it_prints_to_two_pages(chromium: Chromium, archive: CustomerArchive) -> None:
    archive.run()
    chromium.open(written(archive).as_uri())
    printed = base64.b64decode(chromium.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) in (1, 2)
