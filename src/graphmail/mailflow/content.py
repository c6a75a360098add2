"""Bytes that nobody has to store: the same every time, different at every place, for an attachment of any size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

# One slice of an upload: a multiple of 320 KiB, as the SDKs want it, below the 4 MB that a request may have.
BLOCK = 3_932_160


@dataclass(frozen=True, slots=True)
class Content:
    """`size` pseudo-random bytes that follow from `seed`. Any part can be made by itself, so that an upload resumes."""

    seed: str
    size: int

    def part(self, start: int, length: int) -> bytes:
        """Bytes from `start`, at most `length`, fewer at the end. A block from its beginning is made without a copy."""
        end = min(start + length, self.size)
        if start % BLOCK == 0 and end - start <= BLOCK:
            return self._block(start // BLOCK, end - start)
        made = bytearray()
        for number in range(start // BLOCK, -(-end // BLOCK)):
            first = number * BLOCK
            made += self._block(number, min(end - first, BLOCK))[max(start - first, 0) :]
        return bytes(made)

    def _block(self, number: int, length: int) -> bytes:
        # An extendable output: the shorter is the beginning of the longer.
        return hashlib.shake_128(f"{self.seed}/{number}".encode()).digest(length)
