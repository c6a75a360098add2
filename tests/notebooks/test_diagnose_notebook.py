"""The notebook itself, in a real kernel and from a shell."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest

from graphmail.evidence import runs
from graphmail.notebook import declared, execute
from tests.sandbox_process import ROOT

NOTEBOOK = ROOT / "notebooks" / "diagnose.ipynb"
SUPPORT = "support@contoso.example"


def test_as_it_is_stored():
    stored = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)
    nbformat.validate(stored)
    assert stored.cells[0].source.startswith("# ")
    assert "**Why it matters.**" in stored.cells[1].source
    assert "**What would disprove it.**" in stored.cells[1].source
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert all(len(cell.source.splitlines()) <= 10 for cell in code)
    types = {"customer": "str", "symptom": "str", "inventory": "str", "run_id": "str", "evidence": "str"}
    assert declared(NOTEBOOK) == {**types, "max_wait": "int"}


@pytest.mark.notebook
def test_it_shows_the_cause_the_calls_and_the_next_step(contoso, tmp_path):
    contoso.graph("PATCH", f"/servicePrincipals/{contoso.principal['id']}", {"accountEnabled": False})
    contoso.sandbox.settle(contoso.tenant)
    contoso.sandbox.mark()
    parameters = contoso.parameters(symptom="suddenly stopped", max_wait=0)
    result = execute(NOTEBOOK, parameters, tmp_path / "out.ipynb")
    assert (result.verdict, result.error) == ("failed", "")
    shown = result.output.read_text()
    assert "The app is disabled" in shown
    assert "Enabled for sign-in" in shown
    assert "accountEnabled False" in shown
    assert contoso.secret not in shown
    assert contoso.sandbox.writes == []
    (run,) = runs(contoso.evidence)
    assert "AADSTS7000112" in (run.data / "report.html").read_text()


@pytest.mark.notebook
def test_nothing_wrong_is_an_answer(contoso, tmp_path):
    contoso.sandbox.advance(contoso.tenant, 2 * 86400)
    result = execute(NOTEBOOK, contoso.parameters(max_wait=0), tmp_path / "out.ipynb")
    assert (result.verdict, result.error) == ("unknown", "")
    assert "None of the known causes holds" in result.output.read_text()


@pytest.mark.notebook
def test_it_works_from_a_shell(contoso, tmp_path):
    contoso.cmdlet("Set-Mailbox", Identity=SUPPORT, MaxSendSize=4 * 1024 * 1024)
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "notebooks/diagnose.ipynb"]
    given = {"customer": "contoso", "symptom": "only large mail fails", "inventory": "inventory.example.yml"}
    given["evidence"] = str(contoso.evidence)
    options = [part for name, value in given.items() for part in ("-p", name, value)]
    done = subprocess.run(
        [*command, str(tmp_path / "out.ipynb"), *options], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert f"Set-Mailbox {SUPPORT} -MaxSendSize 14MB" in (tmp_path / "out.ipynb").read_text()
