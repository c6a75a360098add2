"""$filter on messages, as far as Exchange evaluates it: learn.microsoft.com/graph/filter-query-parameter.

A property that Exchange cannot filter by (recipient collections, headers) and functions that it lacks (endswith) are
refused as it refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.errors import graph_error

Item = Mapping[str, Any]
Predicate = Callable[[Item], bool]

STRINGS = frozenset(
    {
        "subject", "bodyPreview", "body/content", "internetMessageId", "conversationId", "parentFolderId", "importance",
        "inferenceClassification", "flag/flagStatus", "from/emailAddress/address", "from/emailAddress/name",
        "sender/emailAddress/address", "sender/emailAddress/name", "changeKey", "id",
    },
)  # fmt: skip
BOOLEANS = frozenset({"isRead", "isDraft", "hasAttachments", "isDeliveryReceiptRequested", "isReadReceiptRequested"})
TIMES = frozenset({"receivedDateTime", "sentDateTime", "createdDateTime", "lastModifiedDateTime"})
NOT_FILTERABLE = frozenset(
    {
        "toRecipients",
        "ccRecipients",
        "bccRecipients",
        "replyTo",
        "internetMessageHeaders",
        "attachments",
        "body",
        "from",
    },
)
COLLECTIONS = {"categories": "", "singleValueExtendedProperties": "id value"}


@dataclass(frozen=True, slots=True)
class Filterable:
    """What of a type can be filtered and sorted by, by kind; `refused` are those that Exchange cannot filter by."""

    type_name: str
    strings: frozenset[str]
    booleans: frozenset[str]
    times: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.strings | self.booleans | self.times | self.numbers


MESSAGES = Filterable("message", STRINGS, BOOLEANS, TIMES, refused=NOT_FILTERABLE)
FOLDERS = Filterable(
    "mailFolder",
    strings=frozenset({"displayName", "id", "parentFolderId"}),
    booleans=frozenset({"isHidden"}),
    numbers=frozenset({"childFolderCount", "totalItemCount", "unreadItemCount"}),
)

_TOKEN = re.compile(
    r"\s*(?:'(?P<string>(?:[^']|'')*)'"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)"
    r"|(?P<number>\d+)|(?P<name>[A-Za-z_][\w/]*)|(?P<mark>[(),:]))",
)


@dataclass(frozen=True, slots=True)
class Filter:
    """`properties`: those it names, in order of first appearance."""

    test: Predicate
    properties: tuple[str, ...]


def parse_filter(text: str, of: Filterable = MESSAGES) -> Filter:
    """Parse a $filter. Raises Graph's 400 for a bad one."""
    parser = _Parser(text, of)
    return Filter(parser.whole(), tuple(dict.fromkeys(parser.named)))


