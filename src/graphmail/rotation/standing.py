"""Where the replacing of one customer's credential stands, as the journal says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from graphmail.handover.ledger import ACKNOWLEDGED, ACTION, DELIVERED
from graphmail.journal import Entry, Journal
from graphmail.live_credential import for_proof, made_here
from graphmail.resources.credential_journal import ADD_FEDERATED

DEAD = "dead"  # taken back, and since seen to be refused at sign-in


@dataclass(frozen=True, slots=True)
class Credential:
    """One that was made here. `action` is what its intent says, which tells the kind; times are aware.

    `lost` is one whose sealed copy nobody can open any more: it may work, and nothing can be done with it here.
    `delivered` says that all who shall have it got it: until one has acknowledged it, also who was named since.
    """

    marker: str
    client_id: str
    key_id: str
    action: str
    expires: datetime | None
    delivered: bool
    acknowledged: datetime | None
    made: datetime | None = None
    lost: bool = False

    def ended(self, now: datetime) -> bool:
        """Whether it opens nothing any more, whatever is still on the app."""
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True, slots=True)
class Standing:
    """`live` are those made here and not taken back, newest first; `removed` those taken back and not yet seen dead.

    All live ones are of one app: what was made for a former one went with it. A federated credential comes after the
    others, whenever it was made, since it has no end and takes nobody's place.
    `gone` are those that several reads missed on the app, and that nobody wrote down to have taken back: a run died
    over it, or somebody did it by hand.
    """

    live: list[Credential] = field(default_factory=list)
    removed: list[Credential] = field(default_factory=list)
    gone: list[Credential] = field(default_factory=list)

    @classmethod
    def of(cls, journal: Journal, recipients: Sequence[str] = (), client_id: str = "") -> Self:
        """`recipients` are those who shall have it now. Without `client_id` the app is that of the newest credential.

        Raises TenantError where the journal is damaged.
        """
        entries = journal.entries()

        def known(result: str) -> list[Credential]:
            return [_credential(made, entries, recipients) for made in _made(journal, entries, result)]

        live, gone = known("sealed"), known("gone")
        app = client_id or next((credential.client_id for credential in live), "")
        live, gone = ([one for one in found if not app or one.client_id == app] for found in (live, gone))
        return cls(sorted(live, key=lambda one: one.action == ADD_FEDERATED), known("retired"), gone)


def _made(journal: Journal, entries: list[Entry], result: str) -> list[Entry]:
    """An outcome whose intent was lost claims nothing."""
    begun = {entry.marker for entry in entries if entry.kind == "intent"}
    return [entry for entry in made_here(journal, result) if entry.marker in begun and not for_proof(entry.marker)]


def _credential(made: Entry, entries: list[Entry], recipients: Sequence[str]) -> Credential:
    key_id, end = str(made.facts["key_id"]), str(made.facts.get("end") or "")
    begun = {entry.marker: entry for entry in entries if entry.kind == "intent" and entry.action == ACTION}
    deliveries = [e for e in entries if e.marker in begun and e.kind == "outcome" and e.facts.get("key_id") == key_id]
    acknowledged = _first(e for e in deliveries if e.result == ACKNOWLEDGED)
    intent = next(e for e in entries if e.kind == "intent" and e.marker == made.marker)
    return Credential(
        marker=made.marker,
        client_id=str(intent.facts.get("client_id", "")),
        key_id=key_id,
        action=intent.action,
        expires=datetime.fromisoformat(end) if end else None,
        delivered=acknowledged is not None
        or any(e.result == DELIVERED and _went_to(begun[e.marker], recipients) for e in deliveries),
        acknowledged=acknowledged.time if acknowledged else None,
        made=intent.time,
    )


def _went_to(delivery: Entry, recipients: Sequence[str]) -> bool:
    named = delivery.facts.get("recipients")
    got = {tuple(line.split()[:2]) for line in named} if isinstance(named, list) else set()
    return got >= {tuple(line.split()[:2]) for line in recipients}


def _first(entries: Iterable[Entry]) -> Entry | None:
    return next(iter(entries), None)
