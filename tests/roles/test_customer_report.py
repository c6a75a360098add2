"""What site.yml and offboard.yml leave in one customer's evidence, as an outsider and its administrator read it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graphmail.evidence.states import UNCHANGED
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]


def told(ops: Operations, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graphmail.evidence", *arguments]
    return subprocess.run(
        command, env=os.environ | ops.environment, capture_output=True, text=True, check=False, cwd=ops.folder
    )


def data(ops: Operations, playbook: str) -> Path:
    return sorted(ops.evidence.glob(f"contoso/*-{playbook}-*/bag/data"))[-1]


def state(ops: Operations, playbook: str, moment: str) -> dict[str, Any]:
    return dict(json.loads((data(ops, playbook) / f"{moment}.json").read_text()))


def requests(ops: Operations, playbook: str) -> int:
    return len((data(ops, playbook) / "http.jsonl").read_text().splitlines())


def test_state_and_page_follow_a_customer_from_an_empty_tenant_to_an_empty_tenant(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")

    site = ops.play("site.yml")
    assert site.failures() == {}, site.output
    assert state(ops, "site", "before")["application"] is None
    client_id = state(ops, "site", "after")["application"]["client_id"]
    assert {path.name for path in (data(ops, "site") / "notebooks").glob("*.html")} == {
        f"verify_{claim}.html" for claim in ("access", "send", "receive", "large_mail")
    }
    report = told(ops, "customer-report", "contoso", "--into", "page.html")
    assert (report.returncode, report.stderr) == (0, ""), report
    page = (ops.folder / "page.html").read_text()
    for fact in ("Proved:", client_id, CONTOSO, "support@contoso.example", "ceo@contoso.example"):
        assert fact in page

    again = ops.play("onboard.yml")
    assert again.failures() == {}, again.output
    assert state(ops, "onboard", "before")["application"]["client_id"] == client_id
    assert state(ops, "onboard", "after")["why"] == UNCHANGED
    assert requests(ops, "onboard") <= 12
    assert told(ops, "customer-report", "contoso", "--into", "page.html").returncode == 0

    gone = ops.play("offboard.yml", "-e", "offboard=contoso")
    assert gone.failures() == {}, gone.output
    assert state(ops, "offboard", "before")["application"]["client_id"] == client_id
    said = json.loads((data(ops, "offboard") / "plan.json").read_text())["invocation"]
    assert (said["playbooks"], said["extra_vars"]) == (["offboard.yml"], {"offboard": "contoso"})
    after = state(ops, "offboard", "after")
    assert (after["application"], after["group"], after["access_policies"]) == (None, None, [])
    refused = told(ops, "customer-report", "contoso", "--into", "page.html")
    assert refused.returncode == 1
    assert "has no app any more" in refused.stderr
