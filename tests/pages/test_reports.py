"""The reports as a person's browser shows them: complete, without network, and mail cannot run in them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.evidence_samples import NOON, begun, check, record, step

pytestmark = pytest.mark.chromium
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>"


def shown(browser: str, page: Path, profile: Path) -> tuple[str, str]:
    """The page's document after loading, and what the browser said on its console."""
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr",
        f"--user-data-dir={profile}",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One closed run, whose mail and tenant tried to write into its report."""
    run = begun(tmp_path / "evidence")
    run.append_step(step(after={"display_name": HOSTILE}))
    run.write_record(record(check(), check("failed", name="receive", observed=f"subject {HOSTILE}")))
    run.close("failed", NOON, "receive failed")
    return tmp_path / "evidence"


def test_a_runs_report_shows_its_verdicts_and_runs_nothing(browser: str, archive: Path, tmp_path: Path) -> None:
    (page,) = archive.glob("*/*/bag/data/report.html")
    document, console = shown(browser, page, tmp_path / "profile")
    assert console == ""
    assert "SANDBOX" in document
    assert "receive failed" in document
    assert document.count('class="verdict failed"') >= 2
    assert "<title>owned" not in document
    assert "&lt;script&gt;" in document
