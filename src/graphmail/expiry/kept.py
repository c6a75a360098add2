"""When the vendor's own credentials end, as the last run saw them: nobody here made them, so no journal knows."""

from __future__ import annotations

import json
from datetime import datetime

from graphmail.evidence.files import write_over
from graphmail.resources.kept_credentials import KeptCredential
from graphmail.state import StateFolder


class Kept:
    """Those of one customer in `kept.json`."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state

    def seen(self, credentials: list[KeptCredential]) -> None:
        """What is on the app now."""
        content = [
            {"key_id": c.key_id, "kind": c.kind, "end": c.end.isoformat() if c.end else None} for c in credentials
        ]
        self._state.make()
        write_over(self._state.kept, json.dumps(content, indent=2).encode() + b"\n")

    def read(self) -> list[KeptCredential] | None:
        """None where no run has looked yet, or the file is damaged: the next run writes it anew."""
        try:
            found = json.loads(self._state.kept.read_text(encoding="utf-8"))
            return [
                KeptCredential(c["key_id"], "", c["kind"], datetime.fromisoformat(c["end"]) if c["end"] else None)
                for c in found
            ]
        except (OSError, ValueError, KeyError, TypeError):
            return None
