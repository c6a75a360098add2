"""What the journal knows of deliveries: what was sealed for whom, what went, and what was acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from graphmail.handover.receipt import Receipt
from graphmail.journal import Entry, Journal, Now
from graphmail.state import StateFolder

ACTION = "handover"
PACKED, DELIVERED, RECEIVED, ACKNOWLEDGED = "packed", "delivered", "received", "acknowledged"


def marker_of(key_id: str, recipients: Sequence[str], way: str = "") -> str:
    """One delivery: of that credential to these recipients, by that way, as `Delivery.way` names it."""
    about = [*sorted(recipients), *([way] if way else ())]
    digest = hashlib.sha256("\n".join(about).encode()).hexdigest()[:16]
    return f"{ACTION} {key_id} {digest}"


class Deliveries:
    """Those of one customer. The digest is written down before anything travels, so that a receipt of it is known."""

    def __init__(self, state: StateFolder, clock: Now | None = None) -> None:
        self._journal = Journal(state.journal, clock)

    def begin(self, marker: str, key_id: str, recipients: Sequence[str], run_id: str) -> None:
        """Before anything is sealed. `marker` is `marker_of` the same."""
        if all(entry.marker != marker for entry in self._journal.entries()):
            self._journal.intend(ACTION, marker, key_id=key_id, recipients=sorted(recipients), run_id=run_id)

    def packed(self, marker: str, key_id: str, digest: str, name: str) -> None:
        self._journal.outcome(marker, PACKED, key_id=key_id, sha256=digest, path=name)

    def delivered(self, marker: str, key_id: str, digest: str, name: str) -> None:
        self._journal.outcome(marker, DELIVERED, key_id=key_id, sha256=digest, path=name)

    def received(self, receipt: Receipt, digest: str) -> None:
        """`digest` is of the receipt's text."""
        marker = next(e.marker for e in reversed(self._of(receipt.key_id)) if e.facts.get("sha256") == receipt.sha256)
        if any(e.result == RECEIVED and e.facts.get("sha256") == digest for e in self._of(receipt.key_id)):
            return
        self._journal.outcome(
            marker, RECEIVED, at=receipt.received, key_id=receipt.key_id, sha256=digest, recipients=[receipt.recipient]
        )

    def acknowledged(self, key_id: str, why: str) -> None:
        """From now on the vendor is known to have it: by a receipt, or because an operator says so."""
        delivered = [e for e in self._of(key_id) if e.result == DELIVERED]
        if delivered and not any(e.result == ACKNOWLEDGED for e in self._of(key_id)):
            self._journal.outcome(delivered[-1].marker, ACKNOWLEDGED, key_id=key_id, reason=why)

    def all(self) -> list[Entry]:
        """The outcomes that say that something was delivered, oldest first."""
        return [e for e in self._outcomes() if e.result == DELIVERED]

    def digest_of(self, marker: str, *results: str) -> str:
        """The newest file's of that delivery that came to one of `results`; empty where there is none."""
        found = [str(e.facts["sha256"]) for e in self._outcomes() if e.marker == marker and e.result in results]
        return found[-1] if found else ""

    def digests(self, key_id: str) -> set[str]:
        """Of all files that were ever sealed for a delivery of that credential."""
        return {str(e.facts["sha256"]) for e in self._of(key_id) if e.result in (PACKED, DELIVERED)}

    def recipients(self, key_id: str) -> list[str]:
        """Everybody to whom that credential was ever to be delivered."""
        begun = [e for e in self._journal.entries() if e.kind == "intent" and e.action == ACTION]
        named = [e.facts.get("recipients") for e in begun if e.facts.get("key_id") == key_id]
        return [line for lines in named if isinstance(lines, list) for line in lines]

    def _of(self, key_id: str) -> list[Entry]:
        return [e for e in self._outcomes() if e.facts.get("key_id") == key_id]

    def _outcomes(self) -> list[Entry]:
        entries = self._journal.entries()
        begun = {e.marker for e in entries if e.kind == "intent" and e.action == ACTION}
        return [e for e in entries if e.kind == "outcome" and e.marker in begun]
