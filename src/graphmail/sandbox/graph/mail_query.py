"""Query options of the mail collections: $select, $filter, $orderby, $top, $skip, $count, $expand.

learn.microsoft.com/graph/api/user-list-messages
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_filter import MESSAGES, Filter, Filterable, bad_syntax, parse_filter, unknown_property
from graphmail.sandbox.graph.mail_schema import MESSAGE, Complex
from graphmail.sandbox.graph.mail_search import Test, parse_search

DEFAULT_PAGE = 10
LARGEST_PAGE = 1000

_ORDER = re.compile(r"([\w/]+)(?:\s+(asc|desc))?", re.IGNORECASE)


@dataclass(slots=True)
class Query:
    select: tuple[str, ...] = ()
    filter: Filter | None = None
    order: tuple[tuple[str, bool], ...] = ()  # property, descending
    top: int = DEFAULT_PAGE
    skip: int = 0
    count: bool = False
    search: Test | None = None  # looks at messages, not at what is shown of them
    expand: dict[str, dict[str, str]] = field(default_factory=dict)  # name -> its own options


def parse_query(
    call: Call, shape: Complex, expandable: tuple[str, ...] = (), of: Filterable = MESSAGES,
) -> Query:  # fmt: skip
    """Read the options. Raises Graph's 400."""
    options = call.query
    if "$search" in options:
        _require_searchable(options, shape)
    query = Query(
        select=_select(options.get("$select", ""), shape),
        filter=parse_filter(options["$filter"], of) if options.get("$filter") else None,
        order=_order(options.get("$orderby", ""), of),
        top=_number(options, "$top", preferred_page(call) or DEFAULT_PAGE, 1, LARGEST_PAGE),
        skip=_number(options, "$skip", 0, 0, 2**31),
        count=options.get("$count", "").lower() == "true",
        search=parse_search(options["$search"]) if "$search" in options else None,
        expand=_expand(options.get("$expand", ""), expandable, shape),
    )
    if query.filter and query.order and of is MESSAGES:
        _require_efficient(query.filter, query.order)
    return query


def page(
    call: Call,
    query: Query,
    items: list[dict[str, Any]],
    order: tuple[tuple[str, bool], ...] = (("receivedDateTime", True),),
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the items of this page, and the collection's annotations: count and nextLink."""
    kept = [i for i in items if query.filter is None or query.filter.test(i)]
    for name, descending in reversed(query.order or order):
        kept.sort(key=partial(_sort_key, name), reverse=descending)
    notes: dict[str, Any] = {"@odata.count": len(kept)} if query.count else {}
    end = query.skip + query.top
    if len(kept) > end:
        notes["@odata.nextLink"] = next_link(call, end)
    return kept[query.skip : end], notes


def number_answer(number: int) -> Answer:
    """Make the answer of a $count endpoint: the number as text."""
    return Answer(200, str(number).encode(), {"Content-Type": "text/plain"})


def next_link(call: Call, skip: int) -> str:
    options = {**call.query, "$skip": str(skip)}
    return f"{call.root}/v1.0{quote(call.path)}?" + "&".join(f"{quote(k)}={quote(v)}" for k, v in options.items())


def chosen(query: Query) -> str:
    """Return the select list as a context URL has it: docs.oasis-open.org/odata/odata/v4.01 protocol, 10.7."""
    return f"({','.join(query.select)})" if query.select else ""


def selected(item: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return only what is selected, and always the id and annotations."""
    if not names:
        return dict(item)
    wanted = {"id", *names}
    return {k: v for k, v in item.items() if k in wanted or k.startswith("@odata.")}


def _select(text: str, shape: Complex) -> tuple[str, ...]:
    by_lower = {name.lower(): name for name in shape.properties}
    names: list[str] = []
    for given in (n.strip() for n in text.split(",") if n.strip()):
        if given == "*":
            return ()
        if given.lower() not in by_lower:
            raise bad_syntax(f"Could not find a property named '{given}' on type '{shape.name}'.")
        names.append(by_lower[given.lower()])
    return tuple(names)


def _order(text: str, of: Filterable) -> tuple[tuple[str, bool], ...]:
    found: list[tuple[str, bool]] = []
    for part in (p.strip() for p in text.split(",") if p.strip()):
        match = _ORDER.fullmatch(part)
        if match is None or match.group(1) not in of.all:
            raise unknown_property(part, of)
        found.append((match.group(1), (match.group(2) or "").lower() == "desc"))
    return tuple(found)


def _require_searchable(options: Mapping[str, str], shape: Complex) -> None:
    """Only messages are searched, and neither filtered nor sorted then."""
    if shape is not MESSAGE:
        raise graph_error(400, "ErrorInvalidUrlQuery", f"'$search' is not supported on type '{shape.name}'.")
    for name, code in (("$filter", "SearchWithFilter"), ("$orderby", "SearchWithOrderBy")):
        if options.get(name):
            text = f"The query parameter '{name}' is not supported with '$search'."
            raise graph_error(400, code, text)


def _require_efficient(condition: Filter, order: tuple[tuple[str, bool], ...]) -> None:
    """What is sorted by must be filtered by, in the same order and before anything else."""
    names = tuple(name for name, _ in order)
    if condition.properties[: len(names)] != names:
        text = "The restriction or sort order is too complex for this operation."
        raise graph_error(400, "InefficientFilter", text)


def _number(options: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise bad_syntax(f"Invalid value '{text}' for {name} query option found. It must be from {least} to {most}.")
    return int(text)


def preferred_page(call: Call) -> int:
    """Return what `Prefer: odata.maxpagesize` says, 0 where it says nothing."""
    match = re.search(r"odata\.maxpagesize=(\d+)", call.headers.get("prefer", ""), re.IGNORECASE)
    return max(1, min(LARGEST_PAGE, int(match.group(1)))) if match else 0


def _expand(text: str, expandable: tuple[str, ...], shape: Complex) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for part in _split(text, ","):
        given, _, inner = part.partition("(")
        name = next((e for e in expandable if e.lower() == given.lower()), given)
        if name not in expandable:
            raise bad_syntax(f"Could not find a property named '{name}' on type '{shape.name}'.")
        options = (o.partition("=") for o in _split(inner.removesuffix(")"), ";"))
        found[name] = {key.strip(): value for key, _, value in options}
    return found


def _split(text: str, mark: str) -> list[str]:
    """Split at the mark, but not inside parentheses or quotes."""
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == "'"
        depth += 0 if quoted else (character == "(") - (character == ")")
        if character == mark and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [p.strip() for p in parts if p.strip()]


def _sort_key(path: str, item: Mapping[str, Any]) -> tuple[bool, str]:
    held: Any = item
    for key in path.split("/"):
        held = held.get(key) if isinstance(held, Mapping) else None
    return held is not None, str(held).lower()
