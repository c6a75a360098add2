"""What happened to a customer's credentials, from the sandbox's ledger and the journal, by the tenant's own clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from graphmail.handover.ledger import ACKNOWLEDGED, ACTION, DELIVERED
from graphmail.journal import Entry, Journal

What = Literal["added", "delivered", "acknowledged", "removed"]


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """Something that happened to one credential."""

    at: datetime
    number: int  # in the ledger or the journal; orders what one of them says of the same time
    what: What
    key_id: str


def moments(ledger: Iterable[dict[str, Any]], journal: Path) -> list[Moment]:
    """Of the credentials that no person made by hand, in their order."""
    return sorted([*_in_the_tenant(ledger), *_in_the_journal(Journal(journal).entries())])


def without_a_gap(found: Iterable[Moment]) -> int:
    """From the first delivery on the vendor always has one that works, and never are more than two live.

    The old one goes when the vendor has said that it has the new one. Answers how many were removed.
    """
    live, delivered, acknowledged = set[str](), set[str](), set[str]()
    removed = 0
    for moment in found:
        match moment.what:
            case "added":
                live.add(moment.key_id)
            case "delivered":
                delivered.add(moment.key_id)
            case "acknowledged":
                acknowledged.add(moment.key_id)
            case "removed":
                live.discard(moment.key_id)
                removed += 1
                said = moment.key_id not in delivered or live & acknowledged
                assert said, ("the vendor had said nothing of another one", moment)
        assert len(live) <= 2, ("more than two live", moment, live)
        assert not delivered or live & delivered, ("none that the vendor has works", moment)
    return removed


def _in_the_tenant(ledger: Iterable[dict[str, Any]]) -> Iterator[Moment]:
    certificates = set[str]()
    for done in ledger:
        at, number, detail = datetime.fromisoformat(done["at"]), done["number"], done["detail"]
        verb = done["request"].rpartition("/")[2]
        if done["actor"] == "by-hand":
            continue
        if verb in ("addPassword", "removePassword"):
            yield Moment(at, number, "added" if verb == "addPassword" else "removed", detail["key_id"])
        elif "key_ids" in detail:
            now = set(detail["key_ids"])
            yield from (Moment(at, number, "added", key_id) for key_id in now - certificates)
            yield from (Moment(at, number, "removed", key_id) for key_id in certificates - now)
            certificates = now


def _in_the_journal(entries: list[Entry]) -> Iterator[Moment]:
    begun = {e.marker for e in entries if e.kind == "intent" and e.action == ACTION}
    words: dict[str, What] = {DELIVERED: "delivered", ACKNOWLEDGED: "acknowledged"}
    for number, entry in enumerate(entries):
        if entry.marker in begun and entry.result in words:
            yield Moment(entry.time, number, words[entry.result], str(entry.facts["key_id"]))
