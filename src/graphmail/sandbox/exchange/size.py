"""Sizes as Exchange shows and takes them: `35 MB (36,700,160 bytes)`."""

from __future__ import annotations

import re
from typing import Any

_UNITS = {"B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4}
_SHOWN = re.compile(r"[\d.,]+ ?[KMGT]?B \(([\d,]+) bytes\)", re.IGNORECASE)
_SHORT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?B)?", re.IGNORECASE)


def show_size(count: int) -> str:
    """Bytes in the largest unit that has a whole part, at most four significant digits, and exactly."""
    unit, scaled = "B", float(count)
    for name, power in _UNITS.items():
        if count >= 1024**power:
            unit, scaled = name, count / 1024**power
    return f"{scaled:.4g} {unit} ({count:,} bytes)"


def parse_size(value: Any) -> int:
    """Bytes from an integer, `150MB`, or the shown form. Raises TypeError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    if isinstance(value, int):
        return value
    if shown := _SHOWN.fullmatch(value.strip()):
        return int(shown.group(1).replace(",", ""))
    if short := _SHORT.fullmatch(value.strip()):
        return int(float(short.group(1)) * 1024 ** _UNITS[(short.group(2) or "B").upper()])
    raise TypeError
