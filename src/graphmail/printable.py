"""Foreign text in our messages: parts of it may come from customers or from mail."""

from __future__ import annotations

import re


def printable(text: str, longest: int = 300) -> str:
    """`text` on one line, without control characters, cut at `longest`."""
    cleaned = re.sub(r"[^\x20-\x7e\u00a0-\ud7ff]+", " ", text).strip()
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"
