"""$filter on directory objects: what each property supports, and the test that a filter makes.

learn.microsoft.com/graph/filter-query-parameter, learn.microsoft.com/graph/aad-advanced-queries. A filter is compiled
once: the same few come again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.errors import unsupported_query
from graphmail.sandbox.graph.filter_syntax import (
    FUNCTIONS,
    Compare,
    Constant,
    Junction,
    Lambda,
    Literal,
    Node,
    Not,
    invalid,
    parse,
)
from graphmail.sandbox.graph.schema import EntityType
from graphmail.sandbox.graph.schema_complex import COMPLEX

Test = Callable[[Any], bool]

KEYS = ("id", "appId", "uniqueName", "userPrincipalName")  # what handlers can look up instead of reading every object
_EXACT = {"proxyAddresses"}  # the primary address is stored as SMTP:, the others as smtp:
_LITERALS = {
    "Edm.String": "text",
    "Edm.Guid": "guid",
    "Edm.Boolean": "boolean",
    "Edm.DateTimeOffset": "date",
    "Edm.Int32": "number",
}
_OPERATORS = {"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual", "lt": "LessThan",
              "le": "LessThanOrEqual", "in": "Equal"}  # fmt: skip
_SUPPORTED_AS = {"ne": "eq", "in": "eq", "gt": "ge", "lt": "le"}


@dataclass(frozen=True, slots=True)
class Filter:
    """`test` takes an object's values. `needs_index` refuses the query when it comes without the advanced parameters.

    `key`: a property of KEYS and the value that it must have, where the filter says so.
    """

    test: Test
    needs_index: Callable[[], ServiceError] | None
    key: tuple[str, str] | None


@lru_cache(maxsize=2000)
def compile_filter(text: str, entity: EntityType) -> Filter:
    """Return the filter; ServiceError 400 for what Graph would refuse with any parameters."""
    node = parse(text)
    compiler = _Compiler(entity)
    test = compiler.test(node)
    return Filter(test, compiler.needs_index, _key(node))


def _key(node: Node) -> tuple[str, str] | None:
    if isinstance(node, Junction) and node.operator == "and":
        return next((key for inner in node.nodes if (key := _key(inner))), None)
    if isinstance(node, Compare) and node.operator == "eq" and len(node.path) == 1 and node.path[0] in KEYS:
        value = node.literals[0].value
        return (node.path[0], value) if isinstance(value, str) else None
    return None


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where paths begin: the object itself, or inside `any` its variable, an element of the property `prefix`."""

    variable: str = ""
    prefix: str = ""
    kind: str = ""


