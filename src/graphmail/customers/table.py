"""The field table of docs/inventory.md, made from the schema; a test compares the two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from graphmail.customers.allowed import annotated, is_section, kind_at, words
from graphmail.customers.schema import IDENTITY, Customer


def field_table() -> str:
    """Markdown: each field of a customer's entry, in the schema's order."""
    head = ["| field | meaning | allowed | default |", "|---|---|---|---|"]
    return "\n".join([*head, *_rows(Customer, ())]) + "\n"


def _rows(section: type[BaseModel], above: tuple[str, ...]) -> Iterator[str]:
    for name, field in section.model_fields.items():
        if field.exclude:
            continue
        kind: Any = kind_at(annotated(field), ())
        place = (*above, name)
        own = "" if place not in IDENTITY else "; never in `defaults`"
        allowed = "see below" if is_section(kind) else words(kind)
        yield f"| `{'.'.join(place)}` | {field.description}{own} | {allowed} | {_default(field, kind)} |"
        if is_section(kind):
            yield from _rows(kind, place)


def _default(field: FieldInfo, kind: Any) -> str:
    if field.is_required():
        return "**required**"
    if is_section(kind) or field.default is None:
        return ""
    return (
        "none"
        if field.default == []
        else f"`{str(field.default).lower() if field.default is False else field.default}`"
    )
