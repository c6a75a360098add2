"""An archive of runs that went well, failed and were killed: is it genuine to everybody, and does it read well?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.killed_process import Request, killed
from tests.roles.conftest import Operations
from tests.sandbox_process import FABRIKAM, LITWARE
from tests.verify_page import BLOCKS, NODE_MODULES, TOOLS, Page, shell

__all__ = ["shell"]
pytestmark = [
    pytest.mark.playbook,
    pytest.mark.notebook,
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed"),
]


def ours(ops: Operations) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graphmail.evidence", "verify", str(ops.evidence)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_foreign_tools_and_ours_verify_runs_that_went_well_failed_and_were_killed(ops: Operations, shell) -> None:
    site = ops.play("site.yml")
    assert site.failures() == {}, site.output
    (policy,) = ops.sandbox.by_hand(FABRIKAM, cmdlet="Get-ApplicationAccessPolicy")["value"]
    parameters = {"Identity": policy["Identity"], "Confirm": False}
    ops.sandbox.by_hand(FABRIKAM, cmdlet="Remove-ApplicationAccessPolicy", parameters=parameters)
    ops.sandbox.settle(FABRIKAM)
    assert "verify_access failed" in ops.play("verify.yml", "--limit=fabrikam").failures()["fabrikam"]
    killed(ops, "verify.yml", Request("graph", "POST", "*/sendMail"), customer="litware", tenant=LITWARE)
    still_open = ours(ops)
    again = ops.play("onboard.yml")
    assert again.failures() == {}, again.output

    page = Page(ops.evidence, shell)
    for block in (*BLOCKS, *(["sigstore"] if NODE_MODULES.exists() else [])):
        done = page.run(block)
        assert done.returncode == 0, f"{block}: {done.stdout}{done.stderr}"
    assert "8 runs opened, 8 ended" in page.run("population").stdout
    assert page.run("runs").stdout.count(": sealed ") == 8
    assert still_open.returncode == 0, still_open.stdout
    assert "1 open" in still_open.stdout
    verdict = ours(ops)
    assert verdict.returncode == 0, verdict.stdout
    assert "7 sealed, 1 aborted, 0 open" in verdict.stdout

    report = ops.play("report.yml", "-e", f"report_into={ops.folder / 'reports'}", "-e", "report_accept=red")
    told = json.loads((ops.folder / "reports" / "fleet.json").read_text())
    assert report.rc == 0, report.output
    assert told["summary"] == "3 customers: 2 green, 1 red, 0 unknown"
    assert [need["customer"] for need in told["needs"] if need["urgency"] == "red"] == ["fabrikam"]
