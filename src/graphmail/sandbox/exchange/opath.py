"""The part of OPATH filters that is used here: comparisons joined by -and or -or, in parentheses or not.

learn.microsoft.com/powershell/exchange/filter-properties
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from graphmail.sandbox.exchange.errors import CmdletError, binding

Predicate = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<paren>[()])|-(?P<op>\w+)|'(?P<quoted>(?:[^']|'')*)'|\"(?P<double>[^\"]*)\"|(?P<word>[$\w]+))",
)


def predicate(text: str) -> Predicate:
    """Return the test that an OPATH filter makes of an object's properties. Raises CmdletError for a bad filter."""
    return _Filter(text).parse()


class _Filter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0

    def parse(self) -> Predicate:
        test = self._joined("or", lambda: self._joined("and", self._single))
        if self.at != len(self.tokens):
            raise _bad(self.text)
        return test

    def _joined(self, word: str, part: Callable[[], Predicate]) -> Predicate:
        parts = [part()]
        while self._peek() == ("op", word):
            self.at += 1
            parts.append(part())
        combine = any if word == "or" else all
        return parts[0] if len(parts) == 1 else lambda row: combine(p(row) for p in parts)

    def _single(self) -> Predicate:
        if self._peek() == ("op", "not"):
            self.at += 1
            inner = self._single()
            return lambda row: not inner(row)
        if self._peek() == ("paren", "("):
            self.at += 1
            test = self._joined("or", lambda: self._joined("and", self._single))
            self._take("paren", ")")
            return test
        name, op, value = self._take("word"), self._take("op"), self._value()
        if op not in _OPERATORS:
            raise _bad(self.text)
        return lambda row: _compare(row, name, op, value)

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


_OPERATORS = frozenset({"eq", "ne", "like", "notlike"})


def _compare(row: Mapping[str, Any], name: str, op: str, value: str) -> bool:
    held = next((v for k, v in row.items() if k.lower() == name.lower()), None)
    texts = [str(v).lower() for v in (held if isinstance(held, list) else [held])]
    wanted = value.lower().removeprefix("$")
    hit = any(fnmatchcase(t, wanted) if op.endswith("like") else t == wanted for t in texts)
    return hit == (op in ("eq", "like"))


def _tokens(text: str) -> list[tuple[str, str]]:
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


def _bad(text: str) -> CmdletError:
    problem = f'Exception setting "Filter": "Invalid filter syntax: "{text}""'
    return binding(f"Cannot bind parameter 'Filter' to the target. {problem}", transformation=True)
