"""The file a sandbox keeps its state in: one SQLite database, held by one process, readable after any kill."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE = "sandbox.db"
TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE part (tenant TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (tenant, name));
CREATE TABLE ledger (tenant TEXT, number INTEGER, value TEXT NOT NULL, PRIMARY KEY (tenant, number));
CREATE TABLE message (
    position INTEGER PRIMARY KEY, tenant TEXT, mailbox TEXT, id TEXT, value TEXT NOT NULL, blobs TEXT NOT NULL,
    UNIQUE (tenant, mailbox, id)
);
CREATE TABLE blob (key TEXT, start INTEGER, content BLOB NOT NULL, PRIMARY KEY (key, start));
CREATE TABLE issued (digest TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_PAGE = 65536


class StateError(Exception):
    """The state cannot be used; the text says why and what to do."""


class Database:
    """`folder/sandbox.db`. Another process that has it open makes `open` fail."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    @classmethod
    def open(cls, folder: Path, *, fresh: bool) -> Database:
        """Open or make the file, mode 0600; `fresh` forgets what it held. Raises StateError."""
        path = folder / FILE
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        database = cls(path, _connect(path))
        try:
            database._prepare(fresh)
        except sqlite3.OperationalError as error:
            database.close()
            text = "another sandbox runs with it; stop that one, or give this one a folder of its own with --state"
            raise StateError(f"{path}: {text if 'locked' in str(error) else error}") from None
        except sqlite3.DatabaseError as error:
            database.close()
            if fresh:
                path.unlink()
                return cls.open(folder, fresh=False)
            raise StateError(f"{path} cannot be read ({error}); --fresh begins anew") from None
        return database

    def _prepare(self, fresh: bool) -> None:
        """Take the lock for good and make the tables where there are none."""
        run = self.connection.execute
        run(f"PRAGMA page_size = {_PAGE}")
        run("PRAGMA locking_mode = EXCLUSIVE")
        # A killed process's half transaction is rolled back. A write-ahead log would write every attachment twice.
        run("PRAGMA journal_mode = PERSIST")
        # What is written survives this process, not a power cut: then --fresh, nobody's data is lost.
        run("PRAGMA synchronous = OFF")
        with self.transaction():
            tables = [name for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'table'")]
            if fresh:
                for name in tables:
                    run(f'DROP TABLE "{name}"')
            if fresh or not tables:
                for statement in filter(str.strip, TABLES.split(";")):
                    run(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it is kept, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def meta(self) -> dict[str, bytes]:
        return dict(self.connection.execute("SELECT name, value FROM meta"))

    def close(self) -> None:
        with suppress(sqlite3.DatabaseError):
            self.connection.execute("PRAGMA journal_mode = DELETE")  # one file is left
        self.connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    # Tests reset a world from another thread; nothing is asked of the connection at the same time.
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
