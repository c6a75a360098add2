"""One reason why an app reaches other mailboxes than those of its group, or fewer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is a word for programs; the others are for people."""

    kind: str
    what: str
    reaches: str  # what the app can reach because of it
    repair: str

    def __str__(self) -> str:
        return f"{self.what}. So the app reaches {self.reaches}. To do: {self.repair}"

    def facts(self) -> dict[str, str]:
        return {"kind": self.kind, "what": self.what, "reaches": self.reaches, "repair": self.repair}
