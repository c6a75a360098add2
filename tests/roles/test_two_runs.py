"""Two runs of one customer at once, and a run that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graphmail_ansible.playbook_run import REPOSITORY
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = pytest.mark.playbook
HANG = 60  # seconds that one request is held; the tests end it long before


def started(ops: Operations) -> subprocess.Popen:
    """ansible-playbook onboard.yml for contoso, hanging in its first batch of reads."""
    ops.change(lambda entries: None, "contoso")
    ops.sandbox.fault(CONTOSO, "graph", "POST", "/$batch", times=1, hang=HANG)
    program = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(ops.inventory)]
    process = subprocess.Popen(
        [*program, str(REPOSITORY / "playbooks" / "onboard.yml")],
        env=os.environ | ops.environment | {"ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 30
    while not any("EXOModuleFile" in r["path"] for r in ops.sandbox.requests(CONTOSO)):
        assert time.monotonic() < end, "the first run never asked anything"
        time.sleep(0.05)
    return process


def workers(ops: Operations) -> list[int]:
    """Processes that hold contoso's lock file open."""
    lock = ops.state("contoso") / "lock"
    found = []
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(os.readlink(fd) == str(lock) for fd in folder.iterdir()):
                found.append(int(folder.parent.name))
        except OSError:
            continue
    return found


def end(ops: Operations) -> None:
    for pid in workers(ops):
        os.kill(pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while workers(ops) and time.monotonic() < limit:
        time.sleep(0.05)


def test_a_second_run_of_the_same_customer_stops_and_names_the_first(ops: Operations) -> None:
    first = started(ops)
    try:
        second = ops.play("onboard.yml")
        assert second.rc != 0
        message = second.failures()["contoso"]
        assert "Another run is working on customer contoso" in message
        assert f"process {first.pid}" in message
        assert [w for w in ops.sandbox.writes if w["actor"] != "by-hand"] == []
    finally:
        end(ops)
        first.wait(10)


def test_after_a_kill_the_orphan_keeps_the_customer_locked_until_it_is_ended(ops: Operations) -> None:
    first = started(ops)
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    assert workers(ops), "no worker outlived the kill, so there is nothing to see here"
    assert "Another run" in ops.play("onboard.yml").failures()["contoso"]

    end(ops)
    again = ops.play("onboard.yml")

    assert again.succeeded, again.failures()
    assert len(again.changed("contoso")) == 6
    opened = [bag.parent for bag in ops.evidence.glob("contoso/*/bag") if not (bag / "bagit.txt").exists()]
    assert len(opened) == 1


def test_an_interrupted_run_lets_go_of_the_customer(ops: Operations) -> None:
    first = started(ops)
    os.kill(first.pid, signal.SIGINT)
    end_by = time.monotonic() + 20
    while first.poll() is None and time.monotonic() < end_by:
        time.sleep(0.1)
    assert first.returncode not in (None, 0)
    end(ops)
    assert ops.play("onboard.yml").succeeded
