"""`make demo`: the whole job for every customer of the example inventory, offline, and once more to see nothing change.

    python -m graphmail_ansible.demo [--folder .demo] [--evidence evidence]

Exits non-zero when anything fails. The folder is wiped at each start; the evidence is kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from graphmail.customers import load
from graphmail.errors import TenantError
from graphmail.rehearsal import Rehearsal
from graphmail_ansible.playbook_run import REPOSITORY, PlaybookRun, TaskEvent, run_playbook


class Demo:
    """One rehearsal, told line by line."""

    def __init__(self, folder: Path, evidence: Path) -> None:
        self.inventory = REPOSITORY / "inventory.example.yml"
        self.rehearsal = Rehearsal(folder, REPOSITORY / "sandbox.example.yml", self.inventory)
        self.evidence = evidence
        self.reports = evidence.with_name("reports")
        self.customers = list(load(self.inventory).customers)

    def run(self) -> bool:
        """Whether everything was green."""
        shutil.rmtree(self.rehearsal.folder, ignore_errors=True)
        with self.rehearsal:
            print(f"sandbox   {len(self.customers)} tenants, {self.rehearsal.description}")
            site = self._play("site.yml")
            if not site.succeeded:
                return self._failed("site.yml", site)
            again = self._play("onboard.yml")
            changed = {customer: again.changed(customer) for customer in self.customers}
            for customer, tasks in changed.items():
                print(f"again     {customer}: changed={len(tasks)} {', '.join(tasks)}")
            if not again.succeeded or any(changed.values()):
                return self._failed("the second onboard.yml", again)
            return self._report()

    def _play(self, playbook: str, *arguments: str) -> PlaybookRun:
        print(f"\n== {playbook}")
        began = time.monotonic()
        environment = self.rehearsal.environment | {"GRAPHMAIL_EVIDENCE": str(self.evidence)}
        done = run_playbook(playbook, self.inventory, environment, "--diff", *arguments, tell=self._tell)
        print(f"== {playbook}: {done.status} in {time.monotonic() - began:.0f} s")
        return done

    @staticmethod
    def _tell(event: TaskEvent) -> None:
        if event.module == "propagation_probe":
            print(f"{event.result.get('status', event.outcome):9} {event.host}: {event.message}", flush=True)
        elif event.item and event.module == "verification_notebook" and event.outcome != "skipped":
            told = event.result
            print(f"{told.get('verdict', event.outcome):9} {event.host}: {told.get('notebook', '')}", flush=True)
        elif not event.item and event.outcome in ("changed", "failed", "unreachable"):
            print(f"{event.outcome:9} {event.host}: {event.task}", flush=True)

    def _failed(self, what: str, run: PlaybookRun) -> bool:
        print(f"\n{what} failed.", file=sys.stderr)
        for host, message in run.failures().items():
            print(f"  {host}: {message}", file=sys.stderr)
        if not run.events:
            print(run.output[-3000:], file=sys.stderr)
        return False

    def _report(self) -> bool:
        # The archive is kept, and may hold customers of other rehearsals.
        report = self._play("report.yml", f"--limit={','.join(self.customers)}", f"-e report_into={self.reports}")
        print("\n".join(str(e.result.get("stdout", "")) for e in report.events if e.module == "command"))
        if not report.succeeded:
            return self._failed("report.yml", report)
        handed = [
            (customer, path)
            for customer in self.customers
            for path in sorted((self.rehearsal.folder / "state" / customer / "handover").glob("*.txt"))
        ]
        print(tabulate(handed, headers=["customer", "handed over, with this note"], tablefmt="simple"))
        return len(handed) == len(self.customers)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m graphmail_ansible.demo", description="The whole job, offline.")
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="its state; wiped at each start")
    parser.add_argument("--evidence", type=Path, default=Path("evidence"), help="the archive; kept")
    options = parser.parse_args(arguments)
    try:
        green = Demo(options.folder.absolute(), options.evidence.absolute()).run()
    except TenantError as error:
        print(error, file=sys.stderr)
        return 1
    print("\nAll green." if green else "\nNot green.")
    return 0 if green else 1


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
