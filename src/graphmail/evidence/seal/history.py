"""What the log's entries say together, and which entry may follow which. One set of rules for writing and verifying."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.data_key import key_id
from graphmail.evidence.run import RUN_ID
from graphmail.evidence.seal.canonical import read_time
from graphmail.evidence.seal.keys import PublicKey
from graphmail.state import CUSTOMER_NAME

ENDS = ("sealed", "aborted")
COUNTING = ("opened", *ENDS, "exported")
ENVIRONMENTS = ("sandbox", "production")
_ALWAYS = {"at", "seq", "type"}
_SHA256 = re.compile("[0-9a-f]{64}")
_RECIPIENT = re.compile("age1[0-9a-z]{58}")
# The one field of a line that stands for an entry of another customer, and the type it has here.
HIDDEN = "leaf_sha256"
# In entries that could be guessed: whoever has their hash alone, as in another customer's proof, cannot try guesses.
SALT = "salt"
_SALTED = re.compile("[0-9a-f]{32}")
# In entries of runs and exports: how many before it name no customer, as keys, revocations and certificates do. Who
# exports for one customer can hide none of those from before the newest of them. Older logs have none.
COMMON = "common"
# In `exported`: how many entries before it are of its customer, so that none of these can be hidden. Older ones have
# none.
OWN = "own"


@dataclass(slots=True)
class LoggedKey:
    public: PublicKey
    added: int
    revoked: int | None = None
    revoked_from: datetime | None = None

    def counts(self, moment: datetime, entry: int) -> bool:
        """Whether what it signed at `moment`, and was logged as number `entry`, counts."""
        within = self.public.valid_from <= moment <= self.public.valid_until
        return within and self.added <= entry and (self.revoked_from is None or moment < self.revoked_from)


@dataclass(slots=True)
class LoggedRun:
    opened: dict[str, Any]
    opened_leaf: bytes
    ended: dict[str, Any] | None = None

    @property
    def customer(self) -> str:
        return str(self.opened["customer"])

    @property
    def run_id(self) -> str:
        return str(self.opened["run_id"])


@dataclass(slots=True)
class LoggedDataKey:
    """What a customer's personal data is sealed to. `dropped` says that it must go, `destroyed` that it is gone."""

    customer: str
    recipient: str
    added: int
    dropped: dict[str, Any] | None = None
    destroyed: dict[str, Any] | None = None

    @property
    def id(self) -> str:
        return key_id(self.recipient)

    @property
    def file_name(self) -> str:
        """Its public half's, in `keys/`."""
        return f"data-{self.id[:16]}.txt"

    def file(self, origin: str) -> bytes:
        return f"Customer: {self.customer}\nLog: {origin}\nKey-Id: {self.id}\n{self.recipient}\n".encode()


