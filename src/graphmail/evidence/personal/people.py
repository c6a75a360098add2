"""Whom a run's files speak of: addresses with their part in the set-up, and names that stand beside an address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from graphmail.evidence.personal.addresses import is_address

# What each address is to the set-up, by where the inventory's entry has it; the first that fits.
PARTS = {
    "mailbox": ("mailboxes",),
    "outside": ("outside_mailbox",),
    "owner": ("group", "owners"),
    "group": ("group", "address"),
    "sender": ("probe", "sender"),
    "receiver": ("probe", "receiver"),
}
OTHER = "address"
# Lists of people: what in them is no address is a name.
_LISTS = {
    "members", "owners", "extra_members", "missing_members", "removed_members", "mailboxes", "managedby", "managed_by",
}  # fmt: skip
# Fields that name a person where an address stands beside them.
_NAMES = {
    "name", "displayname", "display_name", "givenname", "surname", "firstname", "lastname", "alias", "mailnickname",
}  # fmt: skip
# No name is worth what replacing these in a record would break.
_OURS = {
    "passed", "failed", "unknown", "sandbox", "production", "changed", "skipped", "unreachable", "report", "remove",
}  # fmt: skip
_FIELD = re.compile("[a-z][A-Za-z0-9_]*")
_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+")  # is compared with the tenant's own logs
_SHORTEST = 3


@dataclass(slots=True)
class People:
    """`parts` has each known address, in lower case, and what it is; `names` are in lower case too."""

    parts: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, plan: Mapping[str, Any], documents: Iterable[str]) -> Self:
        """`plan` is the inventory's entry; `documents` are texts of JSON, or of a JSON object on each line."""
        found = cls()
        for part, way in PARTS.items():
            for address in _at(plan, way):
                found.parts.setdefault(address.lower(), part)
        fields: set[str] = set()
        for document in documents:
            for value in _values(document):
                found._look(value, fields)
        kept = {str(_one(plan, ("group", "name"))).lower(), str(_one(plan, ("app", "display_name"))).lower()}
        found.names -= fields | kept | _OURS
        return found

    def _look(self, value: Any, fields: set[str]) -> None:
        if isinstance(value, Mapping):
            beside = any(isinstance(inner, str) and is_address(inner) for inner in value.values())
            for name, inner in value.items():
                if _FIELD.fullmatch(name):
                    fields.add(name.lower())
                if name.lower() in _LISTS and isinstance(inner, list):
                    self._names(item for item in inner if isinstance(item, str))
                elif beside and name.lower() in _NAMES and isinstance(inner, str):
                    self._names([inner])
                self._look(inner, fields)
        elif isinstance(value, list):
            for inner in value:
                self._look(inner, fields)
        elif isinstance(value, str) and is_address(value):
            self.parts.setdefault(value.lower(), OTHER)

    def _names(self, texts: Iterable[str]) -> None:
        for text in texts:
            name = text.strip().lower()
            if (
                _SHORTEST <= len(name) <= 256
                and "@" not in name
                and not name.startswith("[")
                and not _ID.fullmatch(name)
            ):
                self.names.add(name)


def _values(document: str) -> Iterator[Any]:
    """The JSON in a text, however much of it there is."""
    try:
        yield json.loads(document)
    except (ValueError, RecursionError):
        for line in document.splitlines():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue  # half a line of a process that died: addresses are found by their looks


def _one(plan: Any, way: tuple[str, ...]) -> Any:
    for step in way:
        plan = plan.get(step) if isinstance(plan, Mapping) else None
    return plan


def _at(plan: Mapping[str, Any], way: tuple[str, ...]) -> list[str]:
    found = _one(plan, way)
    return [
        item for item in (found if isinstance(found, list) else [found]) if isinstance(item, str) and is_address(item)
    ]
