"""Intents and outcomes of one-shot writes: what this state folder set out to do, and what came of it.

Append-only, one JSON object a line, on disk before the caller goes on. An intent without an outcome is what a run left
behind that died in between; only such an intent lets recovery touch a credential (safety: intent before write).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from graphmail.errors import TenantError

Fact = str | int | bool | list[str] | None

# What may be written beside action and marker. Names, ids and digests; a new one is a decision, since a journal is
# read by people and kept.
FACTS = frozenset(
    {
        "client_id",
        "display_name",
        "end",
        "error_code",
        "key_id",
        "mailbox",
        "message_id",
        "object_id",
        "path",
        "reason",
        "recipients",
        "request_id",
        "run_id",
        "sha256",
        "start",
        "status",
        "tenant_id",
        "thumbprint",
    }
)

# Ends a line that a crash cut short, so that it is told from a damaged one. No entry ends like this.
_CUT = b" # cut short"


class Now(Protocol):
    """A clock, as far as a journal needs one."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is `intent` or `outcome`; `action` is empty for outcomes, `result` for intents."""

    time: datetime
    kind: str
    marker: str
    action: str = ""
    result: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)


class Journal:
    """The journal in that file, which is made with the first entry. One writer at a time: the customer's lock."""

    def __init__(self, path: Path, clock: Now | None = None) -> None:
        self.path = path
        self._clock = clock

    def intend(self, action: str, marker: str, *, at: datetime | None = None, **facts: Fact) -> None:
        """Before a one-shot write. `marker` finds its effect again and is used once; TenantError if it was before."""
        if any(entry.marker == marker for entry in self.entries()):
            raise TenantError("This marker is in the journal already", found=f"{marker} in {self.path}")
        self._append({"kind": "intent", "action": action, "marker": marker, **self._facts(facts)}, at)

    def outcome(self, marker: str, result: str, *, at: datetime | None = None, **facts: Fact) -> None:
        """After it, when what came of it is known. TenantError if nobody intended it."""
        if not any(entry.marker == marker for entry in self.entries() if entry.kind == "intent"):
            raise TenantError("This outcome has no intent in the journal", found=f"{marker} in {self.path}")
        self._append({"kind": "outcome", "marker": marker, "result": result, **self._facts(facts)}, at)

    def entries(self) -> list[Entry]:
        """All entries, oldest first. A last line that a crash cut short is left out: nothing had been done yet.

        Raises TenantError, naming the line, when any other line is not one of ours.
        """
        return [entry for entry in self._lines() if entry is not None]

    def open_intents(self) -> list[Entry]:
        """Intents without an outcome, oldest first."""
        entries = self.entries()
        closed = {entry.marker for entry in entries if entry.kind == "outcome"}
        return [entry for entry in entries if entry.kind == "intent" and entry.marker not in closed]

    def cut_short(self) -> list[int]:
        """Numbers of the lines that a crash cut short, to be reported."""
        return [number for number, entry in enumerate(self._lines(), start=1) if entry is None]

    def _lines(self) -> Iterator[Entry | None]:
        """Each line's entry, None for one that was cut short: the unended last one, or one the next writer marked."""
        lines = self._bytes().split(b"\n")
        unended = lines.pop()
        for number, line in enumerate(lines, start=1):
            entry = _entry(line)
            if entry is None and not line.endswith(_CUT):
                raise self._damaged(number)
            yield entry
        if unended:
            yield _entry(unended)

    def _append(self, line: dict[str, Any], at: datetime | None) -> None:
        time = at or (self._clock.now() if self._clock else None)
        if time is None or time.tzinfo is None:
            raise ValueError("a journal's times come from the caller or its clock, and know their zone")
        text = json.dumps({"time": time.isoformat(), **line}, ensure_ascii=False).encode() + b"\n"
        if unended := self._bytes().rpartition(b"\n")[2]:
            text = (b"" if _entry(unended) else _CUT) + b"\n" + text
        try:
            self._write(text, new=not self.path.exists())
        except OSError as error:
            raise TenantError("The journal was not written", found=f"{self.path}: {error.strerror}") from None

    def _write(self, line: bytes, *, new: bool) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            while line:
                line = line[os.write(file, line) :]
            os.fsync(file)
        finally:
            os.close(file)
        if new:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise TenantError("The journal cannot be read", found=f"{self.path}: {error.strerror}") from None

    def _damaged(self, number: int) -> TenantError:
        return TenantError(
            "The journal is damaged",
            found=f"line {number} of {self.path} is no entry",
            remedy="keep the file as it is, look at that line, and restore it from a copy",
        )

    @staticmethod
    def _facts(facts: dict[str, Fact]) -> dict[str, dict[str, Fact]]:
        if unknown := sorted(set(facts) - FACTS):
            raise ValueError(f"no such fact in a journal: {', '.join(unknown)}; see graphmail.journal.FACTS")
        return {"facts": facts} if facts else {}


def _entry(line: bytes) -> Entry | None:
    """The entry in a line, None for anything else."""
    try:
        read = json.loads(line)
        time = datetime.fromisoformat(read.pop("time"))
        entry = Entry(time=time, **read)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return entry if entry.kind in ("intent", "outcome") else None
