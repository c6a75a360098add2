"""The grammar of $filter: text to a tree, whatever the properties are.

docs.oasis-open.org/odata/odata/v4.01 (URL conventions, 5.1.1); the part that Graph documents in
learn.microsoft.com/graph/filter-query-parameter: comparisons, `in`, functions, `and`, `or`, `not`, parentheses,
`any`, `all` and `/$count`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.errors import graph_error

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*')
    | (?P<guid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-]))
    | (?P<date>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w-]))
    | (?P<number>-?\d+(?:\.\d+)?(?![\w.-]))
    | (?P<word>[A-Za-z_@][\w.@-]*(?:/[\w.$-]+)*)
    | (?P<mark>[(),:])
    )""",
    re.VERBOSE | re.IGNORECASE,
)
COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
FUNCTIONS = {"startswith": "startsWith", "endswith": "endsWith", "contains": "contains"}
_DEEPEST = 40  # nested parentheses


@dataclass(frozen=True, slots=True)
class Literal:
    """`kind`: text, guid, date, number, boolean or null."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Compare:
    """`operator` is one of COMPARISONS, `in`, or a function's name in lower case."""

    path: tuple[str, ...]
    operator: str
    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Lambda:
    """`path/any(variable:test)`; `test` is None in `any()`."""

    path: tuple[str, ...]
    quantifier: str
    variable: str
    test: Node | None


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class Junction:
    """`operator`: and, or."""

    operator: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A property that is a condition by itself, `accountEnabled`."""

    path: tuple[str, ...]


Node = Compare | Lambda | Not | Junction | Constant


def invalid(problem: str) -> ServiceError:
    return graph_error(400, "BadRequest", f"Invalid filter clause: {problem}")


def parse(text: str) -> Node:
    """Return the tree of `text`; ServiceError 400 where it is none."""
    return _Parser(text).whole()


class _Parser:
    """Recursive descent; `or` binds weakest, then `and`, then `not`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._disjunction()
        if self._at != len(self._tokens):
            raise self._syntax()
        return node

    def _split(self) -> list[tuple[str, str]]:
        tokens, position = [], 0
        end = len(self._text.rstrip())
        while position < end:
            match = _TOKEN.match(self._text, position)
            if match is None:
                raise invalid(_lexical(self._text, position))
            tokens.append((str(match.lastgroup), match.group().strip()))
            position = match.end()
        return tokens

    def _syntax(self) -> ServiceError:
        where = len(" ".join(t for _, t in self._tokens[: self._at]))
        return invalid(f"Syntax error at position {where} in '{self._text}'.")

    def _disjunction(self) -> Node:
        nodes = [self._conjunction()]
        while self._accept("or"):
            nodes.append(self._conjunction())
        return nodes[0] if len(nodes) == 1 else Junction("or", tuple(nodes))

    def _conjunction(self) -> Node:
        nodes = [self._negation()]
        while self._accept("and"):
            nodes.append(self._negation())
        return nodes[0] if len(nodes) == 1 else Junction("and", tuple(nodes))

    def _negation(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise invalid(f"The recursion limit has been exceeded in '{self._text}'.")
        node = Not(self._negation()) if self._accept("not") else self._primary()
        self._depth -= 1
        return node

    def _primary(self) -> Node:
        if self._accept("("):
            node = self._disjunction()
            self._expect(")")
            return node
        kind, word = self._next()
        if kind != "word":
            raise self._syntax()
        if self._peek() == "(":
            return self._call(word)
        operator = self._peek()
        path = tuple(word.split("/"))
        if operator == "in":
            self._at += 1
            return Compare(path, "in", self._list())
        if operator not in COMPARISONS:
            return Constant(path)
        self._at += 1
        return Compare(path, operator, (self._literal(),))

    def _call(self, word: str) -> Node:
        *path, last = word.split("/")
        if path:
            return self._lambda(tuple(path), last.lower())
        name = last.lower()
        if name not in FUNCTIONS:
            raise invalid(f"An unknown function with name '{last}' was found.")
        self._expect("(")
        kind, argument = self._next()
        if kind != "word":
            raise self._syntax()
        self._expect(",")
        literal = self._literal()
        self._expect(")")
        node = Compare(tuple(argument.split("/")), name, (literal,))
        if not self._accept("eq"):
            return node
        wanted = self._literal()
        if wanted.kind != "boolean":
            raise self._syntax()
        return node if wanted.value else Not(node)

    def _lambda(self, path: tuple[str, ...], quantifier: str) -> Node:
        if quantifier not in ("any", "all"):
            raise self._syntax()
        self._expect("(")
        if quantifier == "any" and self._accept(")"):
            return Lambda(path, "any", "", None)
        kind, variable = self._next()
        if kind != "word":
            raise self._syntax()
        self._expect(":")
        test = self._disjunction()
        self._expect(")")
        return Lambda(path, quantifier, variable, test)

    def _list(self) -> tuple[Literal, ...]:
        self._expect("(")
        literals = [self._literal()]
        while self._accept(","):
            literals.append(self._literal())
        self._expect(")")
        return tuple(literals)

    def _literal(self) -> Literal:
        kind, token = self._next()
        if kind == "text":
            return Literal("text", token[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal("number", float(token) if "." in token else int(token))
        if kind in ("guid", "date"):
            return Literal(kind, token)
        word = token.lower()
        if word in ("true", "false"):
            return Literal("boolean", word == "true")
        if word == "null":
            return Literal("null", None)
        raise self._syntax()

    def _peek(self) -> str:
        return self._tokens[self._at][1].lower() if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._syntax()
        self._at += 1
        return self._tokens[self._at - 1]

    def _accept(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if self._next()[1].lower() != token:
            self._at -= 1
            raise self._syntax()


def _lexical(text: str, position: int) -> str:
    rest = text[position:].lstrip()
    if rest.startswith("'"):
        return f"There is an unterminated string literal at position {len(text)} in '{text}'."
    return f"Syntax error: character '{rest[0]}' is not valid at position {len(text) - len(rest)} in '{text}'."
