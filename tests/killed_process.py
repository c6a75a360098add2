"""A real ansible-playbook that is killed with SIGKILL, and the workers that outlive it.

    killed(ops, "migrate.yml", Request("graph", "DELETE", "*/appRoleAssignments/*"))
    killed(ops, "migrate.yml", lambda: stored_step() == "hold")
    assert ops.play("migrate.yml").succeeded

At a request the sandbox holds its answer, so that the run dies there and nowhere else. tests/killed.py does it in this
process, at any request and in a tenth of the time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from graphmail_ansible.playbook_run import REPOSITORY
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

HELD = 60  # seconds that the sandbox holds an answer; the run dies long before
PATIENCE = 300  # seconds for a run to come to where it dies; a shared machine can be slow
OFTEN = 0.01


@dataclass(frozen=True, slots=True)
class Request:
    """The first one that fits, `before` or `after` it is done; shell patterns, as a fault of the sandbox takes them."""

    service: str
    method: str = "*"
    path: str = "*"
    cmdlet: str = "*"
    when: str = "after"


class RealRun:
    """An ansible-playbook of one customer, started and not waited for."""

    def __init__(self, ops: Operations, playbook: str, *arguments: str, customer: str = "contoso") -> None:
        self._lock = ops.state(customer) / "lock"
        program = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(ops.inventory), *arguments]
        self._output = ops.folder / "killed.log"
        self.process = subprocess.Popen(
            [*program, f"--limit={customer}", str(REPOSITORY / "playbooks" / playbook)],
            env=os.environ | ops.environment | {"ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg")},
            stdout=self._output.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def workers(self) -> list[int]:
        """Processes that hold the customer's lock file open."""
        found = []
        for folder in Path("/proc").glob("[0-9]*/fd"):
            try:
                if any(os.readlink(fd) == str(self._lock) for fd in folder.iterdir()):
                    found.append(int(folder.parent.name))
            except OSError:
                continue
        return found

    def wait_until(self, seen: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not seen():
            assert self.process.poll() is None, f"the run ended before {what}: {self._output.read_text()}"
            assert time.monotonic() < end, f"the run never came to {what}"
            time.sleep(OFTEN)

    def kill(self) -> None:
        """The process, and nobody else: its workers go on."""
        self.process.kill()
        self.process.wait(10)

    def end_workers(self) -> None:
        """Those that are left; returns when none holds the lock any more."""
        for pid in self.workers():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        end = time.monotonic() + 10
        while self.workers() and time.monotonic() < end:
            time.sleep(OFTEN)
        self.process.wait(10)


def killed(
    ops: Operations,
    playbook: str,
    at: Request | Callable[[], bool],
    *arguments: str,
    customer: str = "contoso",
    tenant: str = CONTOSO,
) -> None:
    """Run it until that request, or until that is so; then kill it and what it leaves behind."""
    faults = f"/tenants/{tenant}/faults"
    seen = at if callable(at) else lambda: not ops.sandbox.control("GET", faults)["faults"]
    if isinstance(at, Request):
        ops.sandbox.fault(tenant, times=1, hang=HELD, **asdict(at))
    run = RealRun(ops, playbook, *arguments, customer=customer)
    try:
        run.wait_until(seen, str(at))
        if isinstance(at, Request) and at.when == "after":
            # The fault is taken before the request is done.
            time.sleep(5 * OFTEN)
    finally:
        run.kill()
        run.end_workers()
        ops.sandbox.control("DELETE", faults)
