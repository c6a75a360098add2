"""One run's folder in the archive: `<root>/<customer>/<run id>/bag/data/…`."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from graphmail.clock import SystemClock
from graphmail.durable import sync_folder
from graphmail.errors import TenantError
from graphmail.evidence import bag
from graphmail.evidence.files import EvidenceError, folder_lock, write_once, write_over
from graphmail.evidence.personal.mapping import known_here
from graphmail.evidence.personal.placeholders import put_back
from graphmail.evidence.personal.taking import take
from graphmail.evidence.personal.text import decode, encode
from graphmail.evidence.record import Environment, Record, records_in
from graphmail.evidence.secrecy import make_private, refuse_secrets
from graphmail.evidence.states import NO_WRITE, UNCHANGED, unread
from graphmail.evidence.steps import Confirmation, HttpCall, Step
from graphmail.evidence.tools import operator, tools
from graphmail.leaks.letterbox import Letterbox
from graphmail.state import CUSTOMER_NAME, StateFolder, is_customer_name, state_root

if TYPE_CHECKING:
    from graphmail.evidence.personal.data_key import DataKey
    from graphmail.evidence.seal.sealer import Sealer

# `aborted`: the run was ended before it could close itself, and somebody else closed it.
Outcome = Literal["succeeded", "failed", "waiting", "aborted"]

RUN_ID = re.compile(r"^\d{8}T\d{6}Z-[a-z0-9_]+-[0-9a-f]{6}$")

# Beside the bag of a run that must not be closed as it is; says why.
REFUSED = "not-closed.txt"


def new_run_id(playbook: str, now: datetime) -> str:
    """`YYYYMMDDTHHMMSSZ-<playbook>-<6 hex>`; sorts by time, and two runs of one second differ."""
    run_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{playbook.replace('-', '_')}-{secrets.token_hex(3)}"
    if not RUN_ID.match(run_id):
        raise EvidenceError(f"{playbook!r} cannot be part of a run id", expected="lower case letters, digits and _")
    return run_id


class Run:
    """What one run of one customer leaves behind. Several processes may write to it at once.

    Making the object touches nothing; the folders come with the first write. Every write after `close` is refused.
    """

    def __init__(self, root: Path | str, customer: str, run_id: str) -> None:
        if not is_customer_name(customer):
            raise EvidenceError(f"{customer!r} cannot be the name of a folder", expected=CUSTOMER_NAME)
        if not RUN_ID.match(run_id):
            raise EvidenceError(f"{run_id!r} is no run id", expected="YYYYMMDDTHHMMSSZ-<playbook>-<6 hex>")
        self.customer = customer
        self.run_id = run_id
        self.folder = Path(root) / customer / run_id
        self.bag = self.folder / "bag"
        self.data = self.bag / "data"
        # Of the run's own process: what its tasks and kernels came to know.
        self.letterbox: Letterbox | None = None
        # Of the run's own process too: who seals it when it is closed. Why it is not sealed yet, after that.
        self.sealer: Sealer | None = None
        self.not_sealed = ""
        # What seals the personal data, where it is not the sealer that is asked.
        self.data_key: DataKey | None = None

    @property
    def exists(self) -> bool:
        return self.data.is_dir()

    @property
    def closed(self) -> bool:
        return bag.is_complete(self.bag)

    def begin(
        self,
        *,
        tenant_id: str,
        environment: Environment,
        at: datetime,
        plan: Mapping[str, Any],
        invocation: Mapping[str, Any] | None = None,
    ) -> None:
        """Say what the run is about, before anything else; `plan` is what shall be, without secrets.

        `invocation` is what the command line said beside it.

        Only the first call of a run counts, so that each of its processes may make it.
        """
        about = {
            "schema": 1,
            "customer": self.customer,
            "tenant_id": tenant_id,
            "environment": environment,
            "run_id": self.run_id,
            "started": at.astimezone(UTC).isoformat(),
            "operator": operator(),
            "plan": dict(plan),
            "invocation": dict(invocation or {}),
        }
        with self._writing():
            write_once(self.data / "tools.json", _json(tools()))
            if write_once(self.data / "plan.json", _json(about)):
                sync_folder(self.data)

    def about(self) -> dict[str, Any]:
        """What `begin` was told; empty when nobody began."""
        path = self.data / "plan.json"
        return json.loads(path.read_bytes()) if path.is_file() else {}

    def append_step(self, step: Step) -> None:
        self._append("steps.jsonl", step.to_line())

    def append_http(self, exchange: Mapping[str, Any]) -> None:
        """One request, with the fields of HttpCall; what is not one of them is refused, lest it be a secret."""
        self._append("http.jsonl", HttpCall.model_validate(exchange).to_line())

    def append_confirmation(self, service: str, by: str) -> None:
        """Say what confirmed that this is the tenant."""
        self._append("tenant.jsonl", Confirmation(at=SystemClock().now(), service=service, by=by).to_line())

    def write_record(self, record: Record) -> Path:
        if (record.customer, record.run_id) != (self.customer, self.run_id):
            raise EvidenceError(
                "A record belongs to another run",
                expected=f"{self.customer} {self.run_id}",
                found=f"{record.customer} {record.run_id}",
            )
        with self._writing():
            return record.write(self.data / "records")

    def write_state(self, moment: Literal["before", "after"], state: Mapping[str, Any]) -> None:
        """What was in the tenant, as `before.json` or `after.json`; a later call replaces it."""
        with self._writing():
            write_over(self.data / f"{moment}.json", _json(dict(state)))

    def state(self, moment: Literal["before", "after"]) -> dict[str, Any]:
        """What `write_state` was told last; empty when nobody told anything."""
        path = self.data / f"{moment}.json"
        return dict(json.loads(path.read_bytes())) if path.is_file() else {}

    def notebook_path(self, notebook: str) -> Path:
        """Where the next executed copy of a notebook goes; an earlier one stays."""
        with self._writing():
            folder = self.data / "notebooks"
            folder.mkdir(exist_ok=True)
            names = (f"{notebook}.ipynb" if number == 1 else f"{notebook}-{number}.ipynb" for number in range(1, 1000))
            return next(folder / name for name in names if not (folder / name).exists())

    def records(self) -> list[Record]:
        """Its records, oldest first."""
        return records_in(self.data / "records")

    def readable(self, name: str) -> str:
        """A file of its data, with addresses and names where it is closed and the customer's data key is here.

        Whatever reads evidence later reads it through this; without the key it has placeholders.
        """
        known = (known_here(self.data, self.customer, self.run_id) if self.closed else None) or {}
        return encode(put_back(decode((self.data / name).read_bytes()), known)).decode(errors="replace")

    def close(self, outcome: Outcome, at: datetime, why: str = "") -> Path:
        """Write report.html, take personal data out, make the folder a bag and seal it; return the report's path.

        Exactly one close succeeds.

        Where no timestamp authority answers it is closed all the same, and `not_sealed` says why.
        Dying in the middle leaves an open run, never half a bag that validates; close it again. Raises SecretsFound
        and NotSearched as `refuse_secrets` does; then the run is open, and its report says that it failed.
        """
        from graphmail.evidence.report import RunReport  # it reads runs
        from graphmail.evidence.twins import write_twins

        if not self.exists:
            raise EvidenceError(f"There is nothing to close in {self.folder}")
        with self._writing(exclusive=True):
            self._say_what_was_not_read()
            write_twins(self)
            report = RunReport.of(self, outcome=outcome, finished=at, why=why)
            write_over(self.data / "report.html", report.to_html().encode())
            info = self._bag_info(outcome, at, why)
            taken = take(self, key, info) if (key := self._personal_key(at)) else None
            told = taken.mapping if taken else b""
            try:
                refuse_secrets(self.data, info, StateFolder(state_root(), self.customer), self.letterbox, told)
            except TenantError as error:
                failed = RunReport.of(self, outcome="failed", finished=at, why=str(error))
                write_over(self.data / "report.html", failed.to_html().encode())
                make_private(self.data)
                write_over(self.folder / REFUSED, f"{error}\n".encode())
                raise
            if taken:
                taken.write()
            bag.make(self.bag, taken.info if taken else info)
        if self.letterbox:
            self.letterbox.close()
        if self.sealer:
            self.not_sealed = self.sealer.seal_or_say(self, at)
        return self.data / "report.html"

    def _personal_key(self, at: datetime) -> DataKey | None:
        """The customer's data key; none for a run that nobody seals."""
        return self.data_key or (self.sealer.data_key(self.customer, at) if self.sealer else None)

    def _say_what_was_not_read(self) -> None:
        """before.json comes before the first write, so without it none was begun; with one comes an after.json."""
        for moment, why in (("before", NO_WRITE), ("after", UNCHANGED)):
            write_once(self.data / f"{moment}.json", _json(unread(why)))

    def _bag_info(self, outcome: Outcome, at: datetime, why: str) -> dict[str, str]:
        about = self.about()
        return {
            "External-Identifier": f"{self.customer}/{self.run_id}",
            "Customer": self.customer,
            "Tenant-Id": about.get("tenant_id", ""),
            "Environment": about.get("environment", ""),
            "Run-Id": self.run_id,
            "Run-Started": about.get("started", ""),
            "Run-Finished": at.astimezone(UTC).isoformat(),
            "Run-Outcome": outcome,
            "Run-Outcome-Reason": " ".join(why.split()),
            "Bagging-Date": f"{at.astimezone(UTC):%Y-%m-%d}",
        }

    @contextmanager
    def _writing(self, *, exclusive: bool = False) -> Iterator[None]:
        self.data.mkdir(parents=True, exist_ok=True)
        with folder_lock(self.folder, exclusive=exclusive):
            if self.closed:
                raise EvidenceError(
                    f"Run {self.run_id} of {self.customer} is closed", remedy="start another run; this one is evidence"
                )
            yield

    def _append(self, name: str, line: bytes) -> None:
        # One write() with O_APPEND lands whole and at the end, whatever the other processes do.
        with self._writing():
            descriptor = os.open(self.data / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                if os.write(descriptor, line) != len(line):
                    raise EvidenceError(f"{self.data / name} took only half a line", found="the disk may be full")
            finally:
                os.close(descriptor)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True, default=str).encode() + b"\n"
