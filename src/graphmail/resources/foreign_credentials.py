"""Credentials on an app that this project did not make; whoever holds them gets whatever consent is granted."""

from __future__ import annotations

from typing import Any

from graphmail.journal import Journal
from graphmail.tenant import Tenant


def foreign_credentials(tenant: Tenant, application: dict[str, Any], known: list[str]) -> list[str]:
    """`name (key id)` of each secret and certificate that neither the inventory nor the journal knows."""
    entries = Journal(tenant.state.journal).entries()
    ours = {str(entry.facts.get("key_id")) for entry in entries} | {entry.marker for entry in entries}
    ours |= {key_id.lower() for key_id in known}
    return [
        f"{credential.get('displayName') or 'unnamed'} ({credential['keyId']})"
        for kind in ("passwordCredentials", "keyCredentials")
        for credential in application.get(kind) or ()
        if credential["keyId"].lower() not in ours and credential.get("displayName") not in ours
    ]
