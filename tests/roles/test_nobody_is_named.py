"""Real runs, however they end, leave evidence that names nobody, and that its operators can read and can drop."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graphmail.evidence import runs
from graphmail.evidence.seal.examine import Examination
from tests.killed_process import Request, killed
from tests.nobody_named import named
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = pytest.mark.playbook
GROUP = "Kundo Mail mailboxes"
EXTRA, OWNER, OUTSIDE, MEMBER = (f"{name}@contoso.example" for name in ("sales", "admin", "ceo", "support"))


def program(ops: Operations, *arguments: object) -> str:
    command = [sys.executable, "-m", "graphmail.evidence", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ops.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_succeeded_failed_and_killed_runs_name_nobody_until_they_are_opened_and_never_after_a_drop(
    ops: Operations,
) -> None:
    ops.change(lambda entries: None, "contoso")
    assert ops.play("onboard.yml").succeeded
    added = {"Identity": GROUP, "Member": EXTRA}
    ops.sandbox.by_hand(CONTOSO, cmdlet="Add-DistributionGroupMember", parameters=added)
    ops.sandbox.settle(CONTOSO)
    assert ops.play("onboard.yml").succeeded  # warns, and names the stranger
    ops.change(lambda entries: entries["contoso"].update(mailboxes=[MEMBER, "nobody@contoso.example"]), "contoso")
    assert not ops.play("onboard.yml").succeeded  # there is no such mailbox, which it says by its address
    ops.change(lambda entries: None, "contoso")
    killed(ops, "onboard.yml", Request("graph", "POST", "/$batch"))
    assert "as aborted" in program(ops, "close", "--evidence", ops.evidence)

    *_, failed, aborted = runs(ops.evidence, "contoso")
    assert len(list(runs(ops.evidence, "contoso"))) == 4
    assert named(ops.evidence) == []
    assert Examination(ops.evidence).run().faults == []
    assert "nobody@contoso.example" in failed.readable("report.html")
    assert OUTSIDE in aborted.readable("plan.json")

    program(ops, "open", ops.evidence / "contoso", "--into", ops.folder / "opened")
    text = "".join(path.read_text() for path in (ops.folder / "opened").rglob("*.*") if path.is_file())
    assert [who for who in (EXTRA, OWNER, OUTSIDE, MEMBER) if who not in text] == []

    program(ops, "drop", "contoso", "--evidence", ops.evidence, "--reason", "They left")
    assert "contoso: personal data dropped on" in program(ops, "verify", ops.evidence)
    assert "nobody@contoso.example" not in failed.readable("report.html")
