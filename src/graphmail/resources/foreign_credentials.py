"""Credentials on an app that this project did not make; whoever holds them gets whatever the app is granted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.resources.credential_journal import EVERY
from graphmail.resources.key_credentials import thumbprint
from graphmail.tenant import Tenant


def foreign_credentials(tenant: Tenant, application: dict[str, Any], known: list[str]) -> list[str]:
    """`name (key id)` of each secret and certificate that neither the inventory nor the journal knows.

    Anybody may give a credential any name, so a name counts only while this journal waits for exactly that one.
    """
    foreign = foreign_credential_ids(tenant, application, known)
    return [
        f"{credential.get('displayName') or 'unnamed'} ({credential['keyId']})"
        for kind in ("passwordCredentials", "keyCredentials")
        for credential in application.get(kind) or ()
        if credential["keyId"].lower() in foreign
    ]


def refuse_widening_for(foreign: Sequence[str], application: str, what: str) -> None:
    """Raise TenantError where there are any: nothing, such as `consent`, is widened for people whom nobody knows."""
    if foreign:
        raise TenantError(
            f"App {application!r} holds credentials that nobody here made, "
            f"and its {what} would be widened for whoever has them",
            expected="none, or each listed as app.known_credentials",
            found=", ".join(foreign),
            remedy="list the key ids that the vendor shall keep, or remove them in Entra, then run again",
        )


def foreign_credential_ids(tenant: Tenant, application: dict[str, Any], known: Sequence[str] = ()) -> set[str]:
    """Their key ids, in small letters."""
    journal = Journal(tenant.state.journal)
    key_ids = {str(entry.facts["key_id"]).lower() for entry in journal.entries() if entry.facts.get("key_id")}
    key_ids |= {key_id.lower() for key_id in known}
    thumbprints = {str(entry.facts["thumbprint"]) for entry in journal.entries() if entry.facts.get("thumbprint")}
    awaited = {entry.marker for entry in journal.open_intents() if entry.action in EVERY}
    return {
        credential["keyId"].lower()
        for kind in ("passwordCredentials", "keyCredentials")
        for credential in application.get(kind) or ()
        if credential["keyId"].lower() not in key_ids
        and credential.get("displayName") not in awaited
        and thumbprint(credential) not in thumbprints
    }
