"""Intents and outcomes of one-shot writes: what this state folder set out to do, and what came of it.

Append-only, one JSON object a line, on disk before the caller goes on. An intent without an outcome is what a run left
behind that died in between; only such an intent lets recovery touch a credential (safety: intent before write).
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from graphmail.durable import sync_folder
from graphmail.errors import TenantError
from graphmail.journal.line import CUT, Entry, Fact, Line, in_doubt, lines_of, unsettled, written

__all__ = ["FACTS", "Entry", "Fact", "Journal"]

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


class Now(Protocol):
    """A clock, as far as a journal needs one."""

    def now(self) -> datetime: ...


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
        return [line.entry for line in self._lines() if line.entry]

    def open_intents(self) -> list[Entry]:
        """Intents without an outcome, oldest first: what a run left behind that died in between.

        Without those in doubt, since to whoever asks an open intent means that nobody holds what came of it.
        """
        lines = self._lines()
        return [line.entry for line in unsettled(lines) if line.entry and not in_doubt(line, lines)]

    def doubtful(self) -> list[Entry]:
        """Intents without an outcome that stand before a line which was damaged and set aside: it may have been that.

        What they led to is nobody's to remove: it may be in use.
        """
        lines = self._lines()
        return [line.entry for line in unsettled(lines) if line.entry and in_doubt(line, lines)]

    def cut_short(self) -> list[int]:
        """Numbers of the lines that a crash cut short, to be reported."""
        return [line.number for line in self._lines() if line.state == "cut"]

    def lines(self) -> list[Line]:
        """Everything in the file, also what is damaged. Raises TenantError when it cannot be read."""
        return list(lines_of(self._bytes()))

    def _lines(self) -> list[Line]:
        lines = self.lines()
        for line in lines:
            if line.state == "damaged":
                raise self._damaged(line.number)
        return lines

    def _append(self, line: dict[str, Any], at: datetime | None) -> None:
        time = at or (self._clock.now() if self._clock else None)
        if time is None or time.tzinfo is None:
            raise ValueError("a journal's times come from the caller or its clock, and know their zone")
        text = written({"time": time.isoformat(), **line}) + b"\n"
        content = self._bytes()
        if content and not content.endswith(b"\n"):
            text = (CUT if self._lines()[-1].state == "cut" else b"") + b"\n" + text
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
            sync_folder(self.path.parent)

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
            remedy="restore it from a copy; where there is none, `python -m graphmail.journal recover <customer>` sets "
            "damaged lines aside, and what they may have claimed is then nobody's to remove",
        )

    @staticmethod
    def _facts(facts: dict[str, Fact]) -> dict[str, dict[str, Fact]]:
        if unknown := sorted(set(facts) - FACTS):
            raise ValueError(f"no such fact in a journal: {', '.join(unknown)}; see graphmail.journal.FACTS")
        return {"facts": facts} if facts else {}
