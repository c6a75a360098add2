"""Onboarding, proof and hand-over leave no secret anywhere, however much Ansible is made to say and whatever happens.

`nothing_leaked` (tests/nothing_leaked.py) looks after every test of this folder; here are the runs that say the most. A
sample, and with GRAPHMAIL_SWEEP=all every verbosity, ending well and badly (an hour).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from graphmail.sealed import new_identity
from tests import telling_sandbox
from tests.killed_process import killed
from tests.nothing_leaked import issued, leaks, private_keys, sealed_texts
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO
from tests.sweep import sampled

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]
LOUD = {"ANSIBLE_DEBUG": "1", "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_VERBOSE_TO_STDERR": "1"}


@dataclass(frozen=True, slots=True)
class Saying:
    """How much is said, and whether the run ends well."""

    verbosity: int
    well: bool
    debug: bool

    def __str__(self) -> str:
        return f"v{self.verbosity}-{'well' if self.well else 'badly'}-{'debug' if self.debug else 'plain'}"


WHOLE = [Saying(v, well, debug) for v in range(6) for well in (True, False) for debug in (False, True)]
CASES = sampled(WHOLE, Saying(5, well=False, debug=True))


def told_so_far(ops: Operations) -> int:
    return (ops.sandbox.path.parent / telling_sandbox.NAME).stat().st_size


@pytest.mark.parametrize("saying", CASES, ids=str)
def test_a_whole_run_says_no_secret(ops: Operations, saying: Saying) -> None:
    vendor = new_identity(ops.folder / "vendor")
    ops.change(lambda entries: entries["contoso"].update(handover={"recipients": [vendor]}), "contoso")
    start = told_so_far(ops)
    if not saying.well:
        echo = {"error": {"code": "ErrorInternalServerError", "message": "no"}}
        ops.sandbox.fault(CONTOSO, "graph", "PUT", "*AttachmentSessions*", status=400, body=echo, times=99)

    run = ops.play(
        "site.yml", *(["-" + "v" * saying.verbosity] if saying.verbosity else []), **(LOUD if saying.debug else {})
    )

    assert run.succeeded == saying.well, run.output[-3000:]
    secrets = issued(ops.sandbox, start)
    kinds = Counter(secret.kind for secret in secrets)
    assert kinds["token"] > 5
    assert kinds["client secret"] == 1
    assert kinds["upload URL or refresh token"] >= 1
    everything = [*secrets, *private_keys(ops.folder), *sealed_texts(ops.folder)]
    assert list((ops.folder / "kept").rglob("artifacts/*/stdout"))  # what ansible-runner writes is looked at
    assert leaks(ops.folder, everything, f"{run.output}\n{run.events}") == []


@pytest.mark.parametrize("left", ["state/contoso/credentials/*.age", "evidence/contoso/*/bag/data/records/*.json"])
def test_a_killed_run_leaves_no_secret(ops: Operations, monkeypatch: pytest.MonkeyPatch, left: str) -> None:
    ops.change(lambda entries: None, "contoso")
    start = told_so_far(ops)
    for name, value in LOUD.items():
        monkeypatch.setenv(name, value)

    killed(ops, "site.yml", lambda: bool(list(ops.folder.glob(left))), "-vvvvv", "--diff")

    secrets = [*issued(ops.sandbox, start), *private_keys(ops.folder), *sealed_texts(ops.folder)]
    kinds = Counter(secret.kind for secret in secrets)
    assert kinds["token"] > 1
    assert kinds["client secret"] == 1
    assert list(ops.folder.glob("state/contoso/letterbox/*/*.age"))  # what it minted lies there, and says nothing
    assert (ops.folder / "killed.log").stat().st_size > 100_000
    assert leaks(ops.folder, secrets) == []
