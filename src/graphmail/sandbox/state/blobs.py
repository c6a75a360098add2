"""Bytes of attachments and uploads: each written once, in the pieces they came in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

# Named by a message, or an upload that is still open.
_ORPHANS = """
DELETE FROM blob WHERE key NOT IN (SELECT j.value FROM message, json_each(message.blobs) AS j)
AND key NOT IN (SELECT j.key FROM part, json_each(part.value) AS j WHERE part.name = 'upload_sessions')
"""


class Blobs:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._written: dict[str, int] = {}
        self.drop_orphans()

    def drop_orphans(self) -> None:
        """Forget what no message and no upload names any more."""
        self._connection.execute(_ORPHANS)
        sizes = self._connection.execute("SELECT key, sum(length(content)) FROM blob GROUP BY key")
        self._written = dict(sizes)

    def __bool__(self) -> bool:
        return bool(self._written)

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        """Write what is not there yet; bytes under a key never change, they only grow."""
        end = 0
        for piece in pieces:
            start, end = end, end + len(piece)
            written = self._written.get(key, 0)
            if end > written:
                rest = memoryview(piece)[written - start :]
                self._connection.execute("INSERT INTO blob VALUES (?, ?, ?)", (key, written, rest))
                self._written[key] = end

    def read(self, key: str) -> list[bytes]:
        """Return the pieces; none for a key that nobody wrote."""
        return [c for (c,) in self._connection.execute("SELECT content FROM blob WHERE key = ? ORDER BY start", (key,))]

    def forget_unwritten(self) -> None:
        """After a transaction that failed: look again at what is there."""
        self._written = dict(
            self._connection.execute("SELECT key, sum(length(content)) FROM blob GROUP BY key"),
        )
