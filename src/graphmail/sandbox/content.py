"""An attachment's bytes. Large ones lie in the state alone: memory does not grow with the mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Content:
    """`size` bytes, as the pieces they came in. What is not in `pieces` was written under `key`, before them."""

    key: str
    size: int = 0
    pieces: list[bytes] = field(default_factory=list, repr=False)
    reader: Callable[[str], list[bytes]] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, key: str, whole: bytes) -> Content:
        return cls(key, len(whole), [whole])

    def append(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size += len(piece)

    @property
    def start(self) -> int:
        """Return where the pieces begin; what is before lies in the state."""
        return self.size - sum(map(len, self.pieces))

    def read(self) -> bytes:
        """Return all of it; one piece is returned as it is, so that copies of a mail share it."""
        pieces = self.pieces
        if self.start and self.reader:
            pieces = [*self.reader(self.key), *pieces]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def release(self, reader: Callable[[str], list[bytes]]) -> None:
        """Hold nothing any more: all of it was written."""
        self.pieces.clear()
        self.reader = reader
