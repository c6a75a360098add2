"""$filter: `eq`, `startswith`, `and`, `or`, parentheses, and `any` on collections; everything else is refused.

learn.microsoft.com/graph/filter-query-parameter. What needs the advanced query index (`ne`, `not`, `endsWith`) is
refused with the message Graph gives without `ConsistencyLevel: eventual`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.errors import graph_error, unsupported_query
from graphmail.sandbox.graph.schema import EntityType

Test = Callable[[dict[str, Any]], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[\w.@-]+(?:/\w+)*)|(?P<mark>[(),:]))")
_ADVANCED = {"ne": "NotEqualsMatch", "not": "NotMatch", "endswith": "EndsWithMatch"}
_EXACT = {"proxyAddresses"}  # the primary address is stored as SMTP:, the others as smtp:


def compile_filter(text: str, entity: EntityType) -> Test:
    """Return a test of one rendered object; ServiceError 400 for anything that is not emulated."""
    parser = _Parser(_tokens(text), entity, text)
    test = parser.disjunction()
    parser.end()
    return test


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise _invalid(text)
        found.append(match.group().strip())
        position = match.end()
    return found


def _invalid(text: str) -> ServiceError:
    return graph_error(400, "BadRequest", f"Invalid filter clause: {text}")


class _Parser:
    """Recursive descent over the tokens; `variable` is the lambda's, inside `any`."""

    def __init__(self, tokens: list[str], entity: EntityType, text: str) -> None:
        self._tokens = tokens
        self._entity = entity
        self._text = text
        self._at = 0

    def disjunction(self) -> Test:
        tests = [self._conjunction()]
        while self._accept("or"):
            tests.append(self._conjunction())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise _invalid(self._text)

    def _conjunction(self) -> Test:
        tests = [self._primary()]
        while self._accept("and"):
            tests.append(self._primary())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _primary(self) -> Test:
        if self._accept("("):
            test = self.disjunction()
            self._expect(")")
            return test
        word = self._next()
        if word.lower() in _ADVANCED:
            raise _advanced(word)
        if self._peek() == "(":
            return self._any(word) if word.lower().endswith("/any") else self._function(word)
        return self._comparison(word)

    def _function(self, name: str) -> Test:
        if name.lower() != "startswith":
            raise _advanced(name) if name.lower() in _ADVANCED else _invalid(self._text)
        self._expect("(")
        prop = self._property(self._next(), "startswith")
        self._expect(",")
        wanted = str(self._literal()).lower()
        self._expect(")")
        return lambda row: isinstance(row.get(prop), str) and row[prop].lower().startswith(wanted)

    def _comparison(self, word: str) -> Test:
        operator = self._next().lower()
        if operator in _ADVANCED:
            raise _advanced(operator)
        if operator != "eq":
            raise _invalid(self._text)
        prop = self._property(word, "eq")
        wanted = self._literal()
        return lambda row: _same(row.get(prop), wanted)

    def _any(self, word: str) -> Test:
        """`proxyAddresses/any(p:p eq 'smtp:a@b')`, or `startswith(p,'…')` inside."""
        prop = self._property(word[: -len("/any")], "any")
        self._expect("(")
        variable = self._next()
        self._expect(":")
        prefix = self._accept("startswith")
        if prefix:
            self._expect("(")
        self._expect(variable)
        self._expect("," if prefix else "eq")
        wanted = str(self._literal())
        if prefix:
            self._expect(")")
        self._expect(")")
        fold: Callable[[str], str] = (lambda s: s) if prop in _EXACT else str.lower
        wanted = fold(wanted)
        if prefix:
            return lambda row: any(fold(element).startswith(wanted) for element in row.get(prop) or ())
        return lambda row: any(fold(element) == wanted for element in row.get(prop) or ())

    def _property(self, name: str, operator: str) -> str:
        known = self._entity.properties.get(name)
        if known is None:
            raise graph_error(
                400,
                "BadRequest",
                f"Could not find a property named '{name}' on type 'microsoft.graph.{self._entity.name}'.",
            )
        if operator not in known.operators:
            raise unsupported_query(
                f"Unsupported or invalid query filter clause specified for property '{name}' of resource "
                f"'{self._entity.name[0].upper()}{self._entity.name[1:]}'.",
            )
        return name

    def _literal(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.lower() in ("true", "false"):
            return token.lower() == "true"
        raise _invalid(self._text)

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> str:
        token = self._peek()
        if token is None:
            raise _invalid(self._text)
        self._at += 1
        return token

    def _accept(self, token: str) -> bool:
        if (self._peek() or "").lower() != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if self._next().lower() != token.lower():
            raise _invalid(self._text)


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.lower() == wanted.lower()
    return value is not None and type(value) is type(wanted) and value == wanted


def _advanced(operator: str) -> ServiceError:
    name = _ADVANCED[operator.lower()]
    return unsupported_query(
        f"Operator '{name}' is not supported because the required parameters might be missing. Try adding $count=true "
        "query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for "
        "more information",
    )
