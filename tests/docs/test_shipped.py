"""A file of library/ by itself, for whoever ships it: in a playbook here its action plugin runs instead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graphmail.customers import load
from graphmail.resources import CLASSES
from graphmail.sealed import new_identity
from tests.docs.conftest import INVENTORY
from tests.sandbox_process import ROOT

WITHOUT_PACKAGE = """
import runpy, sys
sys.modules["graphmail_ansible"] = None  # as where it is not installed
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.mark.parametrize("module", sorted(CLASSES))
def test_without_the_package_it_says_what_is_missing(module: str) -> None:
    file = str(ROOT / "library" / f"{module}.py")
    done = subprocess.run([sys.executable, "-c", WITHOUT_PACKAGE, file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result["failed"]
    assert "(graphmail)" in result["msg"]


@pytest.mark.playbook
def test_ansible_runs_it_as_python_and_it_tells_a_failure_as_the_plugin_does(tmp_path: Path) -> None:
    tenant = load(INVENTORY).customers["contoso"].connection(INVENTORY, tmp_path)
    arguments = {"tenant": tenant, "mailboxes": ["a@contoso.example"], "outside_mailbox": "b@contoso.example"}
    inventory = f"localhost ansible_connection=local ansible_python_interpreter={sys.executable}\n"
    (tmp_path / "inventory").write_text(inventory)
    # Not our configuration, so no action plugin is found.
    (tmp_path / "ansible.cfg").write_text(f"[defaults]\nlibrary = {ROOT / 'library'}\n")
    settings = {"ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"), "ANSIBLE_HOME": str(tmp_path / "home")}
    new_identity(tmp_path / "identity")
    own = {"GRAPHMAIL_STATE": str(tmp_path / "state"), "GRAPHMAIL_IDENTITY": str(tmp_path / "identity")}
    program = str(Path(sys.executable).parent / "ansible")
    done = subprocess.run(
        [
            program,
            "-i",
            str(tmp_path / "inventory"),
            "localhost",
            "-m",
            "propagation_probe",
            "-a",
            json.dumps(arguments),
        ],
        env=os.environ | settings | own,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    assert "Customer contoso has no sealed credential" in done.stdout
