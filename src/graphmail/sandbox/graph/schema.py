"""Properties of the emulated resources, from Microsoft's published schema.

Names and types as in the v1.0 resource pages (learn.microsoft.com/graph/api/resources/application, …/serviceprincipal,
…/user, …/group, …/organization) and in microsoftgraph/msgraph-metadata `schemas/v1.0-Prod.csdl`. This list is the
sandbox's own: what is not in it is refused, as Graph refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.errors import bad_request, graph_error
from graphmail.sandbox.graph.schema_complex import COMPLEX
from graphmail.sandbox.service import not_implemented

WRITABLE, READ_ONLY, NOT_EMULATED = "writable", "read-only", "not emulated"


@dataclass(frozen=True, slots=True)
class Property:
    """`kind` is an Edm type, a name in COMPLEX, or either in brackets for a collection."""

    kind: str
    access: str = WRITABLE
    default: Any = None
    operators: tuple[str, ...] = ()  # of $filter, where filter_support has no table of the type


@dataclass(frozen=True, slots=True, eq=False)
class EntityType:
    """A resource type; `returned` lists what comes without $select, everything when empty.

    `filterable`, `sortable`: see filter_support. `searchable`: what $search looks in, `token` for words or `start` for
    beginnings. `left_out`: published properties that are not emulated, so that asking for one is 501 and no error of
    the caller. `expandable` ones are callables in the values, which answer the related objects as shown.
    """

    name: str
    properties: dict[str, Property]
    returned: tuple[str, ...] = ()
    expandable: tuple[str, ...] = ()
    filterable: dict[str, str] = field(default_factory=dict)
    sortable: dict[str, bool] = field(default_factory=dict)
    searchable: dict[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, known in self.properties.items():
            if known.operators:
                self.filterable.setdefault(name, " ".join(known.operators))

    def render(self, values: dict[str, Any], names: list[str] | None = None) -> dict[str, Any]:
        """Return these properties, or what comes by default, in order; with defaults for those that `values` lacks."""
        properties = self.properties
        wanted = names if names is not None else self.returned or properties
        return {
            name: values[name] if name in values else properties[name].default
            for name in wanted
            if name in properties and properties[name].kind != "Edm.Stream"
        }

    def check(self, body: Any) -> dict[str, Any]:
        """Return the properties of a create or update body; ServiceError for what Graph would refuse."""
        if not isinstance(body, dict):
            raise graph_error(400, "BadRequest", "Write requests (excluding DELETE) must contain a JSON object.")
        wanted = {name: value for name, value in body.items() if "@odata." not in name}
        for name, value in wanted.items():
            known = self.properties.get(name)
            if known is None:
                raise bad_request(f"Invalid property '{name}'.")
            if known.access == READ_ONLY:
                raise bad_request(f"Property '{name}' is read-only and cannot be set.")
            if known.access == NOT_EMULATED:
                raise ServiceError(not_implemented(f"setting {name} of {self.name}"))
            check_value(name, known.kind, value)
        return wanted


def check_value(name: str, kind: str, value: Any) -> None:
    """Refuse a value that is not of `kind`; null is of every kind but a collection."""
    if kind.startswith("["):
        if not isinstance(value, list):
            raise _mismatch(name, f"Collection({kind[1:-1]})")
        for element in value:
            check_value(name, kind[1:-1], element)
    elif value is None:
        return
    elif kind in COMPLEX:
        _check_complex(name, kind, value)
    elif not _PRIMITIVES[kind](value):
        raise _mismatch(name, kind)


def _check_complex(name: str, kind: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise _mismatch(name, f"microsoft.graph.{kind}")
    for inner, element in value.items():
        if "@odata." in inner:
            continue
        known = COMPLEX[kind].get(inner)
        if known is None:
            raise bad_request(f"Invalid property '{inner}'.")
        check_value(inner, known, element)


def _mismatch(name: str, kind: str) -> ServiceError:
    message = f"Property {name} in payload has a value that does not match schema. Expected type: {kind}."
    return graph_error(400, "BadRequest", message)


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_PRIMITIVES: dict[str, Callable[[Any], bool]] = {
    "Edm.String": lambda v: isinstance(v, str),
    "Edm.Guid": lambda v: isinstance(v, str) and len(v) == 36,
    "Edm.Boolean": lambda v: isinstance(v, bool),
    "Edm.Int32": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "Edm.DateTimeOffset": _is_date,
    "Edm.Binary": lambda v: isinstance(v, str),
    "any": lambda _: True,
}
