"""The part of OPATH filters that is used here: comparisons joined by -and, -or and -not, in parentheses or not.

learn.microsoft.com/powershell/exchange/filter-properties,
learn.microsoft.com/powershell/exchange/recipientfilter-properties
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from graphmail.sandbox.exchange.errors import CmdletError, binding, not_emulated
from graphmail.sandbox.exchange.recipient_attributes import NAMES, NOT_EMULATED

Lookup = Callable[[str], Any]  # the value of a property, by its name in lower case

_TOKEN = re.compile(
    r"\s*(?:(?P<paren>[()])|-(?P<op>\w+)|'(?P<quoted>(?:[^']|'')*)'|\"(?P<double>[^\"]*)\"|(?P<word>[$\w]+))",
)
_OPERATORS = frozenset({"eq", "ne", "like", "notlike"})

# The filterable properties that are emulated, as Exchange spells them when it shows a filter again.
_PROPERTIES = {
    name.lower(): name
    for name in (
        "Alias",
        "DisplayName",
        "DistinguishedName",
        "EmailAddresses",
        "ExchangeGuid",
        "ExternalDirectoryObjectId",
        "Guid",
        "HiddenFromAddressListsEnabled",
        "IsDirSynced",
        "ManagedBy",
        "MemberOfGroup",
        "Members",
        "Name",
        "PrimarySmtpAddress",
        "RecipientType",
        "RecipientTypeDetails",
        "UserPrincipalName",
        *NAMES,
    )
}


@dataclass(frozen=True, slots=True)
class Comparison:
    name: str
    op: str
    value: str

    def holds(self, lookup: Lookup) -> bool:
        held = lookup(self.name.lower())
        texts = [str(v).lower() for v in (held if isinstance(held, list) else [held])]
        wanted = self.value.lower().removeprefix("$")
        hit = any(fnmatchcase(t, wanted) if self.op.endswith("like") else t == wanted for t in texts)
        return hit == (self.op in ("eq", "like"))

    def __str__(self) -> str:
        quoted = self.value.replace("'", "''")
        return f"{self.name} -{self.op} '{quoted}'"


@dataclass(frozen=True, slots=True)
class Joined:
    word: str  # and | or
    parts: tuple[Filter, ...]

    def holds(self, lookup: Lookup) -> bool:
        return (any if self.word == "or" else all)(part.holds(lookup) for part in self.parts)

    def __str__(self) -> str:
        return "(" + f" -{self.word} ".join(_wrapped(part) for part in self.parts) + ")"


@dataclass(frozen=True, slots=True)
class Negation:
    inner: Filter

    def holds(self, lookup: Lookup) -> bool:
        return not self.inner.holds(lookup)

    def __str__(self) -> str:
        return f"-not{_wrapped(self.inner)}"


# `str()` of a filter is how Exchange shows it again: comparisons in parentheses where several are joined.
Filter = Comparison | Joined | Negation


def _wrapped(part: Filter) -> str:
    return str(part) if isinstance(part, Joined) else f"({part})"


@lru_cache(maxsize=512)
def parse(text: str) -> Filter:
    """Return the filter that an OPATH text is. Raises CmdletError for a bad one."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0

    def parse(self) -> Filter:
        found = self._either()
        if self.at != len(self.tokens):
            raise _bad(self.text)
        return found

    def _either(self) -> Filter:
        return self._joined("or", lambda: self._joined("and", self._single))

    def _joined(self, word: str, part: Callable[[], Filter]) -> Filter:
        parts = [part()]
        while self._peek() == ("op", word):
            self.at += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _single(self) -> Filter:
        if self._peek() == ("op", "not"):
            self.at += 1
            return Negation(self._single())
        if self._peek() == ("paren", "("):
            self.at += 1
            inner = self._either()
            self._take("paren", ")")
            return inner
        name, op, value = self._take("word"), self._take("op"), self._value()
        if op not in _OPERATORS:
            raise _bad(self.text)
        if name.lower() in NOT_EMULATED:
            raise not_emulated(f"filters on {name}")
        if name.lower() not in _PROPERTIES:
            raise _bad(self.text, f'"{name}" is not a recognized filterable property. ')
        return Comparison(_PROPERTIES[name.lower()], op, value)

    def _peek(self) -> tuple[str, str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _take(self, kind: str, text: str | None = None) -> str:
        token = self._peek()
        if token is None or token[0] != kind or (text is not None and token[1] != text):
            raise _bad(self.text)
        self.at += 1
        return token[1]

    def _value(self) -> str:
        token = self._peek()
        if token is None or token[0] not in ("quoted", "word"):
            raise _bad(self.text)
        self.at += 1
        return token[1]


def _tokens(text: str) -> Sequence[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _bad(text)
        kind = match.lastgroup or ""
        value = match.group(kind)
        if kind in ("quoted", "double"):
            kind, value = "quoted", value.replace("''", "'")
        tokens.append((kind, value.lower() if kind == "op" else value))
        at = match.end()
    return tokens


def _bad(text: str, why: str = "") -> CmdletError:
    problem = f'Exception setting "Filter": "Invalid filter syntax: {why}"{text}""'
    return binding(f"Cannot bind parameter 'Filter' to the target. {problem}", transformation=True)
