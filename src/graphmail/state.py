"""Local state of one customer: the journal, sealed credentials, what is waited for. Never inside the evidence."""

from __future__ import annotations

import fcntl
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from graphmail.errors import TenantError

# Customer names become folder names.
CUSTOMER_NAME = r"[a-z0-9][a-z0-9-]{0,62}"
# … and an archive of evidence has folders of its own beside theirs.
RESERVED = frozenset({"checkpoints", "keys"})


def is_customer_name(text: str) -> bool:
    return re.fullmatch(CUSTOMER_NAME, text) is not None and text not in RESERVED


def state_root() -> Path:
    """GRAPHMAIL_STATE, or `state` below the working directory; absolute."""
    return Path(os.environ.get("GRAPHMAIL_STATE") or "state").absolute()


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Paths of one customer's state. Nothing is made before it is asked for with `make` or `lock`.

    Raises TenantError when `customer` is no customer's name.
    """

    root: Path
    customer: str

    def __post_init__(self) -> None:
        if not is_customer_name(self.customer):
            raise TenantError(
                "This is no customer's name, so it names no folder", expected=CUSTOMER_NAME, found=ascii(self.customer)
            )

    @property
    def path(self) -> Path:
        return self.root / self.customer

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def admin(self) -> Path:
        """How ops signs in to the tenant, sealed."""
        return self.path / "admin.age"

    @property
    def pending(self) -> Path:
        return self.path / "pending.json"

    @property
    def migration(self) -> Path:
        """How far the customer's migration to the other access model is."""
        return self.path / "migration.json"

    @property
    def kept(self) -> Path:
        """When the vendor's own credentials end, as last seen."""
        return self.path / "kept.json"

    @property
    def start_state(self) -> Path:
        """What was there before, as it was found, and what was changed of it here."""
        return self.path / "start_state.json"

    @property
    def data_keys(self) -> Path:
        """What opens the personal data in the customer's evidence, sealed."""
        return self.path / "data-keys"

    @property
    def credentials(self) -> Path:
        return self.path / "credentials"

    def credential(self, key_id: str) -> Path:
        """The mail app's credential of that key id, sealed to the operators."""
        return self.credentials / f"{_key_id(key_id)}.age"

    def retired(self, key_id: str) -> Path:
        """The same, when it was taken back."""
        return self.credentials / "retired" / f"{_key_id(key_id)}.age"

    def retire(self, key_id: str) -> None:
        """Move what is sealed of that credential aside; again is no error, and nothing is lost."""
        moves = [(self.credential(key_id), self.retired(key_id))]
        moves += [(file, self.handover / "replaced" / file.name) for file in self.handover.glob(f"{_key_id(key_id)}.*")]
        for source, target in moves:
            if source.exists():
                target.parent.mkdir(mode=0o700, exist_ok=True)
                source.replace(target)

    @property
    def handover(self) -> Path:
        return self.path / "handover"

    def handed_over(self, key_id: str) -> Path:
        """The same credential, sealed to the vendor and the operators."""
        return self.handover / f"{_key_id(key_id)}.age"

    def make(self) -> Self:
        """Make the folders, open to nobody else."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.path, self.credentials, self.handover):
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        return self

    def lock(self, run_id: str) -> Lock:
        """Hold this customer's lock, or raise TenantError that names who holds it. Does not wait."""
        return Lock(self.make().path / "lock", self.customer, run_id)


class Lock:
    """Keeps two runs of one customer apart.

    An flock: it belongs to the open file, so a forked child holds it too, and it is free when the last of them has
    closed it or died. A worker that outlives a killed ansible-playbook still holds it.
    """

    def __init__(self, path: Path, customer: str, run_id: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(os.pread(self._file, 4096, 0))
            os.close(self._file)
            raise TenantError(
                f"Another run is working on customer {customer}",
                found=holder,
                remedy="let it finish, or end that process and its children; then run again",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps({"pid": os.getpid(), "run_id": run_id}).encode(), 0)

    def close(self) -> None:
        """Let go of this process's share; the lock is free when all shares are closed."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _holder(written: bytes) -> str:
    try:
        holder = json.loads(written)
        return f"run {holder['run_id']}, process {holder['pid']}"
    except (ValueError, KeyError, TypeError):
        return "a run that has only just begun"


def _key_id(key_id: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9-]{1,64}", key_id) is None:
        raise TenantError("This is no key id, so it names no file", found=ascii(key_id))
    return key_id
