"""The query options of a directory request, one by one: learn.microsoft.com/graph/query-parameters."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from graphmail.sandbox.call import Call, ServiceError
from graphmail.sandbox.graph.errors import bad_request, graph_error, unsupported_query
from graphmail.sandbox.graph.schema import EntityType
from graphmail.sandbox.service import not_implemented

PAGE = 100
LARGEST_PAGE = 999
EXPANDED = 20  # objects of one relationship that $expand shows
OF_LISTS = frozenset(
    {"$select", "$filter", "$top", "$expand", "$count", "$skiptoken", "$orderby", "$search", "$format"}
)
OF_OBJECTS = frozenset({"$select", "$expand", "$format", "$count"})
_EXPAND = re.compile(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*(?:,|$)")


@dataclass(frozen=True, slots=True)
class Expansion:
    """One relationship of $expand; `select` None: the defaults."""

    name: str
    select: list[str] | None


def check_known(call: Call, known: frozenset[str]) -> None:
    for name in call.query:
        if name == "$skip":
            raise bad_request("'$skip' is not supported by the service.")
        if name.startswith("$") and name not in known:
            raise graph_error(400, "BadRequest", f"The query parameter '{name}' is not supported.")


def counted(call: Call) -> bool:
    """Whether @odata.count is asked for; without the header Graph ignores the wish and says nothing."""
    return call.query.get("$count", "").lower() == "true" and _eventual(call)


def advanced(call: Call) -> bool:
    """Whether the query is answered from the index: learn.microsoft.com/graph/aad-advanced-queries."""
    asked = counted(call) or "$search" in call.query or call.path.endswith("/$count")
    return asked and _eventual(call)


def _eventual(call: Call) -> bool:
    return call.headers.get("consistencylevel", "").lower() == "eventual"


def selected(call: Call, entity: EntityType) -> list[str] | None:
    """The names of $select, or None for the defaults. ServiceError: 400 unknown, 501 known and not emulated."""
    if "$select" not in call.query:
        return None
    return checked_names(call.query["$select"], entity)


def checked_names(text: str, entity: EntityType) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name in entity.left_out:
            raise ServiceError(not_implemented(f"{name} of {entity.name}"))
        if name not in entity.properties and name != "*":
            raise _no_property(name, entity)
    return [*entity.properties] if "*" in names else names


def expansions(call: Call, entity: EntityType) -> list[Expansion]:
    """The relationships of $expand; nested options other than $select are 501."""
    text = call.query.get("$expand", "").strip()
    found, position = [], 0
    while position < len(text):
        match = _EXPAND.match(text, position)
        if match is None:
            raise graph_error(400, "BadRequest", f"Parsing OData Select and Expand failed: Syntax error in '{text}'.")
        name, options = match.groups()
        if name not in entity.expandable:
            raise _no_property(name, entity)
        found.append(Expansion(name, _nested(options)))
        position = match.end()
    if found and advanced(call):
        raise unsupported_query("$expand is not supported together with the advanced query parameters.")
    return found


def _nested(options: str | None) -> list[str] | None:
    if not options:
        return None
    name, _, value = options.partition("=")
    if name.strip() != "$select":
        raise ServiceError(not_implemented(f"{name.strip()} inside $expand"))
    return [part.strip() for part in value.split(",") if part.strip()]


def _no_property(name: str, entity: EntityType) -> ServiceError:
    message = (
        "Parsing OData Select and Expand failed: Could not find a property named "
        f"'{name}' on type 'microsoft.graph.{entity.name}'."
    )
    return graph_error(400, "BadRequest", message)


@dataclass(frozen=True, slots=True)
class Order:
    name: str
    descending: bool

    def key(self, row: dict[str, Any]) -> tuple[bool, str]:
        """Nothing first, text without case."""
        value = row.get(self.name)
        return value is not None, str(value or "").lower()


def ordering(call: Call, entity: EntityType) -> list[Order]:
    """The parts of $orderby. ServiceError 400: unknown, unsupported, or supported in advanced queries alone."""
    found = []
    for part in call.query.get("$orderby", "").split(","):
        words = part.split()
        if not words:
            continue
        name, direction = words[0], (words[1:] or ["asc"])[0].lower()
        if len(words) > 2 or direction not in ("asc", "desc"):
            raise graph_error(400, "BadRequest", f"Invalid $orderby clause: '{part.strip()}'.")
        if name not in entity.properties:
            message = f"Could not find a property named '{name}' on type 'microsoft.graph.{entity.name}'."
            raise graph_error(400, "BadRequest", message)
        if name not in entity.sortable:
            resource = f"{entity.name[0].upper()}{entity.name[1:]}"
            raise unsupported_query(f"Unsupported sort property '{name}' for '{resource}'.")
        if not advanced(call) and (entity.sortable[name] or "$filter" in call.query):
            raise unsupported_query("Sorting not supported for current query.")
        found.append(Order(name, direction == "desc"))
    return found


def page_size(call: Call) -> int:
    text = call.query.get("$top", str(PAGE))
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        message = f"Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_PAGE} inclusive."
        raise unsupported_query(message)
    return int(text)


def page_start(call: Call, ids: list[str]) -> int:
    """The position after the object that the skip token names."""
    token = call.query.get("$skiptoken")
    if token is None:
        return 0
    try:
        return ids.index(base64.urlsafe_b64decode(token.encode()).decode()) + 1
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise graph_error(400, "Directory_ExpiredPageToken", "The specified page token value has expired.") from None


def next_link(call: Call, last: str) -> str:
    token = base64.urlsafe_b64encode(last.encode()).decode()
    options = {name: value for name, value in call.query.items() if name != "$skiptoken"} | {"$skiptoken": token}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{call.root}/v1.0{quote(call.path)}?{query}"
