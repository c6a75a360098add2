"""One tenant in the database: a row for each of its fields, each message and each entry of its ledger.

Only rows that changed are written. A message that changes gets a new change key, as in Exchange; that is how a changed
one is noticed without looking through all of them.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from graphmail.sandbox.clock import VirtualClock
from graphmail.sandbox.mail_records import Mailbox, Message
from graphmail.sandbox.state.blobs import Blobs
from graphmail.sandbox.state.records import LEFT_OUT, WITHOUT_BYTES, adapter_of, tenant_adapters
from graphmail.sandbox.store import Commit, Tenant, World
from graphmail.sandbox.tenant_settings import Delays

_UPSERT = """
INSERT INTO message (tenant, mailbox, id, value, blobs) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, mailbox, id) DO UPDATE SET value = excluded.value, blobs = excluded.blobs
"""


class TenantRows:
    """What is known to be in the database; `new` forgets what an earlier life of the tenant left there."""

    def __init__(self, connection: sqlite3.Connection, blobs: Blobs, tenant_id: str, *, new: bool) -> None:
        self._connection = connection
        self._blobs = blobs
        self._id = tenant_id
        self._parts: dict[str, int] = {}
        self._mail: dict[str, dict[str, int]] = {}
        self._entries = 0
        if new:
            self.delete()

    def delete(self) -> None:
        for table in ("part", "ledger", "message"):
            self._connection.execute(f"DELETE FROM {table} WHERE tenant = ?", (self._id,))  # noqa: S608 - our own names

    def save(self, tenant: Tenant) -> None:
        """Write what changed, inside the caller's transaction."""
        for name, adapter in tenant_adapters().items():
            kept = _delays(tenant) if name == "delays" else getattr(tenant, name)
            value = adapter.dump_json(kept, exclude=LEFT_OUT.get(name))
            known = hash(value)
            if self._parts.get(name) != known:
                row = (self._id, name, value.decode())
                self._connection.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", row)
                self._parts[name] = known
        for session in tenant.upload_sessions.values():
            self._blobs.write(session.content)
        self._save_mail({r.id: r.mailbox for r in tenant.recipients.values() if r.mailbox})
        entries = adapter_of(Commit)
        rows = [(self._id, c.number, entries.dump_json(c).decode()) for c in tenant.ledger[self._entries :]]
        self._connection.executemany("INSERT INTO ledger VALUES (?, ?, ?)", rows)
        self._entries = len(tenant.ledger)

    def _save_mail(self, mailboxes: dict[str, Mailbox]) -> None:
        for mailbox_id in self._mail.keys() | mailboxes.keys():
            mailbox = mailboxes.get(mailbox_id)
            messages = mailbox.messages if mailbox else {}
            now = {message.id: _mark(message) for message in messages.values()}
            known = self._mail.get(mailbox_id, {})
            if now == known:
                continue
            gone = [(self._id, mailbox_id, message_id) for message_id in known.keys() - now.keys()]
            self._connection.executemany("DELETE FROM message WHERE tenant = ? AND mailbox = ? AND id = ?", gone)
            for message in messages.values():
                if known.get(message.id) != now[message.id]:
                    self._save_message(mailbox_id, message)
            self._mail[mailbox_id] = now

    def _save_message(self, mailbox_id: str, message: Message) -> None:
        for attachment in message.attachments:
            self._blobs.write(attachment.body)
        value = adapter_of(Message).dump_json(message, exclude=WITHOUT_BYTES).decode()
        keys = json.dumps([a.body.key for a in message.attachments])
        self._connection.execute(_UPSERT, (self._id, mailbox_id, message.id, value, keys))

    def load(self, world: World) -> Tenant:
        """Read the tenant as it was written last."""
        adapters = tenant_adapters()
        fields: dict[str, Any] = {}
        for name, value in self._connection.execute("SELECT name, value FROM part WHERE tenant = ?", (self._id,)):
            fields[name] = adapters[name].validate_json(value)
            self._parts[name] = hash(value.encode())
        entries = adapter_of(Commit)
        ledger = self._connection.execute("SELECT value FROM ledger WHERE tenant = ? ORDER BY number", (self._id,))
        tenant = Tenant(id=self._id, ledger=[entries.validate_json(value) for (value,) in ledger], **fields)
        self._entries = len(tenant.ledger)
        for session in tenant.upload_sessions.values():
            session.content.reader = self._blobs.read
        self._load_mail(tenant, world)
        return tenant

    def _load_mail(self, tenant: Tenant, world: World) -> None:
        rows = "SELECT mailbox, value FROM message WHERE tenant = ? ORDER BY position"
        for mailbox_id, value in self._connection.execute(rows, (self._id,)):
            message: Message = adapter_of(Message).validate_json(value)
            for attachment in message.attachments:
                attachment.body.reader = self._blobs.read
            if message.sent_from:
                message.sent_from = (self._clock(world, message.sent_from[0].tenant_id), message.sent_from[1])
            mailbox = tenant.recipients[mailbox_id].mailbox
            if mailbox:
                mailbox.messages[message.id] = message
            self._mail.setdefault(mailbox_id, {})[message.id] = _mark(message)

    def _clock(self, world: World, tenant_id: str) -> VirtualClock:
        """Find another tenant's clock without making that tenant."""
        if tenant_id not in world.clocks:
            row = ("SELECT value FROM part WHERE tenant = ? AND name = 'clock'", (tenant_id,))
            kept = self._connection.execute(*row).fetchone()
            clock = adapter_of(VirtualClock).validate_json(kept[0]) if kept else VirtualClock(tenant_id=tenant_id)
            world.clocks[tenant_id] = clock
        return world.clocks[tenant_id]


def _delays(tenant: Tenant) -> Delays:
    """Return the delays without what planned drills made of them: those are forgotten at a restart."""
    return tenant.usual_delays or tenant.delays


def _mark(message: Message) -> int:
    properties = message.properties
    return hash(
        (
            message.folder_id,
            message.visible,
            properties.get("changeKey"),
            properties.get("isRead"),
            len(message.attachments),
        ),
    )
