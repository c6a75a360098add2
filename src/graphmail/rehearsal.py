"""Rehearsing against the sandbox: start it, and seal for each of its customers how ops signs in.

    python -m graphmail.rehearsal start [--inventory FILE] [--tenants FILE] [--folder DIR] [--port N]

keeps a sandbox in the foreground and says which variables to set in another shell. The sandbox is another process,
reached over TLS alone, like the real services.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from graphmail.credentials import ClientSecret, SealedCredential
from graphmail.customers import load
from graphmail.errors import TenantError
from graphmail.sealed import new_identity, public_key
from graphmail.state import StateFolder

START = 30.0  # seconds


@dataclass(slots=True)
class Rehearsal:
    """A sandbox process, an operator's identity and sealed admin credentials, all below `folder`."""

    folder: Path
    tenants: Path
    inventory: Path
    port: int = 0
    running: Path | None = None  # the sandbox.json of one that runs already
    process: subprocess.Popen[bytes] | None = None

    @property
    def description(self) -> Path:
        return self.running or self.folder / "sandbox" / "sandbox.json"

    @property
    def environment(self) -> dict[str, str]:
        """What a shell, a playbook or a kernel needs to use it."""
        return {
            "GRAPHMAIL_SANDBOX": str(self.description),
            "GRAPHMAIL_STATE": str(self.folder / "state"),
            "GRAPHMAIL_IDENTITY": str(self.folder / "identity"),
        }

    def __enter__(self) -> Self:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.running is None:
            self.start()
        try:
            self.seal_admins()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the sandbox and return when it answers. Raises TenantError when it does not."""
        before = _written(self.description)
        program = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(self.tenants), "--port", str(self.port)]
        with (self.folder / "sandbox.log").open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [*program, "--state", str(self.description.parent)], stdout=log, stderr=subprocess.STDOUT
            )
        end = time.monotonic() + START
        # A file of another sandbox, which still runs, is not ours.
        while _written(self.description) in (None, before):
            if self.process.poll() is not None or time.monotonic() > end:
                said = (self.folder / "sandbox.log").read_text(encoding="utf-8", errors="replace").strip()
                self.stop()
                raise TenantError(
                    "The sandbox did not start",
                    expected=f"five free ports from {self.port}" if self.port else "",
                    found=said[-800:] or "no word of it",
                    remedy="end what listens there, or choose others: `make sandbox PORT=9443`, or PORT=0 for any",
                )
            time.sleep(0.05)

    def seal_admins(self) -> None:
        """Seal the sandbox's admin secrets as ops would seal a real tenant's."""
        identity = self.folder / "identity"
        own = public_key(identity) if identity.exists() else new_identity(identity)
        admins = json.loads(self.description.read_text(encoding="utf-8"))["admins"]
        for customer in load(self.inventory).customers.values():
            admin = admins.get(customer.tenant_id)
            if admin is None:
                continue
            path = StateFolder(self.folder / "state", customer.name).make().admin
            credential = ClientSecret(customer.tenant_id, admin["client_id"], "sandbox", admin["client_secret"])
            self._write(credential, path, [*customer.operators, own])

    def _write(self, credential: SealedCredential, path: Path, recipients: Sequence[str]) -> None:
        """Seal, and compare with this rehearsal's own key, whatever key the caller's environment names."""
        callers = os.environ.get("GRAPHMAIL_IDENTITY")
        os.environ["GRAPHMAIL_IDENTITY"] = str(self.folder / "identity")
        try:
            credential.write(path, recipients)
        finally:
            if callers is None:
                del os.environ["GRAPHMAIL_IDENTITY"]
            else:
                os.environ["GRAPHMAIL_IDENTITY"] = callers

    def wait(self) -> int:
        """Until the sandbox ends by itself; its exit status."""
        return self.process.wait() if self.process else 0

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def _written(file: Path) -> int | None:
    """When the file was written, in nanoseconds; None if there is none."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m graphmail.rehearsal", description="Rehearse against the sandbox.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    start = verbs.add_parser("start", help="keep a sandbox in the foreground")
    start.add_argument("--inventory", type=Path, default=Path("inventory.example.yml"))
    start.add_argument("--tenants", type=Path, default=Path("sandbox.example.yml"))
    start.add_argument("--folder", type=Path, default=Path(".sandbox"), help="its state, wiped by nobody")
    start.add_argument("--port", type=int, default=8443)
    options = parser.parse_args(arguments)
    rehearsal = Rehearsal(
        options.folder.absolute(), options.tenants.absolute(), options.inventory.absolute(), options.port
    )
    # Ended like Ctrl-C, so that no sandbox is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with rehearsal:
            print((rehearsal.folder / "sandbox.log").read_text(encoding="utf-8"))
            print("In another shell:\n")
            # Beside its state: in the archive of another state folder nothing here could be opened.
            told = rehearsal.environment | {"GRAPHMAIL_EVIDENCE": str(rehearsal.folder / "evidence")}
            print("\n".join(f"export {name}={value}" for name, value in told.items()))
            print(f". {Path(sys.executable).with_name('activate')}")
            print(f"ansible-playbook -i {options.inventory} playbooks/onboard.yml\n\nCtrl-C ends it.", flush=True)
            return rehearsal.wait()
    except KeyboardInterrupt:
        return 0
    except TenantError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
