"""How far a customer's migration is: stored before anything is written or waited for, so that any run can go on."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from graphmail.durable import replace_file, sync_folder
from graphmail.errors import TenantError
from graphmail.migration.standing import Standing
from graphmail.migration.steps import ROUTES, Route, Step, after, step_of
from graphmail.pending import Wait
from graphmail.state import StateFolder


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` is the one to be taken next; `before` is what the way back leads to; `red` is why it goes back.

    `group` is the one that the migration began with: in the middle of it there is no other.
    """

    route: Route
    name: str
    group: str
    before: Standing
    began: datetime
    red: str = ""
    wait: Wait | None = None

    @property
    def step(self) -> Step:
        return step_of(self.route, self.name)

    @property
    def back(self) -> bool:
        return self.route != "forward"

    def next(self) -> Self | None:
        """After this step is done; None when the route is at its end."""
        following = after(self.route, self.name)
        return replace(self, name=following.name, wait=None) if following else None

    def turned(self, route: Route, red: str) -> Self:
        """On the way back from here, and why; a way back that is begun anew keeps its first reason."""
        return replace(self, route=route, name=ROUTES[route][0].name, red=self.red or red, wait=None)

    def waiting(self, wait: Wait | None) -> Self:
        return replace(self, wait=wait)

    def text(self) -> str:
        """Where it stands, for a person."""
        way = "on the way back, " if self.back else ""
        waits = f", waiting for {self.wait.reason} until {self.wait.until:%Y-%m-%d %H:%M} UTC" if self.wait else ""
        return f"{way}step {self.name}{waits}"


class Progresses:
    """The migration of one customer in `migration.json`, or none."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state

    def read(self) -> Progress | None:
        """Raises TenantError when the file is damaged: without it nobody knows what the way back leads to."""
        path = self._state.migration
        try:
            kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            wait = kept.pop("wait")
            progress = Progress(
                before=Standing.stored(kept.pop("before")),
                began=datetime.fromisoformat(kept.pop("began")),
                wait=Wait.of(wait) if wait else None,
                **kept,
            )
            _ = progress.step
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
            raise TenantError(
                "The state of the migration cannot be read",
                found=str(path),
                remedy="restore it from a copy; without it nobody knows what the tenant was like before",
            ) from None
        return progress

    def write(self, progress: Progress) -> None:
        """On disk before the caller goes on."""
        kept = {
            "route": progress.route,
            "name": progress.name,
            "group": progress.group,
            "before": progress.before.facts(),
            "began": progress.began.isoformat(),
            "red": progress.red,
            "wait": progress.wait.facts() if progress.wait else None,
        }
        replace_file(self._state.make().migration, f"{json.dumps(kept, indent=2)}\n".encode())

    def clear(self) -> None:
        self._state.migration.unlink(missing_ok=True)
        if self._state.path.exists():
            sync_folder(self._state.path)
