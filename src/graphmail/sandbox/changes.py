"""What changed in a world and is not written down yet."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Changes:
    """Ids of tenants that changed, of tenants put back to their file, and whether something else may have."""

    tenants: set[str] = field(default_factory=set)
    begun_anew: set[str] = field(default_factory=set)
    elsewhere: bool = False  # sign-ins, trusted issuers

    def __bool__(self) -> bool:
        return self.elsewhere or bool(self.tenants) or bool(self.begun_anew)

    def clear(self) -> None:
        self.tenants.clear()
        self.begun_anew.clear()
        self.elsewhere = False
