"""One change that was made here, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from graphmail.keyed_create import find_again
from graphmail.start_state import Recorded
from graphmail.tenant import Tenant

Adopted = Literal["leave", "restore", "remove"]


@dataclass(frozen=True, slots=True)
class Undo:
    """`opens`: it comes last, when all that narrows is done. `why` is what `leave` does not do it for.

    `never` is why it cannot be taken back at all. `do` looks for nothing: it is made from what was read just now.
    """

    what: str
    now: Any
    start: Any
    do: Callable[[], object] | None = None
    opens: bool = False
    why: str = ""
    never: str = ""
    frees: str = ""  # Exchange's name of what goes, for the later tasks of a check

    def taken(self, adopted: Adopted) -> bool:
        """Whether it is taken back, now or in the task that opens."""
        return not self.never and self.do is not None and (adopted == "restore" or not self.why)

    def text(self) -> str:
        """For a person: what it is, what it was like, and why it is left."""
        return f"{self.what}: was {_shown(self.start)}, is {_shown(self.now)} ({self.never or self.why})"


def scalar(
    record: Recorded, name: str, what: str, now: Any, do: Callable[[Any], object], *, opens: str = ""
) -> list[Undo]:
    """Of one value: nothing where it was not set here or is as it was; `opens` is why putting it back gives access."""
    if name not in record.set or name not in record.found:
        return []
    start = record.found[name]
    if now == start:
        return []
    why = opens if now in record.set[name] else "somebody else changed it since"
    return [Undo(f"{what}: {name}", now, start, lambda: do(start), opens=bool(opens), why=why)]


def seen(tenant: Tenant, find: Callable[[], dict[str, Any] | None]) -> dict[str, Any] | None:
    """What `find` finds; None only after several looks, since a record is closed over what is gone."""
    found = find()
    return found if found is not None or tenant.run.check_mode else find_again(tenant.clock, find)


def gone(record: Recorded, what: str) -> list[Undo]:
    """The object is not there any more, or another one is in its place."""
    return [Undo(what, "gone", "there", never=f"object {record.object_id} is gone")]


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
