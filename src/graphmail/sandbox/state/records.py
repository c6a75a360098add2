"""How the records of `store.py` are written down: JSON, by their own annotations.

`Any` stands for JSON values in them. A field with `compare=False` is made anew and never kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter

from graphmail.sandbox.mail_records import Message
from graphmail.sandbox.sign_in_records import IssuedToken
from graphmail.sandbox.store import Commit, Tenant, World

_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
# Rows of their own, and what a restart forgets: logs, planned drills, windows of limits.
_TENANT_APART = {"id", "ledger", "requests", "drills", "mail_traffic"}
_WORLD_APART = {"tenants", "issued", "requests", "domains"}

_IN_MEMORY = {"pieces", "reader"}
# Kept as rows of their own: a mailbox's messages, an upload's bytes, an attachment's bytes.
LEFT_OUT: dict[str, Any] = {
    "recipients": {"__all__": {"mailbox": {"messages"}}},
    "upload_sessions": {"__all__": {"content": _IN_MEMORY}},
}
WITHOUT_BYTES: Any = {"attachments": {"__all__": {"body": _IN_MEMORY}}}


def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint) if is_dataclass(hint) else TypeAdapter(hint, config=_CONFIG)


def _adapters(record: Any, apart: set[str]) -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(record)
    return {f.name: _adapter(hints[f.name]) for f in fields(record) if f.compare and f.name not in apart}


@cache
def tenant_adapters() -> dict[str, TypeAdapter[Any]]:
    """Return how each field of a tenant is written."""
    return _adapters(Tenant, _TENANT_APART)


@cache
def world_adapters() -> dict[str, TypeAdapter[Any]]:
    """Return how each field of the world that belongs to no tenant is written."""
    return _adapters(World, _WORLD_APART)


@cache
def adapter_of(record: type) -> TypeAdapter[Any]:
    return _adapter(record)


@cache
def shape() -> str:
    """Return a digest of all records' fields: a state of another shape is of another version."""
    seen: dict[str, list[tuple[str, str]]] = {}
    for record in (Tenant, World, Message, Commit, IssuedToken):
        _look(record, seen)
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()[:16]


def _look(hint: Any, seen: dict[str, list[tuple[str, str]]]) -> None:
    for argument in get_args(hint):
        _look(argument, seen)
    if isinstance(hint, type) and is_dataclass(hint) and hint.__qualname__ not in seen:
        kept = [f for f in fields(hint) if f.compare]
        seen[hint.__qualname__] = [(f.name, str(f.type)) for f in kept]
        hints = get_type_hints(hint)
        for field in kept:
            _look(hints[field.name], seen)
