"""Foreign text in our messages: parts of it may come from customers or from mail."""

from __future__ import annotations

import re

# Control and line characters would let what a mailbox holds forge lines in a log or a terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str, longest: int = 300) -> str:
    """`text` on one line, without control characters, cut at `longest`."""
    cleaned = re.sub(r"[^\x20-\x7e\u00a0-\u2027\u2030-\u2065\u206a-\ud7ff]+", " ", text).strip()
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"


def visible(text: str) -> str:
    """`text` with control characters made visible."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
