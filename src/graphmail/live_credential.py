"""The mail app's credential that counts: the newest one that this state folder made, sealed, and still lives."""

from __future__ import annotations

from graphmail.credentials import SealedCredential, read
from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.tenant import Tenant


def live_credential(tenant: Tenant) -> SealedCredential:
    """Opened in memory. Raises TenantError when there is none, or it has expired."""
    entries = Journal(tenant.state.journal).entries()
    last = {entry.marker: entry for entry in entries if entry.kind == "outcome"}
    made = [entry for entry in last.values() if entry.result == "sealed" and entry.facts.get("key_id")]
    if not made:
        raise TenantError(
            f"Customer {tenant.customer} has no sealed credential",
            expected=f"one made by onboard.yml, in {tenant.state.credentials}",
            remedy="run onboard.yml for this customer first",
        )
    credential = read(tenant.state.credential(str(made[-1].facts["key_id"])))
    if credential.expires and credential.expires <= tenant.clock.now():
        raise TenantError(
            f"Credential {credential.key_id} expired on {credential.expires:%Y-%m-%d}", remedy="run rotate.yml"
        )
    return credential
