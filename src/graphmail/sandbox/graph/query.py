"""Answers that are one directory object, a page of them, or their number.

learn.microsoft.com/graph/query-parameters, learn.microsoft.com/graph/paging,
learn.microsoft.com/graph/aad-advanced-queries
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph import query_options as options
from graphmail.sandbox.graph.errors import bad_request, unsupported_query
from graphmail.sandbox.graph.filter_expression import compile_filter
from graphmail.sandbox.graph.query_options import Expansion
from graphmail.sandbox.graph.schema import EntityType
from graphmail.sandbox.graph.search_expression import compile_search

Shown = tuple[EntityType, dict[str, Any]]  # an object and the type that it is shown as
_CREATED = 201


def one(call: Call, entity: EntityType, values: dict[str, Any], context: str, status: int = 200) -> Answer:
    """Answer with one object; `values` may lack properties that are at their default.

    A new object is 204 where the client prefers it so: learn.microsoft.com/graph/best-practices-concept.
    """
    if status == _CREATED and "return=minimal" in preferences(call):
        location = f"{call.root}/v1.0/{context}/{values['id']}"
        return Answer(204, None, {"Preference-Applied": "return=minimal", "Location": location})
    options.check_known(call, options.OF_OBJECTS)
    names, expanded = options.selected(call, entity), options.expansions(call, entity)
    return Answer(
        status,
        {"@odata.context": f"{_context(call, context, names, expanded)}/$entity"}
        | _chosen(entity, values, names, expanded),
    )


def many(
    call: Call, entity: EntityType, rows: Iterable[dict[str, Any]], context: str, *, size: int | None = None
) -> Answer:
    """Answer with one page of objects of one type, and the link to the next."""
    return _page(call, entity, [(entity, values) for values in _kept(call, entity, rows)], context, size, typed=False)


def many_objects(call: Call, entity: EntityType, rows: Iterable[Shown], context: str = "directoryObjects") -> Answer:
    """Answer with objects of several types, each with its @odata.type; `entity` says what can be asked for."""
    rows = list(rows)
    of = {id(values): shown_as for shown_as, values in rows}
    kept = [(of[id(values)], values) for values in _kept(call, entity, [values for _, values in rows])]
    return _page(call, entity, kept, context, None, typed=True)


def number_of(call: Call, entity: EntityType, rows: Iterable[dict[str, Any]]) -> Answer:
    """Answer `/$count`: the number as text."""
    if not options.advanced(call):
        raise bad_request("$count is not currently supported.")
    number = sum(1 for _ in _kept(call, entity, rows))
    return Answer(200, str(number).encode(), {"Content-Type": "text/plain"})


def preferences(call: Call) -> set[str]:
    """The values of the header Prefer, in lower case."""
    return {part.strip().lower() for part in call.headers.get("prefer", "").split(",")}


def wanted_key(call: Call, entity: EntityType) -> tuple[str, str] | None:
    """A key property and the value that $filter asks it to have: the other objects need not be read."""
    text = call.query.get("$filter")
    return compile_filter(text, entity).key if text else None


def _kept(call: Call, entity: EntityType, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Check the options and do $filter, $search and $orderby."""
    options.check_known(call, options.OF_LISTS)
    if text := call.query.get("$filter"):
        keep = compile_filter(text, entity)
        if keep.needs_index and not options.advanced(call):
            raise keep.needs_index()
        rows = filter(keep.test, rows)
    if text := call.query.get("$search"):
        if not options.advanced(call):
            raise unsupported_query(
                "Request with $search query parameter only works through MSGraph with a special request header: "
                "'ConsistencyLevel: eventual'"
            )
        rows = filter(compile_search(text, entity), rows)
    kept = list(rows)
    for order in reversed(options.ordering(call, entity)):
        kept.sort(key=order.key, reverse=order.descending)
    return kept


def _page(call: Call, entity: EntityType, rows: list[Shown], context: str, size: int | None, *, typed: bool) -> Answer:
    names, expanded = options.selected(call, entity), options.expansions(call, entity)
    body: dict[str, Any] = {"@odata.context": _context(call, context, names, expanded)}
    if options.counted(call) and "$skiptoken" not in call.query:  # only page 1 has it
        body["@odata.count"] = len(rows)
    size = size or options.page_size(call)
    start = options.page_start(call, [values["id"] for _, values in rows]) if "$skiptoken" in call.query else 0
    page = rows[start : start + size]
    if start + size < len(rows):
        body["@odata.nextLink"] = options.next_link(call, page[-1][1]["id"])
    body["value"] = [
        (_typed(shown_as, values, names) if typed else _chosen(shown_as, values, names, expanded))
        for shown_as, values in page
    ]
    return Answer(200, body)


def _context(call: Call, context: str, names: list[str] | None, expanded: list[Expansion]) -> str:
    parts = list(names or ())
    parts += [f"{e.name}({','.join(e.select or ())})" for e in expanded]
    listed = f"({','.join(parts)})" if parts else ""
    return f"{call.root}/v1.0/$metadata#{context}{listed}"


def _chosen(
    entity: EntityType, values: dict[str, Any], names: list[str] | None, expanded: Iterable[Expansion] = ()
) -> dict[str, Any]:
    chosen = entity.render(values, names)
    for expansion in expanded:
        related = values[expansion.name]()[: options.EXPANDED]
        chosen[expansion.name] = [_typed(shown_as, inner, expansion.select) for shown_as, inner in related]
    return chosen


def _typed(entity: EntityType, values: dict[str, Any], names: list[str] | None) -> dict[str, Any]:
    """An object among others of other types; what it does not have is left out."""
    kind = {"@odata.type": f"#microsoft.graph.{entity.name}"} if entity.name != "appRoleAssignment" else {}
    return kind | entity.render(values, names)
