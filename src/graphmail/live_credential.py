"""The mail app's credential that counts: the newest one that this state folder made, sealed, and still lives."""

from __future__ import annotations

from datetime import datetime

from graphmail.credentials import SealedCredential, read
from graphmail.errors import TenantError
from graphmail.journal import Entry, Journal
from graphmail.tenant import Tenant

# What to do with a credential that has ended, been lost, or been seen.
REPLACE = 'replace it as docs/operators.md says under "Replacing a credential"'

# A credential's display name on the app: this and a GUID, which is also its marker in the journal.
MARKER = "graphmail "
# … and that of a short-lived one, which proves the access of a credential that the vendor keeps.
PROOF = f"{MARKER}proof "


def for_proof(marker: str) -> bool:
    """Whether that credential was made for a proof alone: it is never delivered, and removed after it."""
    return marker.startswith(PROOF)


def made_here(journal: Journal, *results: str) -> list[Entry]:
    """Last outcomes of the credentials made here that came to one of `results`, newest credential first."""
    last = {entry.marker: entry for entry in journal.entries() if entry.kind == "outcome"}
    return [entry for entry in reversed(last.values()) if entry.result in results and entry.facts.get("key_id")]


def live_credential(tenant: Tenant, *, proof: bool = False) -> SealedCredential:
    """Opened in memory; with `proof` the short-lived one, else never that.

    Raises TenantError when there is none, or it has expired.
    """
    credential = newest_credential(tenant, proof=proof)
    if credential.expires and credential.expires <= tenant.clock.now():
        raise TenantError(f"Credential {credential.key_id} expired on {credential.expires:%Y-%m-%d}", remedy=REPLACE)
    return credential


def proof_credential_lives(tenant: Tenant) -> bool:
    """Whether there is a short-lived one that is sealed and not over, as the journal and the disk say; asks nobody."""
    made = [entry for entry in made_here(Journal(tenant.state.journal), "sealed") if for_proof(entry.marker)]
    return any(
        tenant.state.credential(str(entry.facts["key_id"])).exists()
        and datetime.fromisoformat(str(entry.facts["end"])) > tenant.clock.now()
        for entry in made
    )


def newest_credential(tenant: Tenant, *, proof: bool = False) -> SealedCredential:
    """Opened in memory, also when it has expired. Raises TenantError when there is none."""
    sealed = made_here(Journal(tenant.state.journal), "sealed")
    made = [entry for entry in sealed if for_proof(entry.marker) == proof]
    if not made and proof:
        raise TenantError(
            f"Customer {tenant.customer} has no short-lived credential for the proof",
            expected="one made by verify.yml, which removes it after the proof",
            remedy="run verify.yml for this customer",
        )
    if not made:
        raise TenantError(
            f"Customer {tenant.customer} has no sealed credential",
            expected=f"one made by onboard.yml, in {tenant.state.credentials}",
            remedy="run onboard.yml for this customer first",
        )
    return read(tenant.state.credential(str(made[0].facts["key_id"])))
