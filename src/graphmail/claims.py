"""What was made here, as the journal says: the only things that an offboarding takes away unasked.

The intent is written before an object is made and its id after it. A name alone claims nothing: what was there before
has no intent, and what somebody made anew under the same name has another id.
"""

from __future__ import annotations

import uuid

from graphmail.journal import Entry, Journal
from graphmail.tenant import Tenant


class Claims:
    """Those of one customer, in its own tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._journal = Journal(tenant.state.journal, tenant.clock)

    def intend(self, kind: str, key: str) -> str:
        """Before an object is made; `key` is what it is found by. Returns the marker that its outcome needs."""
        marker = f"{kind} {uuid.uuid4()}"
        run, tenant = self._tenant.run.run_id, self._tenant.tenant_id
        self._journal.intend(_action(kind), marker, display_name=key, tenant_id=tenant, run_id=run)
        return marker

    def made(self, marker: str, object_id: str) -> None:
        self._journal.outcome(marker, "made", object_id=object_id)

    def refused(self, marker: str) -> None:
        """It is certain that nothing was made."""
        self._journal.outcome(marker, "refused")

    def taken_away(self, kind: str, object_id: str) -> None:
        """It was, from here: where an id follows from what the object is, another's of that id is not ours again."""
        for marker in self._made(kind, object_id):
            self._journal.outcome(marker, "taken away", object_id=object_id)

    def settle(self, kind: str, key: str, object_id: str) -> None:
        """What has the key and is there is what an intent without outcome made: a run died before it could say so."""
        for marker in self._open(kind, key):
            self.made(marker, object_id)

    def holds(self, kind: str, key: str, object_id: str) -> bool:
        """Whether that object was made here. An intent without outcome claims what has its key: nothing had it then."""
        return self.made_as(kind, object_id) or bool(self._open(kind, key))

    def made_as(self, kind: str, object_id: str) -> bool:
        """Whether an object of that id was made here; for what shares its key with others, such as deleted apps."""
        return bool(self._made(kind, object_id))

    def claimed(self, kind: str) -> set[str]:
        """Keys of what was made here and not taken away from here, and of intents without outcome."""
        last = {entry.marker: entry.result for entry in self._journal.entries() if entry.kind == "outcome"}
        intents = self._intents(kind)
        return {str(i.facts.get("display_name", "")) for i in intents if last.get(i.marker, "made") == "made"}

    def awaited(self, kind: str) -> set[str]:
        """Keys of intents without outcome: what a run that died may have made, and a read may not show yet."""
        open_ = {entry.marker for entry in self._journal.open_intents()}
        return {str(i.facts.get("display_name", "")) for i in self._intents(kind) if i.marker in open_}

    def _made(self, kind: str, object_id: str) -> list[str]:
        """Markers of the intents that made it; none of one that was taken away since."""
        intents = {entry.marker for entry in self._intents(kind)}
        last = {e.marker: e for e in self._journal.entries() if e.kind == "outcome" and e.marker in intents}
        return [
            marker
            for marker, entry in last.items()
            if entry.result != "taken away" and str(entry.facts.get("object_id", "")).lower() == object_id.lower()
        ]

    def _open(self, kind: str, key: str) -> list[str]:
        open_ = {entry.marker for entry in self._journal.open_intents()}
        intents = (entry for entry in self._intents(kind) if entry.marker in open_)
        return [i.marker for i in intents if str(i.facts.get("display_name", "")).lower() == key.lower()]

    def _intents(self, kind: str) -> list[Entry]:
        tenant = self._tenant.tenant_id
        entries = self._journal.entries()
        return [entry for entry in entries if entry.action == _action(kind) and entry.facts.get("tenant_id") == tenant]


def _action(kind: str) -> str:
    return f"create {kind}"
