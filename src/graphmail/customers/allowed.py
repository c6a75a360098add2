"""What a field may hold, in words, read off the schema: for error messages and for the field table."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from graphmail.customers.errors import Place
from graphmail.customers.values import Allowed


def kind_at(kind: Any, place: Place) -> Any:
    """The type of what stands at `place` below `kind`; the nearest one around it if the schema knows no such place."""
    kind = bare(kind)
    if not place:
        return kind
    step, rest = place[0], place[1:]
    if get_origin(kind) is list and isinstance(step, int):
        return kind_at(get_args(kind)[0], rest)
    if get_origin(kind) is dict:
        return kind_at(get_args(kind)[1], rest)
    if is_section(kind) and step in kind.model_fields:
        return kind_at(annotated(kind.model_fields[step]), rest)
    return kind


def annotated(field: FieldInfo) -> Any:
    """The field's type with its words; pydantic moves the outermost Annotated's into the metadata."""
    words = [m for m in field.metadata if isinstance(m, Allowed)]
    return Annotated[field.annotation, words[0]] if words else field.annotation


def words(kind: Any) -> str:
    """What `kind` allows, in words."""
    kind = bare(kind)
    if get_origin(kind) is Annotated:
        return next((m.words for m in get_args(kind)[1:] if isinstance(m, Allowed)), words(get_args(kind)[0]))
    if get_origin(kind) is Literal:
        return listed(get_args(kind))
    if kind is bool:
        return "`true`, `false`"
    if get_origin(kind) is list:
        return f"a list of: {words(get_args(kind)[0])}"
    if is_section(kind):
        return f"a mapping with: {listed(names(kind))}"
    return "a mapping"


def names(section: type[BaseModel]) -> list[str]:
    """The fields that an inventory may write there."""
    return [name for name, field in section.model_fields.items() if not field.exclude]


def nearest(written: str, choices: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing."""
    close = difflib.get_close_matches(written, list(choices), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def listed(choices: Iterable[str]) -> str:
    return ", ".join(f"`{choice}`" for choice in choices)


def is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def bare(kind: Any) -> Any:
    """`kind` without `| None`."""
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not NoneType)
    return kind
