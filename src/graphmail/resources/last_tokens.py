"""Since when nobody gets a token any more that carries the mail app's consent: from then on the last ones run out.

Taking our own secrets back is not enough. Whoever holds another credential of the app, such as the vendor's own of an
adopted app, gets tokens with the consent until that is revoked.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from graphmail.journal import Entry, Journal
from graphmail.resources.credential_journal import last_retirement
from graphmail.tenant import Tenant

REVOKE = "revoke consent"
GRANT = "create entra_app_role_assignment"


class LastTokens:
    """What the journal of one customer says about it, in its own tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._journal = Journal(tenant.state.journal, tenant.clock)

    def revoking(self, application: str) -> None:
        """Before consent is taken away: a run that dies then leaves an open intent, and the time is not lost."""
        run, tenant = self._tenant.run.run_id, self._tenant.tenant_id
        marker = f"revoke {uuid.uuid4()}"
        self._journal.intend(REVOKE, marker, display_name=application, tenant_id=tenant, run_id=run)

    def revoked(self) -> None:
        """When it is gone."""
        open_ = {entry.marker for entry in self._journal.open_intents()}
        for entry in self._entries(REVOKE):
            if entry.marker in open_:
                self._journal.outcome(entry.marker, "revoked")

    def since(self, application: str, *, others: bool) -> datetime | None:
        """Asked when there is no consent any more; None where no token was ever to be had.

        A revocation that died before it could say so counts from now. `others`: somebody else holds a credential of the
        app. Then consent that was revoked, but not here, counts from now too: nobody knows when that was.
        """
        self.revoked()
        revoked = self._last_revoked()
        granted = max((intent.time for intent in self._entries(GRANT)), default=None)
        if others and (revoked is None or (granted is not None and granted > revoked)):
            self.revoking(application)
            self.revoked()
            revoked = self._last_revoked()
        times = [time for time in (last_retirement(self._tenant), revoked) if time]
        return max(times, default=None)

    def _last_revoked(self) -> datetime | None:
        markers = {entry.marker for entry in self._entries(REVOKE)}
        outcomes = (e for e in self._journal.entries() if e.kind == "outcome" and e.marker in markers)
        return max((outcome.time for outcome in outcomes), default=None)

    def _entries(self, action: str) -> list[Entry]:
        tenant = self._tenant.tenant_id
        return [e for e in self._journal.entries() if e.action == action and e.facts.get("tenant_id") == tenant]
