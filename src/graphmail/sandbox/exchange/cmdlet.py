"""A cmdlet: its parameters, what it does, and one invocation of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from graphmail.sandbox.call import Caller
from graphmail.sandbox.exchange.parameter import Parameter
from graphmail.sandbox.store import Tenant

Row = dict[str, Any]  # an output object; values are UUID, datetime, list, str, bool, int or None


@dataclass(slots=True)
class Invocation:
    """One run of a cmdlet. `parameters` are bound and converted; `warnings` go into the answer."""

    tenant: Tenant
    caller: Caller
    cmdlet: str
    parameters: dict[str, Any]
    warnings: list[str] = field(default_factory=list)

    def get(self, name: str, default: Any = None) -> Any:
        return self.parameters.get(name, default)

    @property
    def identity(self) -> str:
        """The Identity, blank when left out: a blank one returns all objects."""
        return str(self.get("Identity", "")).strip()

    def lag(self, name: str) -> timedelta:
        """How late this caller sees a commit; a person at a portal is told of no lag."""
        return timedelta() if self.caller.by_hand else self.tenant.delays.of(name)

    def commit(self, target: str, **detail: Any) -> None:
        self.tenant.commit(self.caller.actor, "exchange", self.cmdlet, target, **detail)

    def unchanged(self, target: str) -> None:
        self.warnings.append(f"The command completed successfully but no settings of '{target}' have been modified.")


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """`confirms` marks those that ask before acting, `pages` those that show one row only unless told a ResultSize.

    `customizes`: refused until the organisation is customized.
    """

    name: str
    run: Callable[[Invocation], list[Row]]
    parameters: Mapping[str, Parameter]
    confirms: bool = False
    pages: bool = False
    customizes: bool = False

    @property
    def source(self) -> str:
        """The public page."""
        return f"learn.microsoft.com/powershell/module/exchangepowershell/{self.name.lower()}"
