"""What a drill's parameters may be: each has its default, a type with bounds, and words for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

_AGES = 10**10  # seconds, three centuries: a date so far away can still be told
_DAY = 86400
_HOST = r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?$"


@dataclass(frozen=True, slots=True)
class Parameter:
    default: Any
    kind: Any  # an annotation for pydantic
    allowed: str

    def fits(self, value: Any) -> bool:
        try:
            TypeAdapter(self.kind).validate_python(value, strict=True)
        except ValidationError:
            return False
        return True


def told_seconds(default: float) -> Parameter:
    """A wait that an answer tells of; less than none, too."""
    return Parameter(default, _number(-_AGES, _AGES), f"a number from -{_AGES} to {_AGES}")


def clock_seconds(default: float) -> Parameter:
    """A time by the tenant's clock."""
    return Parameter(default, _number(0, _AGES), f"a number from 0 to {_AGES}")


def real_seconds(default: float) -> Parameter:
    """A time by the clock on the wall."""
    return Parameter(default, _number(0, _DAY), f"a number from 0 to {_DAY}")


def lags(*default: float) -> Parameter:
    number = Field(ge=0, le=_AGES, allow_inf_nan=False)
    kind = Annotated[list[Annotated[int | float, number]], Field(min_length=1, max_length=100)]
    return Parameter(list(default), kind, f"a list of 1 to 100 numbers from 0 to {_AGES}")


def share(default: float) -> Parameter:
    """How much of a body is sent, of 1."""
    kind = Annotated[int | float, Field(ge=0, lt=1, allow_inf_nan=False)]
    return Parameter(default, kind, "a number from 0 to less than 1")


def error_status(default: int) -> Parameter:
    return _whole(default, 400, 599)


def redirect_status(default: int) -> Parameter:
    return _whole(default, 300, 399)


def page_size(default: int) -> Parameter:
    return _whole(default, 1, 999)


def length(default: int) -> Parameter:
    """Bytes."""
    return _whole(default, 0, 1_000_000)


def host(default: str) -> Parameter:
    return Parameter(default, Annotated[str, Field(pattern=_HOST)], "a host name, with a port or without")


def _whole(default: int, least: int, most: int) -> Parameter:
    return Parameter(default, Annotated[int, Field(ge=least, le=most)], f"a whole number from {least} to {most}")


def _number(least: float, most: float) -> Any:
    return Annotated[int | float, Field(ge=least, le=most, allow_inf_nan=False)]
