"""Binds a request's `Parameters` to what a cmdlet declares, as PowerShell's binder does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphmail.sandbox.exchange.errors import CmdletError, binding
from graphmail.sandbox.exchange.size import parse_size

HASHTABLE = "#Exchange.GenericHashTable"
STRING_DELTA = "#Exchange.StringFieldDeltaUpdateData"

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What shall become of a multi-valued property: all values anew, or some added and removed."""

    replace: tuple[str, ...] | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def of(self, current: Iterable[str], same: Callable[[str], str] = str.lower) -> list[str]:
        """Apply it; `same` makes the key by which two values are one."""
        if self.replace is not None:
            return list(dict.fromkeys(self.replace))
        gone = {same(v) for v in self.remove}
        kept = [v for v in current if same(v) not in gone]
        known = {same(v) for v in kept}
        return kept + [v for v in self.add if same(v) not in known]


@dataclass(frozen=True, slots=True)
class Parameter:
    """`type_name` is how the binder calls it in its errors."""

    convert: Convert
    type_name: str
    required: bool = False


def text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    return str(value)


def boolean(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false", "$true", "$false"):
        return value.lower().endswith("true")
    if not isinstance(value, bool):
        raise TypeError
    return value


def texts(value: Any) -> tuple[str, ...]:
    return tuple(text(v) for v in value) if isinstance(value, list) else (text(value),)


def change(value: Any) -> Change:
    """A list replaces; a tagged object changes; an untagged object is no hashtable to the service.

    An empty list leaves the property as it is; only an empty tagged object clears it.
    """
    if not isinstance(value, dict):
        values = texts(value)
        return Change(replace=values) if values else Change()
    fields = {k.lower(): v for k, v in value.items()}
    if fields.pop("@odata.type", None) not in (HASHTABLE, STRING_DELTA):
        raise TypeError
    fields = {k: v for k, v in fields.items() if not k.endswith("@odata.type")}
    if not fields:
        return Change(replace=())
    if not fields.keys() <= {"add", "remove"}:
        raise TypeError
    return Change(add=texts(fields.get("add", [])), remove=texts(fields.get("remove", [])))


def result_size(value: Any) -> int | None:
    """Rows at most; None for Unlimited."""
    if isinstance(value, str) and value.lower() == "unlimited":
        return None
    if isinstance(value, bool) or not re.fullmatch(r"[1-9]\d*", str(value)):
        raise TypeError
    return int(value)


def whole_number(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value)):
        raise TypeError
    return int(value)


def one_of(*allowed: str) -> Convert:
    def convert(value: Any) -> str:
        found = next((a for a in allowed if isinstance(value, str) and a.lower() == value.lower()), None)
        if found is None:
            raise TypeError
        return found

    return convert


STRING = Parameter(text, "System.String")
REQUIRED_STRING = Parameter(text, "System.String", required=True)
STRINGS = Parameter(texts, "System.String[]")
BOOLEAN = Parameter(boolean, "System.Boolean")
SWITCH = Parameter(boolean, "System.Management.Automation.SwitchParameter")
CHANGE = Parameter(change, "Microsoft.Exchange.Data.MultiValuedProperty")
SIZE = Parameter(parse_size, "Microsoft.Exchange.Data.ByteQuantifiedSize")
RESULT_SIZE = Parameter(result_size, "Microsoft.Exchange.Data.Unlimited`1[System.UInt32]")

# What every cmdlet takes beside its own.
COMMON: Mapping[str, Parameter] = {
    "Confirm": SWITCH,
    "WhatIf": SWITCH,
    "ErrorAction": STRING,
    "WarningAction": STRING,
    "Verbose": SWITCH,
}


def bind(declared: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters by their declared names, converted; null counts as not given.

    Raises CmdletError for an unknown name, a wrong type, a missing mandatory one.
    """
    by_lower = {name.lower(): (name, p) for name, p in {**COMMON, **declared}.items()}
    bound: dict[str, Any] = {}
    for name, value in given.items():
        if name.endswith(("@odata.type", "@data.type")):
            continue
        if name.lower() not in by_lower:
            raise binding(f"A parameter cannot be found that matches parameter name '{name}'.")
        own, parameter = by_lower[name.lower()]
        if value is not None:
            bound[own] = _converted(own, parameter, value)
    missing = [n for n, p in declared.items() if p.required and not bound.get(n)]
    if missing:
        listed = " ".join(missing)
        raise binding(f"Cannot process command because of one or more missing mandatory parameters: {listed}.")
    return bound


def _converted(name: str, parameter: Parameter, value: Any) -> Any:
    try:
        return parameter.convert(value)
    except CmdletError:
        raise
    except (TypeError, ValueError):
        raise binding(
            f"Cannot process argument transformation on parameter '{name}'. "
            f'Cannot convert the value of type "{type(value).__name__}" to type "{parameter.type_name}".',
            transformation=True,
        ) from None
