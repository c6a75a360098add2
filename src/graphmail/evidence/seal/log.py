"""The archive's log: one line for each entry, only ever appended to, with a checkpoint after every one.

What a line will be is noted down in the writer's own state first. The line is on the disk before its checkpoint, and
the checkpoint before what proves that a run is in it. Whoever writes next finishes what a crash left: half a line goes,
a proof that is missing is made, and so is a checkpoint, but only for a line that was noted down.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from graphmail.clock import SystemClock
from graphmail.durable import sync_folder
from graphmail.evidence.files import EvidenceError, clear_left, write_over
from graphmail.evidence.record import Environment
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.entries import CHECKPOINTS, Entries
from graphmail.evidence.seal.history import COMMON, COUNTING, ENDS, History
from graphmail.evidence.seal.intent import intend, was_intended
from graphmail.evidence.seal.keys import PublicKey, SigningKey
from graphmail.evidence.seal.standing import must_count, must_not_be_revoked

KEYS, PAGE, LOG = "keys", "VERIFY.md", "LOG"
# After these another key may sign.
SIGNERS = ("log", "key-added")
BUNDLE, INCLUSION = "run.sigstore.json", "inclusion.json"


class Log:
    """Of one archive. Several processes may append; each holds the file's lock meanwhile."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.entries = Entries()
        self._read = 0  # bytes
        self._file = -1

    @property
    def history(self) -> History:
        return self.entries.history

    @contextmanager
    def locked(self, key: SigningKey) -> Iterator[None]:
        """Hold the log's lock, with everything read that others appended, and with what a crash left mended."""
        (self.root / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
        (self.root / KEYS).mkdir(exist_ok=True)
        self._file = os.open(self.root / LOG, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._read_on(key)
            yield
        finally:
            os.close(self._file)
            self._file = -1

    def append(self, kind: str, fields: Mapping[str, Any], key: SigningKey, at: datetime) -> None:
        """Only inside `locked`. Raises EvidenceError, of a key that does not count too; then there is no line.

        A key that has ended may vouch for the one that follows: without it the archive could not go on.
        """
        if kind == "key-added":
            must_not_be_revoked(key.public, self.history)
        else:
            must_count(key.public, self.history, SystemClock().now())
        entry = {"type": kind, "seq": self.history.size, "at": canonical.time(at), **fields}
        if kind in COUNTING:
            entry[COMMON] = self.history.common
        line = canonical.encode(entry)
        try:
            self.entries.add(line)  # first: a line that cannot stand there must not reach the file
            if key.public not in self.history.signers():
                raise EvidenceError("This key may not sign the log's next entry", found=key.public.id[:16])  # noqa: TRY301
            intend(self.entries.head)
            if os.write(self._file, line + b"\n") != len(line) + 1:
                raise EvidenceError(f"{self.root / LOG} took only half a line", found="the disk may be full")  # noqa: TRY301
            os.fsync(self._file)
            self._read += len(line) + 1
            self._finish(key)
        except BaseException:
            self._forget()
            raise

    def start(self, environment: Environment, key: SigningKey, page: bytes, at: datetime) -> None:
        """Begin the log unless it has begun; add what it does not know of yet: this key, and this page.

        Raises EvidenceError for an archive of the other environment, and for a key that does not count or that nobody
        vouched for. Every run begins with this, so it is refused before its first write.
        """
        write = {"page_sha256": hashlib.sha256(page).hexdigest()}
        if self.history.size == 0:
            origin = f"graphmail-evidence/{environment}/{secrets.token_hex(8)}"
            self.append(
                "log", write | {"environment": environment, "origin": origin, "key": key.public.entry()}, key, at
            )
        must_count(key.public, self.history, SystemClock().now())
        self.admit(environment, key, at)
        if self.history.page != write["page_sha256"]:
            self.append("page-changed", write, key, at)
        if not (self.root / PAGE).is_file() or (self.root / PAGE).read_bytes() != page:
            write_over(self.root / PAGE, page)

    def admit(self, environment: Environment, key: SigningKey, at: datetime) -> None:
        """Raises EvidenceError for an archive of the other environment, and for a key that the log does not know.

        In the sandbox, where keys are thrown away, the log comes to know it.
        """
        if self.history.environment != environment:
            raise EvidenceError(
                f"The archive is of the {self.history.environment}, and this run is of the {environment}",
                found=str(self.root),
                remedy="set GRAPHMAIL_EVIDENCE to another folder for this; nothing was contacted",
            )
        if key.public.id not in self.history.keys:
            if environment == "production":
                raise EvidenceError(
                    "The archive does not know this key",
                    found=key.public.id[:16],
                    remedy="`python -m graphmail.evidence new-key` adds a new one, vouched for by the one before",
                )
            self.add_key(key, key, at)

    def add_key(self, new: SigningKey, voucher: SigningKey, at: datetime) -> None:
        self.append("key-added", {"key": new.public.entry()}, voucher, at)

    def add_authority(self, roots: bytes, key: SigningKey, at: datetime) -> None:
        """Keep the certificates with which timestamps are checked; nothing if they are there already.

        Raises EvidenceError where they are not ASCII, as PEM is.
        """
        if not roots.isascii():
            raise EvidenceError(
                "The timestamp authority's root certificates are not plain ASCII",
                remedy="take out of the file that `evidence.timestamp_roots` names what is no certificate",
            )
        digest = hashlib.sha256(roots).hexdigest()
        if digest not in self.history.authorities:
            fields = {"certificates": roots.decode("ascii"), "certificates_sha256": digest}
            self.append("authority-added", fields, key, at)

    def _read_on(self, key: SigningKey) -> None:
        begins = self._read == 0
        try:
            self._catch_up()
            if self._mend(key) or begins:
                self._clear()
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        """What counts is in the file."""
        self.entries, self._read = Entries(), 0

    def _catch_up(self) -> None:
        size = os.fstat(self._file).st_size
        unread = os.pread(self._file, max(0, size - self._read), self._read)
        lines = unread.split(b"\n")
        for line in lines[:-1]:
            if self.history.last.get("type") in SIGNERS:
                self._signed()  # or keys that nobody vouched for would sign what comes after
            self.entries.add(line)
            self._read += len(line) + 1
        later = self.root / CHECKPOINTS / f"{self.history.size + 1:08}.note"
        if size < self._read or later.exists():
            raise EvidenceError(f"{self.root / LOG} is shorter than its checkpoints say", remedy="restore it")
        if lines[-1]:
            os.ftruncate(self._file, self._read)  # half a line of a process that died; nobody signed it
            os.fsync(self._file)

    def _clear(self) -> None:
        """What processes left that died while they wrote; whoever writes there holds the log's lock."""
        clear_left(self.root, re.escape(PAGE))
        clear_left(self.root / CHECKPOINTS, r"\d{8}\.note")
        clear_left(self.root / KEYS, r"(?:data-|timestamp-)?[0-9a-f]{16}\.(?:pem|txt)")
        if self.history.last.get("type") in ENDS:
            clear_left(self.root / self.history.last["customer"] / self.history.last["run_id"], re.escape(INCLUSION))

    def _mend(self, key: SigningKey) -> bool:
        """The newest line is signed, or becomes so if this machine wrote it. That covers those before it.

        Whether anything was missing.
        """
        if not self.history.size:
            return False
        head = self.entries.head
        note = self.root / CHECKPOINTS / head.file_name
        if note.exists():
            self._signed()
        elif not was_intended(head):
            raise EvidenceError(
                f"{self.root / LOG}, line {head.size}: no checkpoint, and nothing says that this machine wrote it",
                found=str(self.history.last["type"]),
                remedy="run `python -m graphmail.evidence seal` on the machine that wrote it; where that is lost, or "
                "none did: docs/operators.md, `A line that nobody signed`. Nothing was signed, nothing contacted",
            )
        elif key.public not in self.history.signers():
            raise EvidenceError("The log's last entry has no checkpoint, and this key may not sign it", found=str(note))
        return self._finish(key)

    def _signed(self) -> None:
        """The newest line has its checkpoint, by a key of those before it. Raises EvidenceError."""
        head = self.entries.head
        note = self.root / CHECKPOINTS / head.file_name
        try:
            head.signer(note.read_bytes(), list(self.history.signers()))
        except (EvidenceError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise EvidenceError(
                f"{self.root / LOG}, line {head.size}: its checkpoint does not sign it",
                found=f"{note}: {why}",
                remedy="restore the archive; nothing was signed, nothing contacted",
            ) from None

    def _finish(self, key: SigningKey) -> bool:
        """What belongs to the newest entry, unless it is there: its checkpoint, and the file that it speaks of.

        Whether any of it was not.
        """
        last, files = self.history.last, {}
        note = f"{CHECKPOINTS}/{self.entries.head.file_name}"
        if not (self.root / note).exists():
            files[note] = self.entries.head.signed(key)
        if "key" in last:
            public = PublicKey.of(last["key"])
            files[f"{KEYS}/{public.file_name}"] = public.file(self.history.origin)
        if last["type"] == "data-key-added":
            data_key = self.history.data_key(last["customer"])
            if data_key:
                files[f"{KEYS}/{data_key.file_name}"] = data_key.file(self.history.origin)
        if last["type"] == "authority-added":
            files[f"{KEYS}/{authority_file(last['certificates_sha256'])}"] = last["certificates"].encode()
        if last["type"] in ENDS:
            files[f"{last['customer']}/{last['run_id']}/{INCLUSION}"] = self.entries.inclusion()
        places = {self.root / name: content for name, content in files.items()}
        missing = [place for place in places if place.parent.is_dir() and not place.exists()]
        for place in missing:
            write_over(place, places[place])
        sync_folder(self.root)
        return bool(missing)


def authority_file(digest: str) -> str:
    return f"timestamp-{digest[:16]}.pem"