def invalid_nodes() -> ServiceError:
    return graph_error(400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")


def bad_syntax(problem: str) -> ServiceError:
    return graph_error(400, "RequestBroker--ParseUri", problem)


def unknown_property(name: str, of: Filterable = MESSAGES) -> ServiceError:
    return bad_syntax(f"Could not find a property named '{name}' on type 'microsoft.graph.{of.type_name}'.")


class _Parser:
    def __init__(self, text: str, of: Filterable) -> None:
        self.text = text
        self.of = of
        self.tokens = self._tokens()
        self.at = 0
        self.named: list[str] = []
        self.variable: tuple[str, str] | None = None  # of the lambda we are in, and its collection

    def whole(self) -> Predicate:
        test = self._either()
        if self.at < len(self.tokens):
            raise self._syntax()
        return test

    def _tokens(self) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        at, end = 0, len(self.text.rstrip())
        while at < end:
            match = _TOKEN.match(self.text, at)
            if match is None or match.lastgroup is None:
                raise self._syntax()
            value = match.group(match.lastgroup)
            tokens.append((match.lastgroup, value.replace("''", "'") if match.lastgroup == "string" else value))
            at = match.end()
        return tokens

    def _syntax(self) -> ServiceError:
        return bad_syntax(f"Invalid filter clause: syntax error in '{self.text}'.")

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _is(self, kind: str, value: str) -> bool:
        hit = self._peek() == (kind, value)
        self.at += hit
        return hit

    def _take(self, kind: str, value: str | None = None) -> str:
        found = self._peek()
        if found[0] != kind or (value is not None and found[1] != value):
            raise self._syntax()
        self.at += 1
        return found[1]

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._is("name", "or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda item: any(p(item) for p in parts)

    def _both(self) -> Predicate:
        parts = [self._one()]
        while self._is("name", "and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda item: all(p(item) for p in parts)

    def _one(self) -> Predicate:
        if self._is("name", "not"):
            inner = self._one()
            return lambda item: not inner(item)
        if self._is("mark", "("):
            test = self._either()
            self._take("mark", ")")
            return test
        name = self._take("name")
        if self._peek() == ("mark", "("):
            return self._any(name) if name.endswith("/any") else self._function(name)
        return self._comparison(name)

    def _function(self, name: str) -> Predicate:
        if name not in ("startswith", "contains"):
            raise invalid_nodes() if name in ("endswith", "tolower", "toupper", "length") else self._syntax()
        self._take("mark", "(")
        path = self._path(self._take("name"))
        self._take("mark", ",")
        wanted = self._take("string").lower()
        self._take("mark", ")")
        if path not in self.of.strings and self.variable is None:
            raise invalid_nodes()
        held = str.startswith if name == "startswith" else str.__contains__
        get = self._getter(path)
        test: Predicate = lambda item: held(str(get(item) or "").lower(), wanted)  # noqa: E731
        if self._is("name", "eq"):
            return test if self._take("name") == "true" else lambda item: not test(item)
        return test

    def _any(self, name: str) -> Predicate:
        collection = name.removesuffix("/any")
        if collection in self.of.refused:
            raise invalid_nodes()
        if collection not in COLLECTIONS or self.of is not MESSAGES:
            raise unknown_property(collection, self.of)
        self._take("mark", "(")
        variable = self._take("name")
        self._take("mark", ":")
        self.named.append(collection)
        self.variable = (variable, collection)
        test = self._either()
        self.variable = None
        self._take("mark", ")")
        return lambda item: any(test(e if isinstance(e, Mapping) else {"": e}) for e in item.get(collection) or ())

    def _path(self, name: str) -> str:
        """Return the property meant, relative to the lambda's variable inside one."""
        if self.variable:
            variable, collection = self.variable
            if name == variable:
                return ""
            inner = name.removeprefix(f"{variable}/")
            if inner == name or inner not in COLLECTIONS[collection].split():
                raise bad_syntax(f"Could not find a property named '{name}'.")
            return inner
        if name not in self.of.all:
            raise invalid_nodes() if name.partition("/")[0] in self.of.refused else unknown_property(name, self.of)
        self.named.append(name)
        return name

    def _getter(self, path: str) -> Callable[[Item], Any]:
        keys = path.split("/")

        def get(item: Item) -> Any:
            held: Any = item
            for key in keys:
                held = held.get(key) if isinstance(held, Mapping) else None
            return held

        return get

    def _comparison(self, name: str) -> Predicate:
        path = self._path(name)
        operator = self._take("name")
        if operator not in _OPERATORS:
            raise self._syntax()
        kind, literal = self._peek()
        self.at += 1
        value = self._literal(path, kind, literal)
        get, compare = self._getter(path), _OPERATORS[operator]
        return lambda item: compare(_comparable(get(item), kind), value)

    def _literal(self, path: str, kind: str, literal: str) -> Any:
        if kind == "name" and literal == "null":
            return None
        if path in self.of.times and kind == "time":
            return _time(literal)
        if path in self.of.numbers and kind == "number":
            return int(literal)
        if path in self.of.booleans and kind == "name" and literal in ("true", "false"):
            return literal == "true"
        if path not in self.of.times | self.of.booleans | self.of.numbers and kind == "string":
            return literal.lower()
        raise bad_syntax("A binary operator with incompatible types was detected.")


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _comparable(value: Any, kind: str) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    return _time(value) if kind == "time" else str(value).lower()


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda held, wanted: held is not None and wanted is not None and compare(held, wanted)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, wanted: held == wanted,
    "ne": lambda held, wanted: held != wanted,
    "gt": _ordered(lambda held, wanted: held > wanted),
    "ge": _ordered(lambda held, wanted: held >= wanted),
    "lt": _ordered(lambda held, wanted: held < wanted),
    "le": _ordered(lambda held, wanted: held <= wanted),
}
