"""Customers' data keys in the log: made when first needed, dropped when a customer's personal data must go.

A key is in its file before it is in the log, and in the log before anything is sealed to it. That it is dropped is in
the log before its file goes, and that it is destroyed after that; whoever works on the customer next finishes the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.data_key import DataKey, destroy, key_file, unfinished
from graphmail.evidence.seal.history import LoggedDataKey
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.log import Log
from graphmail.state import StateFolder, state_root

_GONE = "the state folder was thrown away, as the sandbox's is, and the key with it"


@dataclass(frozen=True, slots=True)
class DataKeys:
    """Of one customer; only inside `log.locked(key)`."""

    log: Log
    key: SigningKey
    customer: str
    at: datetime

    @property
    def state(self) -> StateFolder:
        return StateFolder(state_root(), self.customer)

    def in_use(self, operators: Sequence[str]) -> DataKey:
        """The one in use; a new one when there is none. Raises TenantError when the one in use is not here."""
        self.finish()
        logged = self.log.history.data_key(self.customer)
        if logged and not self.file(logged).is_file():
            if self.log.history.environment == "production":
                raise EvidenceError(
                    f"The data key of customer {self.customer} is not there",
                    found=f"no file {self.file(logged)}",
                    remedy="restore it from a backup. If it is lost, say so in the log: `python -m graphmail.evidence "
                    f"drop {self.customer} --reason …`; the next run makes a new one. Nothing was contacted",
                )
            self.drop(logged, {"reason": _GONE, "user": "", "host": ""})
            logged = None
        if logged:
            key = DataKey.open(self.file(logged))
            key.for_all(self.file(logged), operators)
            return key
        made = self._unlogged() or DataKey.make(self.state, self.log.history.origin, operators)
        added = {"customer": self.customer, "recipient": made.recipient}
        self.log.append("data-key-added", added, self.key, self.at)
        return made

    def drop(self, logged: LoggedDataKey, by: Mapping[str, str]) -> None:
        """`by` says reason, user and host. Safe to be killed at any moment, and to be made again."""
        if logged.dropped is None:
            about = {"customer": self.customer, "data_key": logged.id}
            self.log.append("dropped", about | dict(by), self.key, self.at)
        self.finish()

    def finish(self) -> None:
        """Destroy each key that is dropped and not yet said to be destroyed; first what is half written of any.

        Keys are written under the log's lock alone, so nobody is at it.
        """
        for half in unfinished(self.state, self.log.history.origin):
            destroy(half)
        for key in self.log.history.data_keys_of(self.customer):
            if key.dropped and not key.destroyed:
                destroy(self.file(key))
                about = {"customer": self.customer, "data_key": key.id}
                self.log.append("data-key-destroyed", about, self.key, self.at)

    def file(self, logged: LoggedDataKey) -> Path:
        return key_file(self.state, self.log.history.origin, logged.id)

    def _unlogged(self) -> DataKey | None:
        """One that was made for this log when its maker died: nothing is sealed to it yet."""
        known = {self.file(key) for key in self.log.history.data_keys_of(self.customer)}
        made = self.state.data_keys.glob(f"{self.log.history.origin.rpartition('/')[2]}-*.age")
        return next((DataKey.open(file) for file in sorted(made) if file not in known), None)
