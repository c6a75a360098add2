"""$search on directory objects: learn.microsoft.com/graph/search-query-parameter.

`"displayName:foo"`, several joined by AND and OR. displayName and description are searched by words, the others by
their beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.errors import graph_error, unsupported_query
from graphmail.sandbox.graph.schema import EntityType

Test = Callable[[Any], bool]

_CLAUSE = re.compile(r'\s*(?:"(?P<clause>(?:[^"\\]|\\.)*)"|(?P<word>AND|OR)\b|(?P<mark>[()]))')
_TOKENS = re.compile(r"[A-ZÅÄÖÉ]+(?![a-zåäöé])|[A-ZÅÄÖÉ]?[a-zåäöé]+|\d+|[^\W\d_a-zA-Z]+")


@lru_cache(maxsize=500)
def compile_search(text: str, entity: EntityType) -> Test:
    """Return a test of an object's values; ServiceError 400 for what is no search."""
    parts = _parts(text)
    if not parts or len(parts) % 2 == 0:
        raise _syntax(text, len(text))
    alternatives: list[list[Test]] = [[]]
    for number, (kind, value) in enumerate(parts):
        if (kind == "clause") != (number % 2 == 0):
            raise _syntax(text, text.find(value))
        if kind == "clause":
            alternatives[-1].append(_clause(value, entity))
        elif value == "OR":
            alternatives.append([])
    return lambda row: any(all(test(row) for test in tests) for tests in alternatives)


def _parts(text: str) -> list[tuple[str, str]]:
    parts, position = [], 0
    while text[position:].strip():
        match = _CLAUSE.match(text, position)
        if match is None or match.group("mark"):
            raise _syntax(text, position)
        kind = str(match.lastgroup)
        parts.append((kind, match.group(kind)))
        position = match.end()
    return parts


def _clause(text: str, entity: EntityType) -> Test:
    name, colon, wanted = text.partition(":")
    how = entity.searchable.get(name)
    if not colon or not wanted:
        raise graph_error(400, "Request_BadRequest", f"Invalid $search clause: '{text}'.")
    if how is None:
        raise unsupported_query(f"Unsupported or invalid search clause specified for property '{name}'.")
    if how == "start":
        prefix = wanted.lower()
        return lambda row: str(row.get(name) or "").lower().startswith(prefix)
    words = tokens(wanted)
    return lambda row: _has_words(row.get(name), words)


def _has_words(value: Any, words: list[str]) -> bool:
    there = tokens(value) if isinstance(value, str) else []
    return all(any(token.startswith(word) for token in there) for word in words)


def tokens(text: str) -> list[str]:
    """Words by spaces, casing, digits and symbols, in lower case."""
    return [token.lower() for token in _TOKENS.findall(text)]


def _syntax(text: str, position: int) -> ServiceError:
    at = text[position : position + 1] or "end"
    message = f"Syntax error: character '{at}' is not valid at position {position} in '{text}'."
    return graph_error(400, "BadRequest", message)
