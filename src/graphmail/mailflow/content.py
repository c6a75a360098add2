"""Bytes that nobody has to store: the same every time, different at every place, for an attachment of any size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """`size` pseudo-random bytes that follow from `seed`. Any part can be made by itself, so that an upload resumes."""

    seed: str
    size: int

    def part(self, start: int, length: int) -> bytes:
        """Bytes from `start`, at most `length`, fewer at the end."""
        end = min(start + length, self.size)
        made = bytearray()
        for number in range(start // _BLOCK, -(-end // _BLOCK)):
            block = hashlib.shake_128(f"{self.seed}/{number}".encode()).digest(_BLOCK)
            first = number * _BLOCK
            made += block[max(start - first, 0) : end - first]
        return bytes(made)
