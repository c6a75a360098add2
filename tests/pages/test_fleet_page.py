"""The fleet report in a person's browser: complete without network and script, sortable with it, whole when printed."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from graphmail.evidence.titles import VERIFICATIONS
from graphmail.fleet import Fleet, write_all
from graphmail.journal import Journal
from graphmail.live_credential import MARKER
from graphmail.state import StateFolder, state_root
from tests.pages.chromium import Chromium
from tests.sandbox_process import ROOT
from tests.unit.evidence_samples import check
from tests.unit.fleet.archive import DAY, FleetArchive

pytestmark = pytest.mark.chromium
OWNED = "alert(1);document.title='owned'"
HOSTILE = f"""</title></style></script>'"><script>{OWNED}</script><img src=//evil.example/x onerror="{OWNED}">"""
# Of an A4 page across, without its margins, in CSS pixels.
PAPER = (1032, 703)
VISIBLE = """[...document.querySelectorAll("#customers tbody tr")].filter((row) => !row.hidden)
    .map((row) => row.cells[0].innerText.split("\\n")[0])"""
CHOOSE_RED = (
    """(s => { s.value = "red"; s.dispatchEvent(new Event("change")); })(document.getElementById("filter-state"))"""
)
TALLEST = "Math.max(...[...document.querySelectorAll('svg, tr')].map((e) => e.getBoundingClientRect().height))"
RIGHT_EDGE = "Math.max(...[...document.querySelectorAll('table, svg')].map((e) => e.getBoundingClientRect().right))"
CUT_OFF = "Math.max(...[...document.querySelectorAll('td, th')].map((e) => e.scrollWidth - e.clientWidth))"
LINKS = "[...document.querySelectorAll('#customers a')].map((a) => decodeURIComponent(new URL(a.href).pathname))"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FleetArchive:
    """Every kind of standing, and whatever somebody else may choose tries to run."""
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "")
    made = FleetArchive(tmp_path)
    bad = check("failed", name=HOSTILE[:300], claim=HOSTILE, observed=HOSTILE, expected=HOSTILE)
    acts = check(name="policy", measured={"delay_seconds": 916.0, "not_before_seconds": 616.0})
    for number in range(12):
        made.left(f"green-{number:02}", number, all="passed", checks={"propagation": [acts]})
    made.left("contoso", all="passed", ended="failed", why=HOSTILE, checks={"verify_send": [bad]})
    made.left("fabrikam", all="passed", verify_receive="unknown")
    made.left("killed", all="passed", ended="open")
    changed = made.left("changed", all="passed", verify_send="failed")
    made.tampered(changed)
    (changed.data / HOSTILE.replace("/", "|")[:200]).write_text("a file's name is somebody's text too")
    journal = Journal(StateFolder(state_root(), "contoso").make().journal)
    journal.intend(HOSTILE, HOSTILE, at=DAY, display_name=HOSTILE, run_id=HOSTILE)
    # More credentials than a chart shows.
    journal = Journal(StateFolder(state_root(), "litware").make().journal)
    for number in range(45):
        end = (DAY + timedelta(days=40 + 10 * number)).isoformat()
        journal.intend("addPassword", f"{MARKER}{number}", at=DAY, client_id="c")
        journal.outcome(f"{MARKER}{number}", "sealed", at=DAY, key_id=f"k{number}", end=end)
    return made


@pytest.fixture
def page(archive: FleetArchive, tmp_path: Path) -> str:
    fleet = Fleet.read(archive.root, ROOT / "inventory.example.yml", now=DAY + timedelta(days=30))
    return write_all(fleet, tmp_path / "reports")[0].as_uri()


def harmless(chromium: Chromium, document: str, page: str) -> None:
    assert chromium.complaints == []
    assert chromium.requests == [page]
    assert "<title>owned" not in document
    assert chromium.count("img, iframe, object, embed, link, base, [onerror], [onload], [onclick], [src]") == 0
    assert (chromium.count("style"), chromium.count("script")) == (1, 1)


def test_it_is_complete_without_script_and_nothing_of_others_runs(chromium: Chromium, page: str) -> None:
    chromium.without_script()
    document = chromium.open(page)
    harmless(chromium, document, page)
    assert document.count("&lt;script&gt;") >= 2
    assert chromium.count("#customers tbody tr") == 17
    assert chromium.count("#filter[hidden]") == 1
    assert chromium.count("svg") == 3
    for words in ("SANDBOX", "17 customers: 12 green, 2 red, 3 unknown", "✗ does not verify", "? open", "Open intents"):
        assert words in document


def test_with_script_it_sorts_and_filters_and_still_nothing_of_others_runs(chromium: Chromium, page: str) -> None:
    document = chromium.open(page)
    harmless(chromium, document, page)
    assert chromium.value(VISIBLE)[:2] == ["changed", "contoso"]
    chromium.press("#customers thead th:first-child [role=button]")
    assert chromium.value(VISIBLE) == sorted(chromium.value(VISIBLE))
    chromium.press("#customers thead th:first-child [role=button]")
    assert chromium.value(VISIBLE) == sorted(chromium.value(VISIBLE), reverse=True)
    chromium.press("#customers thead th:nth-child(2) [role=button]")
    assert set(chromium.value(VISIBLE)[:2]) == {"changed", "contoso"}
    chromium.type("#filter-text", "GREEN-0")
    assert chromium.value(VISIBLE) == [f"green-{number:02}" for number in range(10)]
    assert "10 of 17 shown" in chromium.value("document.getElementById('filter-shown').textContent")
    chromium.value(CHOOSE_RED)
    assert chromium.value(VISIBLE) == []
    assert chromium.complaints == []
    assert chromium.requests == [page]


def test_printed_no_table_or_chart_is_cut(chromium: Chromium, page: str) -> None:
    chromium.ask("Emulation.setEmulatedMedia", media="print")
    chromium.ask(
        "Emulation.setDeviceMetricsOverride", width=PAPER[0], height=PAPER[1], deviceScaleFactor=1, mobile=False
    )
    chromium.open(page)
    widest = chromium.value(RIGHT_EDGE)
    assert 0 < widest <= PAPER[0]
    assert 0 < chromium.value(TALLEST) <= PAPER[1]
    inner = chromium.value(CUT_OFF)
    assert inner <= 1
    assert chromium.value("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    printed = base64.b64decode(chromium.ask("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert printed.startswith(b"%PDF")
    assert chromium.complaints == []


def test_on_a_narrow_screen_tables_scroll_and_the_page_does_not(chromium: Chromium, page: str) -> None:
    chromium.ask("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=False)
    chromium.open(page)
    assert chromium.value("document.documentElement.scrollWidth") <= 400


def test_links_lead_to_the_reports_of_runs(chromium: Chromium, archive: FleetArchive, page: str) -> None:
    chromium.open(page)
    links = chromium.value(LINKS)
    assert len(links) > len(VERIFICATIONS)
    assert all(Path(link).is_file() and Path(link).is_relative_to(archive.root) for link in links)
    assert "What was proved" in chromium.click("#customers a")


def test_an_empty_archive_makes_a_clear_page(chromium: Chromium, tmp_path: Path) -> None:
    page = write_all(Fleet.read(tmp_path / "evidence"), tmp_path / "reports")[0].as_uri()
    document = chromium.open(page)
    assert "No customer is known" in document
    assert "run site.yml for a customer" in document
    assert chromium.complaints == []
