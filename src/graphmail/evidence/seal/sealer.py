"""Opens, seals and settles runs of one archive, with key, authority and log."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from graphmail.errors import TenantError
from graphmail.evidence import bag
from graphmail.evidence.files import write_over
from graphmail.evidence.personal.data_key import DataKey
from graphmail.evidence.record import Environment
from graphmail.evidence.run import REFUSED, Run
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.bundle import Bundle
from graphmail.evidence.seal.data_keys import DataKeys
from graphmail.evidence.seal.history import SALT, LoggedRun
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.leftovers import clear_run
from graphmail.evidence.seal.log import BUNDLE, Log
from graphmail.evidence.seal.page import page
from graphmail.evidence.seal.standing import DoesNotCount, must_count
from graphmail.evidence.seal.statement import outcome, statement
from graphmail.evidence.seal.timestamps import NotReached, TimestampAuthority, check


@dataclass(slots=True)
class Sealer:
    """`authority` gives the timestamp authority when it is needed; it raises NotReached where there is none."""

    root: Path
    environment: Environment
    key: SigningKey
    authority: Callable[[], TimestampAuthority]
    operators: Sequence[str] = ()  # to whom customers' data keys are sealed
    log: Log = field(init=False)

    def __post_init__(self) -> None:
        self.log = Log(self.root)

    def opened(self, run: Run, tenant_id: str, at: datetime) -> None:
        """Log that a run begins. Raises TenantError; then it must not begin.

        What seals its personal data is there before it, so that whoever closes it can.
        """
        with self.log.locked(self.key):
            self.log.start(self.environment, self.key, page(), at)
            self._data_key(run.customer, at)
            about = {"customer": run.customer, "run_id": run.run_id, "tenant_id": tenant_id}
            previous = self.log.history.newest.get(run.customer)
            salt = {SALT: secrets.token_hex(16)}
            self.log.append("opened", about | {"previous": previous} | salt, self.key, at)

    def data_key(self, customer: str, at: datetime) -> DataKey:
        """The customer's, made when there is none. Raises TenantError when it is not there or does not open.

        A run that has begun can be closed with it also where the signing key counts no more, and be sealed later.
        """
        with self.log.locked(self.key):
            self.log.admit(self.environment, self.key, at)
            return self._data_key(customer, at)

    def _data_key(self, customer: str, at: datetime) -> DataKey:
        return DataKeys(self.log, self.key, customer, at).in_use(self.operators)

    def seal(self, run: Run, at: datetime) -> None:
        """Seal a closed run: statement, signature, timestamp, entry.

        Raises NotReached where no authority answers, and DoesNotCount where the key does not count at the time that
        the authority tells: then the run is closed and not sealed, and this may be repeated.
        """
        bag.check(run.bag)
        authority = self.authority()
        with self.log.locked(self.key):
            self.log.start(self.environment, self.key, page(), at)
            signed = Bundle.sign(statement(run, self.log.history), self.key)
        stamped = Bundle(signed.payload, signed.signature, signed.key_id, authority.stamp(signed.signature))
        packed, when = stamped.pack(), check(stamped.timestamp, stamped.signature, authority.roots)
        with self.log.locked(self.key):
            must_count(self.key.public, self.log.history, when)
            self.log.add_authority(authority.roots, self.key, at)
            write_over(run.folder / BUNDLE, packed)
            about = {"customer": run.customer, "run_id": run.run_id}
            kind = "aborted" if outcome(run) == "aborted" else "sealed"
            digest = hashlib.sha256(packed).hexdigest()
            self.log.append(kind, about | {"bundle_sha256": digest}, self.key, at)

    def seal_or_say(self, run: Run, at: datetime) -> str:
        """Seal; why it could not be done yet, or nothing when it is."""
        try:
            self.seal(run, at)
        except (NotReached, DoesNotCount) as error:
            return str(error)
        return ""

    def settle(self, customer: str, at: datetime, *, only_closed: bool = False) -> Iterator[str]:
        """Close and seal what earlier runs of the customer left open; says of each what became of it.

        The caller holds the customer's lock, so none of them is alive. What cannot be settled stays open.
        """
        with self.log.locked(self.key):
            self.log.start(self.environment, self.key, page(), at)
            left = self.log.history.open_runs(customer)
        for logged in left:
            run = Run(self.root, customer, logged.run_id)
            clear_run(run)
            if only_closed and not run.closed:
                continue
            if (run.folder / REFUSED).exists():
                yield f"Run {run.run_id} of {customer} holds secrets and stays open: {run.folder / REFUSED}"
                continue
            try:
                if not run.closed:
                    self._abort(run, logged, at)
                self.seal(run, at)
                yield f"Run {run.run_id} of {customer} had not been sealed; it is now, as {outcome(run)}"
            except (TenantError, OSError) as error:
                yield f"Run {run.run_id} of {customer} is not sealed: {error}"

    def _abort(self, run: Run, logged: LoggedRun, at: datetime) -> None:
        with suppress(FileNotFoundError):
            for half in run.data.glob(".*"):
                half.unlink()  # what a crash left of a file being written
        run.begin(
            tenant_id=logged.opened["tenant_id"],
            environment=self.environment,
            at=canonical.read_time(logged.opened["at"]),
            plan={},
        )
        run.data_key = self.data_key(run.customer, at)
        run.close("aborted", at, "it was ended before it could close its own evidence")
