"""The notebook that makes the fleet report: from a shell, from Jupyter, and when something is in the way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from graphmail.errors import TenantError
from graphmail.fleet.making import NOTEBOOK, make
from graphmail.notebook import declared
from tests.sandbox_process import ROOT
from tests.unit.evidence_samples import check
from tests.unit.fleet.archive import FleetArchive

pytestmark = pytest.mark.notebook
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FleetArchive:
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "")
    made = FleetArchive(tmp_path)
    made.left("contoso", all="passed", checks={"verify_send": [check("failed", observed=HOSTILE)]})
    made.left("fabrikam", all="passed")
    return made


def program(archive: FleetArchive, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graphmail.fleet", "--evidence", str(archive.root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=archive.folder, timeout=120)


def test_the_program_writes_beside_the_archive_and_a_failure_leaves_the_old_report(archive, tmp_path):
    red = program(archive)
    assert red.returncode == 1, red.stderr
    assert red.stdout.startswith(
        "2 customers: 1 green, 1 red, 0 unknown\n  red     contoso: shown to be untrue: send\n"
    )
    files = {path.name: path.read_bytes() for path in (tmp_path / "reports").iterdir()}
    assert set(files) == {"fleet.html", "fleet.json", "junit.xml", "fleet_report.ipynb"}
    wrong = program(archive, "--customer", "fabrikm")
    assert wrong.returncode == 2
    assert "Neither the archive nor the inventory knows this customer" in wrong.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "reports").iterdir()} == files


def test_what_is_hostile_is_text_in_the_executed_notebook(archive, tmp_path):
    files = make(archive.root, tmp_path / "reports")
    executed = nbformat.read(files[-1], as_version=4)
    shown = [
        output.data["text/html"] for cell in executed.cells for output in cell.get("outputs", ()) if "data" in output
    ]
    assert len(shown) == 5
    assert not any("<script" in html or "<img" in html for html in shown)
    assert "contoso" in shown[1]


def test_it_works_where_jupyter_starts_a_kernel_in_the_notebooks_own_folder(archive, tmp_path):
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        "fleet_report.ipynb",
        str(tmp_path / "out.ipynb"),
    ]
    given = ["--cwd", ".", "-p", "evidence", str(archive.root), "-p", "into", str(tmp_path / "here")]
    given += ["-p", "inventory", "inventory.example.yml"]
    done = subprocess.run(
        [*command, *given], cwd=ROOT / "notebooks", capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "here" / "fleet.json").read_text())["with_inventory"] is True


def test_it_has_no_parameter_for_a_secret_and_refuses_others(archive, tmp_path):
    assert set(declared(NOTEBOOK)) == {"evidence", "inventory", "customers", "into"}
    with pytest.raises(TenantError):
        make(archive.root, archive.root / "contoso")
