"""The state folder of one sandbox: what it was made from, and everything that was committed in it since."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from graphmail.sandbox.origin import Origin
from graphmail.sandbox.sign_in_records import IssuedToken
from graphmail.sandbox.state.blobs import Blobs
from graphmail.sandbox.state.database import Database, StateError
from graphmail.sandbox.state.records import adapter_of, shape, world_adapters
from graphmail.sandbox.state.tenant_rows import TenantRows
from graphmail.sandbox.store import Tenant, World

VERSION = "1"  # of the tables; the records' shape is checked beside it
_WORLD = ""  # the tenant id of what belongs to none


class KeptState:
    """One state folder. The world is attached once; `save` then writes what changed, before any answer goes out."""

    def __init__(self, database: Database, origin: Origin) -> None:
        self.origin = origin
        self._database = database
        self._blobs = Blobs(database.connection)
        self._kept = {t for (t,) in database.connection.execute("SELECT DISTINCT tenant FROM part")}
        self._rows: dict[str, TenantRows] = {}
        self._world_parts: dict[str, int] = {}

    @classmethod
    def open(cls, folder: Path, tenants: str, *, fresh: bool = False) -> KeptState:
        """Open the state in `folder`, or begin one; `tenants` is the digest of the tenants file. Raises StateError."""
        database = Database.open(folder, fresh=fresh)
        try:
            meta = database.meta()
            if not meta:
                meta = _begin(database, tenants)
            _check(database.path, meta, tenants)
            started = datetime.fromisoformat(meta["started"].decode())
            return cls(database, Origin(meta["seed"], started))
        except (sqlite3.DatabaseError, KeyError, ValueError) as error:
            database.close()
            raise StateError(f"{database.path} cannot be read ({error}); --fresh begins anew") from None
        except StateError:
            database.close()
            raise

    def attach(self, world: World) -> None:
        """Give the world what belongs to no tenant, and have it say what changes."""
        connection = self._database.connection
        tokens = adapter_of(IssuedToken)
        for digest, value in connection.execute("SELECT digest, value FROM issued"):
            world.issued[digest] = tokens.validate_json(value)
        world.issued.saved()
        for name, value in connection.execute("SELECT name, value FROM part WHERE tenant = ?", (_WORLD,)):
            setattr(world, name, world_adapters()[name].validate_json(value))
            self._world_parts[name] = hash(value.encode())
        world.save = lambda: self.save(world)

    def load(self, world: World, tenant_id: str) -> Tenant | None:
        """Return the tenant as it was; None where nothing ever changed in it."""
        if tenant_id not in self._kept:
            return None
        rows = TenantRows(self._database.connection, self._blobs, tenant_id, new=False)
        tenant = rows.load(world)
        self._rows[tenant_id] = rows
        return tenant

    def begin_anew(self, tenant_ids: list[str]) -> None:
        """Nothing is read of these tenants any more; `save` deletes what there is of them."""
        self._kept.difference_update(tenant_ids)
        for tenant_id in tenant_ids:
            self._rows.pop(tenant_id, None)

    def save(self, world: World) -> None:
        """Write all changes in one transaction."""
        changes = world.changes
        try:
            with self._database.transaction() as connection:
                for tenant_id in changes.begun_anew:
                    TenantRows(connection, self._blobs, tenant_id, new=True)
                for tenant_id in changes.tenants:
                    self._save_tenant(connection, world.tenants[tenant_id])
                if changes.begun_anew and self._blobs:
                    self._blobs.drop_orphans()
                self._save_world(connection, world)
        except BaseException:  # nothing was written: know nothing, so that the next time everything is
            self._rows.clear()
            self._world_parts.clear()
            self._blobs.rolled_back()
            raise
        self._blobs.committed()
        self._kept |= changes.tenants
        world.issued.saved()
        changes.clear()

    def _save_tenant(self, connection: sqlite3.Connection, tenant: Tenant) -> None:
        rows = self._rows.get(tenant.id)
        if rows is None:
            rows = self._rows[tenant.id] = TenantRows(connection, self._blobs, tenant.id, new=True)
        rows.save(tenant)

    def _save_world(self, connection: sqlite3.Connection, world: World) -> None:
        tokens, issued = adapter_of(IssuedToken), world.issued
        new = [(d, tokens.dump_json(issued[d]).decode()) for d in issued.unsaved if d in issued]
        connection.executemany("INSERT OR REPLACE INTO issued VALUES (?, ?)", new)
        connection.executemany("DELETE FROM issued WHERE digest = ?", [(d,) for d in issued.dropped])
        for name, adapter in world_adapters().items():
            value = adapter.dump_json(getattr(world, name))
            if self._world_parts.get(name) != hash(value):
                connection.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", (_WORLD, name, value.decode()))
                self._world_parts[name] = hash(value)

    def close(self) -> None:
        self._database.close()


def _begin(database: Database, tenants: str) -> dict[str, bytes]:
    origin = Origin()
    meta = {
        "version": f"{VERSION}-{shape()}".encode(),
        "tenants": tenants.encode(),
        "seed": origin.seed,
        "started": origin.started.isoformat().encode(),
    }
    with database.transaction() as connection:
        connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    return meta


def _check(path: Path, meta: dict[str, bytes], tenants: str) -> None:
    """Raise StateError for a state of another version or of another tenants file."""
    found = meta["version"].decode()
    if found != f"{VERSION}-{shape()}":
        raise StateError(f"{path} was made by another version of the sandbox; --fresh begins anew")
    if meta["tenants"].decode() != tenants:
        raise StateError(
            f"{path} was made with another tenants file, on {meta['started'].decode()}: give that file to go on, "
            "--fresh to begin anew with this one, or another folder with --state",
        )
