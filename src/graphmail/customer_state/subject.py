"""Which app and which group a run is about, by the inventory's entry that its plan.json holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Subject:
    """`group` is empty where nothing of Exchange belongs to the app, as with the one that ops works with."""

    unique_name: str
    client_id: str | None
    group: str

    @classmethod
    def of(cls, plan: Mapping[str, Any], part: str = "") -> Self | None:
        """None where the plan names no app. `part` is the connection's: which app of the customer's is meant."""
        app = plan.get("bootstrap" if part else "app")
        if not isinstance(app, Mapping) or not app.get("unique_name"):
            return None
        group = "" if part else str((plan.get("group") or {}).get("name") or "")
        return cls(str(app["unique_name"]), app.get("client_id") or None, group)
