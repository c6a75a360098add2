"""Objects that were there before, as they were found: recorded before the first change to each, to be put back.

One JSON for each customer, `state/<customer>/start_state.json`: values, names, addresses and ids, never a secret. What
was found is written once; beside it stands every value that was set here since, so that somebody else's later change is
told from it. Written before the tenant is, and on disk before the caller goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from graphmail.durable import replace_file
from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.tenant import Tenant

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ListChange:
    """What was put into a list here and what was taken out of it, over all runs."""

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(slots=True)
class Recorded:
    """One object. `set` holds all values ever set here of each property, `lists` what was done to each list.

    `closed` is when it was put back; `left` is what of it could not be, in words.
    """

    kind: str
    key: str
    object_id: str
    at: str
    found: dict[str, Any]
    set: dict[str, list[Any]] = field(default_factory=dict)
    lists: dict[str, ListChange] = field(default_factory=dict)
    closed: str = ""
    left: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        lists = {n: {"added": sorted(c.added), "removed": sorted(c.removed)} for n, c in self.lists.items()}
        return {name: getattr(self, name) for name in self.__slots__} | {"lists": lists}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        lists = {n: ListChange(frozenset(c["added"]), frozenset(c["removed"])) for n, c in kept["lists"].items()}
        return cls(**(dict(kept) | {"lists": lists}))

    def change(self, changed: Mapping[str, Any]) -> None:
        for name, value in changed.items():
            if isinstance(value, ListChange):
                old = self.lists.get(name, ListChange())
                self.lists[name] = ListChange(old.added | value.added, old.removed | value.removed)
            elif value not in self.set.setdefault(name, []):
                self.set[name].append(value)


class StartState:
    """The record of one customer, in its own tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._path = tenant.state.start_state

    @property
    def complete(self) -> bool:
        """Whether it was begun before anything was written; False for who was onboarded before there was a record."""
        own = self._own()
        return bool(own["complete"]) if own else False

    def begin(self) -> None:
        """Before anything is written: a journal that is older than the record says that the start is not known."""
        if self._own() is None:
            entries = Journal(self._tenant.state.journal).entries()
            older = any(entry.facts.get("tenant_id") == self._tenant.tenant_id for entry in entries)
            self._write({"complete": not older, "objects": []})

    def change(self, kind: str, key: str, object_id: str, found: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Before an object that was there is changed. `changed` holds new values, and `ListChange`s of lists."""
        self.begin()
        if not self.complete:
            return
        record = self.of(kind, key)
        if record is None:
            now = self._tenant.clock.now().isoformat()
            record = Recorded(kind, key, object_id, now, dict(found))
        record.change(changed)
        self._put(record)

    def of(self, kind: str, key: str) -> Recorded | None:
        """The open record of that object."""
        same = (r for r in self.objects() if (r.kind, r.key.lower()) == (kind, key.lower()))
        return next((r for r in same if not r.closed), None)

    def objects(self) -> list[Recorded]:
        own = self._own()
        return [Recorded.of(kept) for kept in own["objects"]] if own else []

    def close(self, record: Recorded, left: list[str]) -> None:
        """It is put back, but for what is named; the next change to that object begins another record."""
        record.closed, record.left = self._tenant.clock.now().isoformat(), left
        self._put(record)

    def close_all(self) -> None:
        """The customer is offboarded: what comes now has another start."""
        self.begin()
        for record in (record for record in self.objects() if not record.closed):
            self.close(record, [])
        self.start_anew()

    def start_anew(self) -> None:
        """A customer without a complete record has one from the next onboarding on."""
        if not self.complete:
            self._write((self._own() or {"objects": []}) | {"complete": True})

    def _put(self, record: Recorded) -> None:
        """Once for each object: a closed record gives way to a new one."""
        others = [r for r in self.objects() if (r.kind, r.key.lower()) != (record.kind, record.key.lower())]
        own = self._own() or {"complete": True}
        self._write(own | {"objects": [r.facts() for r in (*others, record)]})

    def _own(self) -> dict[str, Any] | None:
        own: dict[str, Any] | None = self._all().get(self._tenant.tenant_id)
        return own

    def _all(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            tenants: dict[str, Any] = kept["tenants"]
            for own in tenants.values():
                _ = own["complete"], [Recorded.of(record) for record in own["objects"]]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise TenantError(
                "The record of the start state cannot be read",
                found=str(self._path),
                remedy="keep the file as it is, and restore it from a copy; nothing was written",
            ) from None
        return tenants

    def _write(self, own: dict[str, Any]) -> None:
        """The whole file under another name first: whoever is killed leaves the old one or the new one."""
        text = json.dumps({"schema": SCHEMA, "tenants": self._all() | {self._tenant.tenant_id: own}}, indent=2)
        self._tenant.state.make()
        try:
            replace_file(self._path, f"{text}\n".encode())
        except OSError as error:
            raise TenantError(
                "The record of the start state was not written", found=f"{self._path}: {error.strerror}"
            ) from None
