"""$select, $filter, $top, $expand, $count and paging of directory objects.

learn.microsoft.com/graph/query-parameters, learn.microsoft.com/graph/paging
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import quote

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.graph.errors import graph_error, unsupported_query
from graphmail.sandbox.graph.filter_expression import compile_filter
from graphmail.sandbox.graph.schema import EntityType

PAGE = 100
LARGEST_PAGE = 999
_LIST = {"$select", "$filter", "$top", "$expand", "$count", "$skiptoken"}
_ONE = {"$select", "$expand"}


def one(call: Call, entity: EntityType, values: dict[str, Any], context: str, status: int = 200) -> Answer:
    """Answer with one object; `values` may lack properties that are at their default."""
    _known_options(call, _ONE)
    body = {"@odata.context": f"{call.root}/v1.0/$metadata#{context}/$entity"}
    return Answer(status, body | _chosen(call, entity, entity.render(values), values))


def many(call: Call, entity: EntityType, rows: list[dict[str, Any]], context: str) -> Answer:
    """Answer with one page of objects, in the order given, and the link to the next."""
    _known_options(call, _LIST)
    rendered = [(entity.render(values), values) for values in rows]
    if text := call.query.get("$filter"):
        test = compile_filter(text, entity)
        rendered = [pair for pair in rendered if test(pair[0])]
    body: dict[str, Any] = {"@odata.context": f"{call.root}/v1.0/$metadata#{context}"}
    if _wants_count(call):
        body["@odata.count"] = len(rendered)
    start, size = _start(call, [full["id"] for full, _ in rendered]), _size(call)
    page = rendered[start : start + size]
    if start + size < len(rendered):
        body["@odata.nextLink"] = _next_link(call, page[-1][0]["id"])
    body["value"] = [_chosen(call, entity, full, values) for full, values in page]
    return Answer(200, body)


def _chosen(call: Call, entity: EntityType, full: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    names = _names(call.query["$select"]) if "$select" in call.query else list(entity.returned or full)
    for name in names:
        if name not in entity.properties:
            raise _no_property(name, entity)
    chosen = {name: full[name] for name in names if name in full}
    for name in _names(call.query.get("$expand", "")):
        if name not in entity.expandable:
            raise _no_property(name, entity)
        chosen[name] = values[name][:20]  # learn.microsoft.com/graph/query-parameters: $expand gives 20 at most
    return chosen


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _no_property(name: str, entity: EntityType) -> ServiceError:
    message = (
        "Parsing OData Select and Expand failed: Could not find a property named "
        f"'{name}' on type 'microsoft.graph.{entity.name}'."
    )
    return graph_error(400, "BadRequest", message)


def _known_options(call: Call, known: set[str]) -> None:
    for name in call.query:
        if name.startswith("$") and name not in known:
            raise unsupported_query(f"The query option '{name}' is not supported here by the sandbox.")


def _wants_count(call: Call) -> bool:
    if call.query.get("$count", "false").lower() != "true":
        return False
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise unsupported_query("$count is not currently supported without the header ConsistencyLevel: eventual.")
    return "$skiptoken" not in call.query  # only page 1 has it


def _size(call: Call) -> int:
    text = call.query.get("$top", str(PAGE))
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise unsupported_query(
            f"Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_PAGE} inclusive."
        )
    return int(text)


def _start(call: Call, ids: list[str]) -> int:
    """The position after the object that the skip token names."""
    token = call.query.get("$skiptoken")
    if token is None:
        return 0
    try:
        return ids.index(base64.urlsafe_b64decode(token.encode()).decode()) + 1
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise graph_error(400, "Directory_ExpiredPageToken", "The specified page token value has expired.") from None


def _next_link(call: Call, last: str) -> str:
    token = base64.urlsafe_b64encode(last.encode()).decode()
    options = {name: value for name, value in call.query.items() if name != "$skiptoken"} | {"$skiptoken": token}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{call.root}/v1.0{quote(call.path)}?{query}"
