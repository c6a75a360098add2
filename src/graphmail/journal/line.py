"""One line of a journal: an entry, what a crash cut short, what was lost, or damage."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Fact = str | int | bool | list[str] | None
State = Literal["entry", "cut", "lost", "damaged"]

# Ends a line that a crash cut short, so that it is told from a damaged one. No entry ends like this.
CUT = b" # cut short"
# Stands where `recover` set a damaged line aside: what that line said is not known.
LOST = b" # lost"

# A line's own digest is its last field. Lines of older journals have none.
_SUM = re.compile(rb', "sum": "([0-9a-f]{8})"\}\Z')
_JOINED = re.compile(rb'\}[^\n](?=\{"time": ")', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is `intent` or `outcome`; `action` is empty for outcomes, `result` for intents."""

    time: datetime
    kind: str
    marker: str
    action: str = ""
    result: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1; `text` is without its end, which `ended` says it has. `entry` is there for an entry."""

    number: int
    text: bytes
    state: State
    entry: Entry | None = None
    ended: bool = True


def lines_of(content: bytes) -> Iterator[Line]:
    """Every line, also the last one where its end is missing."""
    *ended, unended = content.split(b"\n")
    for number, text in enumerate(ended, start=1):
        entry = _entry(text)
        state: State = "cut" if text.endswith(CUT) else "lost" if text.endswith(LOST) else "damaged"
        yield Line(number, text, "entry" if entry else state, entry)
    if unended:
        entry = _entry(unended)
        # A crash leaves the beginning of an entry; a whole one with something behind it was damaged later.
        state = "damaged" if _entry(unended[:-1]) else "cut"
        yield Line(len(ended) + 1, unended, "entry" if entry else state, entry, ended=False)


def written(fields: dict[str, Any]) -> bytes:
    """The line of an entry, without its end. Its digest makes a changed letter damage, and not another key id."""
    text = json.dumps(fields, ensure_ascii=False).encode()
    return text[:-1] + f', "sum": "{_sum(text)}"}}'.encode()


def salvaged(text: bytes) -> list[bytes]:
    """The whole entries in a damaged line, when it is nothing else: only the end of one of them was lost."""
    pieces, start = [], 0
    for joint in _JOINED.finditer(text):
        pieces.append(text[start : joint.start() + 1])
        start = joint.end()
    pieces.append(text[start:] if _entry(text[start:]) else text[start:-1])
    return pieces if all(map(_entry, pieces)) else []


def unsettled(lines: Iterable[Line]) -> list[Line]:
    """Intents without an outcome, oldest first."""
    entries = [line for line in lines if line.entry]
    closed = {line.entry.marker for line in entries if line.entry and line.entry.kind == "outcome"}
    return [line for line in entries if line.entry and line.entry.kind == "intent" and line.entry.marker not in closed]


def in_doubt(intent: Line, lines: Iterable[Line]) -> bool:
    """Whether a line that was lost after it may have been its outcome."""
    return any(line.state == "lost" and line.number > intent.number for line in lines)


def _sum(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:8]


def _entry(text: bytes) -> Entry | None:
    """The entry in a line, None for anything else."""
    try:
        read = json.loads(text)
        told = read.pop("sum", None)
        if told is not None:
            digest = _SUM.search(text)
            if digest is None or digest[1].decode() != _sum(text[: digest.start()] + b"}"):
                return None
        time = datetime.fromisoformat(read.pop("time"))
        entry = Entry(time=time, **read)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    texts = (entry.kind, entry.marker, entry.action, entry.result)
    good = all(isinstance(text, str) for text in texts) and isinstance(entry.facts, dict) and time.tzinfo is not None
    return entry if good and entry.kind in ("intent", "outcome") else None
