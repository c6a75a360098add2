"""Whom a run's files speak of: addresses with their part in the set-up, and names that stand beside an address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from graphmail.evidence.personal.addresses import AT, is_address, may_hold

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
# Fields that hold people, one or a list: what in them is no address is a name.
_LISTS = {
    "member", "members", "owner", "owners", "extra_members", "missing_members", "added_members", "removed_members",
    "mailboxes", "managedby", "managed_by", "manager",
}  # fmt: skip
# Fields that name a person where an address stands beside them; here without the underscores of snake_case.
_NAMES = {"name", "displayname", "givenname", "surname", "firstname", "lastname", "alias", "mailnickname"}
# No name is worth what replacing these in a record would break.
_OURS = {
    "passed", "failed", "unknown", "sandbox", "production", "changed", "skipped", "unreachable", "succeeded", "waiting",
    "aborted", "report", "remove", "ok",
}  # fmt: skip
_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+")  # is compared with the tenant's own logs
# A name before its address, as mail has it: in quotes, encoded, or several words in capitals.
_QUOTE = r"(?:\\*[\"']|&#34;|&#39;|&quot;|&#x27;)"
_BESIDE = re.compile(
    rf"(?:{_QUOTE}(?P<quoted>[^\"'<>@&\\]{{1,80}}){_QUOTE}|(?P<encoded>=\?[^\s?]+\?[bBqQ]\?[^\s?]+\?=)"
    rf"|(?<![\w.])(?P<words>(?:(?!\d|_)\w[\w.'-]{{0,40}} +){{1,5}}(?!\d|_)\w[\w.'-]{{0,40}}))"
    rf" ?(?:<|&lt;)[^\s<>&]{{1,64}}{AT}"
)
# Chinese and Japanese characters, kana, Hangul: a name is followed by whatever the sentence goes on with.
UNSPACED = (
    r"[\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7af\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff]"
)
_UNSPACED = re.compile(UNSPACED)
_SHORTEST = 2  # of letters of ASCII; one of other letters may be a whole name


@dataclass(slots=True)
class People:
    """`parts` has each known address, in lower case, and what it is.

    `names` are of several words, in lower case; `capitals` of one word that no field and no value of ours is, with a
    capital or a dot in it, as they are written; `words` are those that one could be, such as an alias, and very short
    ones, which stand in other words. `kept` are texts that no name is taken out of although no space parts it there.
    """

    parts: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    capitals: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    _kept: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, plan: Mapping[str, Any], documents: Iterable[str], kept: Iterable[str] = ()) -> Self:
        """`plan` is the inventory's entry; `documents` are texts of JSON, or of a JSON object on each line.

        `kept` is what is never a name: what says which run this is.
        """
        ways = (("group", "name"), ("app", "display_name"), ("initial_domain",))
        ours = {*(str(_one(plan, way)) for way in ways), *kept}
        unspaced = {text for text in ours if _UNSPACED.search(text)}
        found = cls(kept=unspaced, _kept={text.lower() for text in ours} | _OURS)
        for part, way in PARTS.items():
            for address in _at(plan, way):
                found.parts.setdefault(address.lower(), part)
        for document in documents:
            for value in _values(document):
                found._look(value)
        return found

    def name(self, text: str) -> None:
        """Know a name; nothing where it is none."""
        name = text.strip()
        shortest = 1 if any(char.isalpha() and not char.isascii() for char in name) else _SHORTEST
        if not shortest <= len(name) <= 256 or "@" in name or name.startswith("[") or _ID.fullmatch(name.lower()):
            return
        if name.lower() in self._kept:
            return
        if re.search(r"\s", name):
            self.names.add(name.lower())
        elif len(name) == 1 or (len(name) == _SHORTEST and name.isascii()):
            self.words.add(name)
        else:
            (self.capitals if re.search(r"[^a-z0-9_.-]|\w\.\w", name) else self.words).add(name)

    def _look(self, value: Any) -> None:
        if isinstance(value, Mapping):
            beside = any(isinstance(inner, str) and is_address(inner) for inner in value.values())
            for name, inner in value.items():
                if name.lower() in _LISTS:
                    for item in inner if isinstance(inner, list) else [inner]:
                        self.name(item if isinstance(item, str) else "")
                elif beside and name.lower().replace("_", "") in _NAMES and isinstance(inner, str):
                    self.name(inner)
                self._look(inner)
        elif isinstance(value, list):
            for inner in value:
                self._look(inner)
        elif isinstance(value, str) and is_address(value):
            self.parts.setdefault(value.lower(), OTHER)
        elif isinstance(value, str) and may_hold(value):
            for found in _BESIDE.finditer(value):
                self.name(found["quoted"] or found["encoded"] or _in_capitals(found["words"]))


def _in_capitals(words: str) -> str:
    """The last words of a sentence as far as each begins with a capital; nothing where that is one, as any word may."""
    found: list[str] = []
    for word in reversed(words.split()):
        if not word[0].isupper():
            break
        found.insert(0, word)
    return " ".join(found) if len(found) > 1 else ""


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
