"""Bytes of attachments and uploads: each written once, in the pieces they came in."""

from __future__ import annotations

import sqlite3

from graphmail.sandbox.content import Content

LARGE = 256 * 1024  # bytes; so much and more is not held in memory once it is written

# Named by a message, or an upload that is still open.
_ORPHANS = """
DELETE FROM blob WHERE key NOT IN (SELECT j.value FROM message, json_each(message.blobs) AS j)
AND key NOT IN (SELECT j.key FROM part, json_each(part.value) AS j WHERE part.name = 'upload_sessions')
"""


class Blobs:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._written: dict[str, int] = {}
        self._new: list[Content] = []
        self.drop_orphans()

    def __bool__(self) -> bool:
        return bool(self._written)

    def drop_orphans(self) -> None:
        """Forget what no message and no upload names any more."""
        self._connection.execute(_ORPHANS)
        self._look()

    def write(self, content: Content) -> None:
        """Write what is not there yet; bytes under a key never change, they only grow."""
        start = content.start
        for piece in content.pieces:
            end, written = start + len(piece), self._written.get(content.key, 0)
            if end > written:
                row = (content.key, written, memoryview(piece)[written - start :])
                self._connection.execute("INSERT INTO blob VALUES (?, ?, ?)", row)
                self._written[content.key] = end
            start = end
        self._new.append(content)

    def read(self, key: str) -> list[bytes]:
        """Return the pieces; none for a key that nobody wrote."""
        return [c for (c,) in self._connection.execute("SELECT content FROM blob WHERE key = ? ORDER BY start", (key,))]

    def committed(self) -> None:
        """Let go of large ones: the transaction that wrote them is kept."""
        for content in self._new:
            if content.size >= LARGE:
                content.release(self.read)
        self._new.clear()

    def rolled_back(self) -> None:
        self._new.clear()
        self._look()

    def _look(self) -> None:
        rows = self._connection.execute("SELECT key, sum(length(content)) FROM blob GROUP BY key")
        self._written = dict(rows)
