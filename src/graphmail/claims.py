"""What was made here, as the journal says: the only things that an offboarding takes away unasked.

The intent is written before an object is made and its id after it. A name alone claims nothing: what was there before
has no intent, and what somebody made anew under the same name has another id.
"""

from __future__ import annotations

import uuid

from graphmail.journal import Journal
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

    def holds(self, kind: str, key: str, object_id: str) -> bool:
        """Whether that object was made here. An intent without outcome claims what has its key: nothing had it then."""
        entries = self._journal.entries()
        outcomes = {entry.marker: entry for entry in entries if entry.kind == "outcome"}
        for entry in entries:
            if entry.action != _action(kind) or entry.facts.get("tenant_id") != self._tenant.tenant_id:
                continue
            outcome = outcomes.get(entry.marker)
            same_key = str(entry.facts.get("display_name", "")).lower() == key.lower()
            if outcome is None and same_key:
                return True
            if outcome and str(outcome.facts.get("object_id", "")).lower() == object_id.lower():
                return True
        return False


def _action(kind: str) -> str:
    return f"create {kind}"