class _Compiler:
    def __init__(self, entity: EntityType) -> None:
        self._entity = entity
        self._resource = f"{entity.name[0].upper()}{entity.name[1:]}"
        self.needs_index: Callable[[], ServiceError] | None = None

    def test(self, node: Node, scope: _Scope = _Scope()) -> Test:  # frozen
        match node:
            case Junction("or", nodes):
                tests = [self.test(inner, scope) for inner in nodes]
                return lambda row: any(test(row) for test in tests)
            case Junction(_, nodes):
                tests = [self.test(inner, scope) for inner in nodes]
                return lambda row: all(test(row) for test in tests)
            case Not(inner):
                self._advanced("Not")
                positive = self.test(inner, scope)
                return lambda row: not positive(row)
            case Lambda():
                return self._lambda(node, scope)
            case Constant(path):
                return self._compare(Compare(path, "eq", (Literal("boolean", True),)), scope)
            case Compare():
                return self._compare(node, scope)

    def _compare(self, node: Compare, scope: _Scope) -> Test:
        path, read, kind = self._resolve(node.path, scope)
        operator = node.operator
        if operator in ("ne", "endswith"):
            self._advanced("NotEqualsMatch" if operator == "ne" else FUNCTIONS[operator])
        for literal in node.literals:
            self._support(path, _SUPPORTED_AS.get(operator, operator), literal)
            self._types(kind, operator, literal)
        exact = path.partition("/")[0] in _EXACT
        tests = [_comparison(operator, literal, kind, exact) for literal in node.literals]
        if len(tests) == 1:
            test = tests[0]
            return lambda row: test(read(row))
        return lambda row: any(test(read(row)) for test in tests)

    def _lambda(self, node: Lambda, scope: _Scope) -> Test:
        path, read, kind = self._resolve(node.path, scope)
        if not kind.startswith("["):
            raise invalid(f"{node.quantifier.title()} may only be used following a collection.")
        prefix = f"{path}/any"
        if not any(known == prefix or known.startswith(prefix + "/") for known in self._entity.filterable):
            raise self._unsupported(node.path[0])
        if node.test is None:
            self._advanced("Any")
            return lambda row: bool(read(row))
        inner = self.test(node.test, _Scope(node.variable, prefix, kind[1:-1]))
        if node.quantifier == "all":
            self._advanced("All")
            return lambda row: all(inner(element) for element in read(row) or ())
        return lambda row: any(inner(element) for element in read(row) or ())

    def _resolve(self, path: tuple[str, ...], scope: _Scope) -> tuple[str, Callable[[Any], Any], str]:
        """Return the path as filter_support has it, what reads its value, and the value's kind."""
        if scope.variable:
            if path[0] != scope.variable:
                raise invalid(f"Could not find a property named '{path[0]}' in the scope of '{scope.variable}'.")
            names, prefix, kind = path[1:], scope.prefix, scope.kind
            read: Callable[[Any], Any] = lambda element: element  # noqa: E731
        else:
            names, prefix, (read, kind) = path[1:], path[0], self._property(path[0])
        for name in names:
            prefix = f"{prefix}/{name}"
            if name == "$count":
                return prefix, _counting(read), "Edm.Int32"
            kind = self._inner(kind, name)
            read = _inside(read, name)
        return prefix, read, kind

    def _property(self, name: str) -> tuple[Callable[[Any], Any], str]:
        known = self._entity.properties.get(name)
        if known is None:
            if f"{name}/$count" in self._entity.filterable:  # a relationship
                return lambda row: row[name]() if name in row else (), "[directoryObject]"
            raise self._no_property(name, self._entity.name)
        default = known.default
        return lambda row: row.get(name, default), known.kind

    def _inner(self, kind: str, name: str) -> str:
        if kind == "any":
            return "any"
        if kind not in COMPLEX or name not in COMPLEX[kind]:
            raise self._no_property(name, kind)
        return COMPLEX[kind][name]

    def _support(self, path: str, operator: str, literal: Literal) -> None:
        supported = self._entity.filterable.get(path, "").split()
        if path.endswith("/$count") and (operator != "eq" or literal.value not in (0, 1)):
            raise self._unsupported(path.partition("/")[0])  # only "empty" and "one" are indexed
        wanted = "null" if literal.kind == "null" else operator
        if wanted in supported:
            return
        if f"{wanted}+" not in supported:
            raise self._unsupported(path.partition("/")[0])
        if self.needs_index is None:
            self.needs_index = lambda: self._unsupported(path.partition("/")[0])

    def _types(self, kind: str, operator: str, literal: Literal) -> None:
        wanted = _LITERALS.get(kind)
        if wanted is None or literal.kind in ("null", wanted):
            return
        if operator in FUNCTIONS:
            raise invalid(
                f"No function signature for the function with name '{operator}' matches the specified arguments."
            )
        found = next(name for name, of in _LITERALS.items() if of == literal.kind)
        raise invalid(
            "A binary operator with incompatible types was detected. Found operand types "
            f"'{kind}' and '{found}' for operator kind '{_OPERATORS[operator]}'."
        )

    def _advanced(self, operator: str) -> None:
        if self.needs_index is None:
            self.needs_index = lambda: unsupported_query(
                f"Operator '{operator}' is not supported because the required parameters might be missing. Try adding "
                "$count=true query parameter and ConsistencyLevel:eventual header. Refer to "
                "https://aka.ms/graph-docs/advanced-queries for more information"
            )

    def _unsupported(self, name: str) -> ServiceError:
        return unsupported_query(
            f"Unsupported or invalid query filter clause specified for property '{name}' of resource "
            f"'{self._resource}'."
        )

    def _no_property(self, name: str, kind: str) -> ServiceError:
        return invalid(f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.")


def _inside(read: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    def inner(row: Any) -> Any:
        value = read(row)
        return value.get(name) if isinstance(value, dict) else None

    return inner


def _counting(read: Callable[[Any], Any]) -> Callable[[Any], int]:
    return lambda row: len(read(row) or ())


def _comparison(operator: str, literal: Literal, kind: str, exact: bool) -> Test:
    """Return a test of one value. Text compares without case; null is equal to null alone, and in no order."""
    wanted = literal.value
    if literal.kind == "null":
        return (lambda value: value is not None) if operator == "ne" else (lambda value: value is None)
    fold: Callable[[Any], Any] = _identity
    if literal.kind in ("text", "guid") and not exact:
        fold = _lower
    elif literal.kind == "date":
        fold = _moment
    wanted = fold(wanted)
    match operator:
        case "eq" | "in":
            return lambda value: value is not None and bool(fold(value) == wanted)
        case "ne":
            return lambda value: value is None or bool(fold(value) != wanted)
        case "startswith":
            return lambda value: isinstance(value, str) and bool(fold(value).startswith(wanted))
        case "endswith":
            return lambda value: isinstance(value, str) and bool(fold(value).endswith(wanted))
        case "ge":
            return lambda value: value is not None and bool(fold(value) >= wanted)
        case "gt":
            return lambda value: value is not None and bool(fold(value) > wanted)
        case "le":
            return lambda value: value is not None and bool(fold(value) <= wanted)
        case _:
            return lambda value: value is not None and bool(fold(value) < wanted)


def _identity(value: Any) -> Any:
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"The time zone information is missing or the date '{text}' is not valid.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