@dataclass(slots=True)
class History:
    """Entries are added one by one, in order; each is checked against those before it."""

    size: int = 0
    common: int = 0  # of these, how many name no customer
    own: Counter[str] = field(default_factory=Counter)  # customer -> how many are of it
    origin: str = ""
    environment: str = ""
    page: str = ""
    keys: dict[str, LoggedKey] = field(default_factory=dict)
    authorities: list[str] = field(default_factory=list)
    runs: dict[tuple[str, str], LoggedRun] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)  # customer -> its newest run
    data_keys: dict[str, LoggedDataKey] = field(default_factory=dict)
    exported: dict[str, dict[str, Any]] = field(default_factory=dict)  # customer -> the newest entry of that type
    last: dict[str, Any] = field(default_factory=dict)

    def add(self, entry: dict[str, Any], leaf: bytes) -> None:
        """Raises EvidenceError when this entry cannot stand here."""
        try:
            fields, rule = _KINDS[entry["type"]]
            if set(entry) - {SALT, COMMON, OWN} != _ALWAYS | fields or entry["seq"] != self.size:
                raise ValueError("fields or number")  # noqa: TRY301
            if (entry["type"] == "log") != (self.size == 0):
                raise ValueError("the log begins once")  # noqa: TRY301
            read_time(entry["at"])
            _salt(entry)
            self._counted(entry)
            rule(self, entry, leaf)
        except (KeyError, ValueError, TypeError) as error:
            raise EvidenceError(f"entry {self.size} of the log cannot stand there", found=str(error)) from None
        self.size += 1
        if "customer" in entry:
            self.own[entry["customer"]] += 1
        else:
            self.common += 1
        self.last = entry

    def hide(self) -> None:
        """An entry of another customer, in what was exported for one: it has its place, and says nothing."""
        if self.size == 0:
            raise EvidenceError("the log's first entry cannot be hidden")
        self.size += 1
        self.last = {"type": HIDDEN}

    def open_runs(self, customer: str | None = None) -> list[LoggedRun]:
        runs = [run for run in self.runs.values() if run.ended is None]
        return [run for run in runs if customer in (None, run.customer)]

    def data_keys_of(self, customer: str) -> list[LoggedDataKey]:
        """Oldest first."""
        return [key for key in self.data_keys.values() if key.customer == customer]

    def data_key(self, customer: str) -> LoggedDataKey | None:
        """The one that is in use."""
        return next((key for key in self.data_keys_of(customer) if key.dropped is None), None)

    def previous(self, run: LoggedRun) -> dict[str, Any] | None:
        """The customer's run before, as a statement names it."""
        if run.opened["previous"] is None:
            return None
        before = self.runs[run.customer, run.opened["previous"]]
        ended = before.ended if before.ended and before.ended["seq"] < run.opened["seq"] else None
        return {
            "run_id": before.run_id,
            "opened_leaf_sha256": before.opened_leaf.hex(),
            "bundle_sha256": ended["bundle_sha256"] if ended else None,
        }

    def signers(self) -> Iterator[PublicKey]:
        """Who may sign the checkpoint that the newest entry ends.

        A new key is vouched for by an older one. The sandbox's keys are thrown away with it, so there it need not be.
        """
        entry = self.size - 1
        for key in self.keys.values():
            own = self.last["type"] == "key-added" and key.added == entry and self.environment == "production"
            if key.revoked is None and not own:
                yield key.public

    def _counted(self, entry: dict[str, Any]) -> None:
        if COMMON in entry and (entry["type"] not in COUNTING or type(entry[COMMON]) is not int):
            raise ValueError("no count")
        if entry.get(COMMON, self.common) != self.common:
            raise ValueError(f"{entry[COMMON]} entries before it name no customer, and {self.common} are there")
        if OWN in entry:
            there = self.own[entry["customer"]]
            if entry["type"] != "exported" or type(entry[OWN]) is not int or entry[OWN] != there:
                raise ValueError(f"{entry[OWN]} entries before it are of its customer, and {there} are there")

    def _log(self, entry: dict[str, Any], leaf: bytes) -> None:
        if entry["environment"] not in ENVIRONMENTS:
            raise ValueError("no environment")
        if not re.fullmatch(rf"graphmail-evidence/{entry['environment']}/[0-9a-f]{{16}}", entry["origin"]):
            raise ValueError("no origin")
        self.origin, self.environment = entry["origin"], entry["environment"]
        self._key_added(entry, leaf)
        self._page(entry, leaf)

    def _key_added(self, entry: dict[str, Any], leaf: bytes) -> None:
        key = PublicKey.of(entry["key"])
        if key.id in self.keys:
            raise ValueError("the key is there already")
        self.keys[key.id] = LoggedKey(key, self.size)

    def _key_revoked(self, entry: dict[str, Any], leaf: bytes) -> None:
        key = self.keys[entry["key_id"]]
        if key.revoked is not None or not isinstance(entry["reason"], str):
            raise ValueError("the key is revoked already")
        key.revoked, key.revoked_from = self.size, read_time(entry["from"])

    def _authority(self, entry: dict[str, Any], leaf: bytes) -> None:
        digest = hashlib.sha256(entry["certificates"].encode()).hexdigest()
        if digest != entry["certificates_sha256"] or digest in self.authorities:
            raise ValueError("no new certificates")
        self.authorities.append(digest)

    def _page(self, entry: dict[str, Any], leaf: bytes) -> None:
        self.page = _digest(entry["page_sha256"])

    def _opened(self, entry: dict[str, Any], leaf: bytes) -> None:
        customer, run_id = entry["customer"], entry["run_id"]
        if not re.fullmatch(CUSTOMER_NAME, customer) or not RUN_ID.match(run_id) or (customer, run_id) in self.runs:
            raise ValueError("no new run")
        if entry["previous"] != self.newest.get(customer) or not isinstance(entry["tenant_id"], str):
            raise ValueError("another run before")
        self.runs[customer, run_id] = LoggedRun(entry, leaf)
        self.newest[customer] = run_id

    def _ended(self, entry: dict[str, Any], leaf: bytes) -> None:
        run = self.runs[entry["customer"], entry["run_id"]]
        if run.ended is not None:
            raise ValueError("the run has ended already")
        _digest(entry["bundle_sha256"])
        run.ended = entry

    def _exported(self, entry: dict[str, Any], leaf: bytes) -> None:
        """Up to here an export can leave nothing out: it says which run is the newest, and counts what must be there.

        Those of before it counted the customer's own say less: an end, or a key that went, could be hidden before it.
        """
        if COMMON not in entry or entry["newest"] != self.newest[entry["customer"]]:
            raise ValueError("another run is the newest")
        self.exported[entry["customer"]] = entry

    def _data_key_added(self, entry: dict[str, Any], leaf: bytes) -> None:
        key = LoggedDataKey(entry["customer"], entry["recipient"], self.size)
        if not re.fullmatch(CUSTOMER_NAME, key.customer) or not _RECIPIENT.fullmatch(key.recipient):
            raise ValueError("no data key")
        if key.id in self.data_keys or self.data_key(key.customer):
            raise ValueError("the customer has a data key already")
        self.data_keys[key.id] = key

    def _dropped(self, entry: dict[str, Any], leaf: bytes) -> None:
        key = self.data_keys[entry["data_key"]]
        if key.dropped or key.customer != entry["customer"]:
            raise ValueError("no data key in use")
        if not all(isinstance(entry[name], str) for name in ("reason", "user", "host")):
            raise ValueError("nobody dropped it")
        key.dropped = entry

    def _destroyed(self, entry: dict[str, Any], leaf: bytes) -> None:
        key = self.data_keys[entry["data_key"]]
        if not key.dropped or key.destroyed or key.customer != entry["customer"]:
            raise ValueError("no data key that was dropped")
        key.destroyed = entry


