"""Where the replacing of one customer's credential stands, as the journal says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from graphmail.handover.ledger import ACKNOWLEDGED, ACTION, DELIVERED
from graphmail.journal import Entry, Journal
from graphmail.live_credential import for_proof, made_here

DEAD = "dead"  # taken back, and since seen to be refused at sign-in


@dataclass(frozen=True, slots=True)
class Credential:
    """One that was made here. `action` is what its intent says, which tells the kind; times are aware."""

    marker: str
    client_id: str
    key_id: str
    action: str
    expires: datetime | None
    delivered: bool
    acknowledged: datetime | None
    made: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`live` are those made here and not taken back, newest first; `removed` those taken back and not yet seen dead.

    `gone` are those that several reads missed on the app, and that nobody wrote down to have taken back: a run died
    over it, or somebody did it by hand.
    """

    live: list[Credential] = field(default_factory=list)
    removed: list[Credential] = field(default_factory=list)
    gone: list[Credential] = field(default_factory=list)

    @classmethod
    def of(cls, journal: Journal) -> Self:
        """Raises TenantError where the journal is damaged."""
        entries = journal.entries()
        return cls(
            [_credential(made, entries) for made in _made(journal, "sealed")],
            [_credential(made, entries) for made in _made(journal, "retired")],
            [_credential(made, entries) for made in _made(journal, "gone")],
        )


def _made(journal: Journal, result: str) -> list[Entry]:
    return [entry for entry in made_here(journal, result) if not for_proof(entry.marker) and entry.facts.get("end")]


def _credential(made: Entry, entries: list[Entry]) -> Credential:
    key_id, end = str(made.facts["key_id"]), str(made.facts["end"])
    begun = {entry.marker for entry in entries if entry.kind == "intent" and entry.action == ACTION}
    deliveries = [e for e in entries if e.marker in begun and e.kind == "outcome" and e.facts.get("key_id") == key_id]
    acknowledged = _first(e for e in deliveries if e.result == ACKNOWLEDGED)
    intent = next(e for e in entries if e.kind == "intent" and e.marker == made.marker)
    return Credential(
        marker=made.marker,
        client_id=str(intent.facts.get("client_id", "")),
        key_id=key_id,
        action=intent.action,
        expires=datetime.fromisoformat(end),
        delivered=any(e.result == DELIVERED for e in deliveries),
        acknowledged=acknowledged.time if acknowledged else None,
        made=intent.time,
    )


def _first(entries: Iterable[Entry]) -> Entry | None:
    return next(iter(entries), None)
