"""What a customer says, in the words of the notebook's parameter."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from graphmail.errors import TenantError


class Symptom(StrEnum):
    SEND = "cannot send"
    READ = "cannot read"
    LARGE = "only large mail fails"
    STOPPED = "suddenly stopped"

    @classmethod
    def of(cls, text: str) -> Self:
        """The symptom of that name, whatever its case. Raises TenantError for another one."""
        told = " ".join(text.lower().split())
        if told not in set(cls):
            raise TenantError(
                f"There is no symptom {text!r}",
                expected=", ".join(map(repr, map(str, cls))),
                remedy="choose the nearest",
            )
        return cls(told)
