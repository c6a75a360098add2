"""Two runs of one customer at once, and a run that was killed."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.killed_process import HELD, RealRun
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = pytest.mark.playbook


def started(ops: Operations) -> RealRun:
    """ansible-playbook onboard.yml for contoso, hanging in its first batch of reads."""
    ops.change(lambda entries: None, "contoso")
    ops.sandbox.fault(CONTOSO, "graph", "POST", "/$batch", times=1, hang=HELD)
    run = RealRun(ops, "onboard.yml")
    run.wait_until(lambda: any("EXOModuleFile" in r["path"] for r in ops.sandbox.requests(CONTOSO)), "a request")
    return run


def test_a_second_run_of_the_same_customer_stops_and_names_the_first(ops: Operations) -> None:
    first = started(ops)
    try:
        second = ops.play("onboard.yml")
        assert second.rc != 0
        message = second.failures()["contoso"]
        assert "Another run is working on customer contoso" in message
        assert f"process {first.process.pid}" in message
        assert [w for w in ops.sandbox.writes if w["actor"] != "by-hand"] == []
    finally:
        first.end_workers()


def test_after_a_kill_the_orphan_keeps_the_customer_locked_until_it_is_ended(ops: Operations) -> None:
    first = started(ops)
    first.kill()
    assert first.workers(), "no worker outlived the kill, so there is nothing to see here"
    assert "Another run" in ops.play("onboard.yml").failures()["contoso"]

    first.end_workers()
    again = ops.play("onboard.yml")

    assert again.succeeded, again.failures()
    assert len(again.changed("contoso")) == 6
    assert all((bag / "bagit.txt").exists() for bag in ops.evidence.glob("contoso/*/bag"))
    assert (ops.evidence / "LOG").read_text().count('"type":"aborted"') == 1


def test_an_interrupted_run_lets_go_of_the_customer(ops: Operations) -> None:
    first = started(ops)
    os.kill(first.process.pid, signal.SIGINT)
    end_by = time.monotonic() + 20
    while first.process.poll() is None and time.monotonic() < end_by:
        time.sleep(0.1)
    assert first.process.returncode not in (None, 0)
    first.end_workers()
    assert ops.play("onboard.yml").succeeded