_Rule = Callable[[History, dict[str, Any], bytes], None]
_KINDS: dict[str, tuple[set[str], _Rule]] = {
    "log": ({"environment", "origin", "key", "page_sha256"}, History._log),  # noqa: SLF001 - its own table
    "key-added": ({"key"}, History._key_added),  # noqa: SLF001
    "key-revoked": ({"key_id", "from", "reason"}, History._key_revoked),  # noqa: SLF001
    "authority-added": ({"certificates", "certificates_sha256"}, History._authority),  # noqa: SLF001
    "page-changed": ({"page_sha256"}, History._page),  # noqa: SLF001
    "opened": ({"customer", "run_id", "tenant_id", "previous"}, History._opened),  # noqa: SLF001
    "sealed": ({"customer", "run_id", "bundle_sha256"}, History._ended),  # noqa: SLF001
    "aborted": ({"customer", "run_id", "bundle_sha256"}, History._ended),  # noqa: SLF001
    "exported": ({"customer", "newest"}, History._exported),  # noqa: SLF001
    "data-key-added": ({"customer", "recipient"}, History._data_key_added),  # noqa: SLF001
    "dropped": ({"customer", "data_key", "reason", "user", "host"}, History._dropped),  # noqa: SLF001
    "data-key-destroyed": ({"customer", "data_key"}, History._destroyed),  # noqa: SLF001
}


def _salt(entry: dict[str, Any]) -> None:
    if SALT in entry and (entry["type"] not in ("opened", "exported") or not _SALTED.fullmatch(entry[SALT])):
        raise ValueError("no salt")


def _digest(text: Any) -> str:
    if not isinstance(text, str) or not _SHA256.fullmatch(text):
        raise ValueError("no digest")
    return text
