"""Certificate of the mail app: its key is made in memory and sealed to the operators, its public half goes to Entra.

So: intent on disk, key made and sealed, certificate sent, outcome on disk. A crash between any two of them loses
nothing: what is sealed and not on the app is sent again, and never made anew.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from graphmail.credentials import ClientCertificate, read
from graphmail.errors import GraphError, TenantError, nothing_done
from graphmail.resource import Values
from graphmail.resources.application_credential import Application, ApplicationCredential
from graphmail.resources.credential_journal import ADD_CERTIFICATE, CredentialJournal
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.resources.key_credentials import KeyCredentials, thumbprint
from graphmail.tenant import Tenant

# Clocks differ; a certificate that is valid from the very now is refused by one that is behind.
SKEW = timedelta(minutes=5)
POLICY_REFUSALS = {
    "CredentialTypeNotAllowedAsPerAppPolicy": "the tenant takes certificates of a trusted authority only: exempt the "
    "app, or use another credential.kind",
    "CredentialInvalidLifetimeAsPerAppPolicy": "the tenant allows a shorter life only: shorten credential.lifetime",
}


class ApplicationKey(ApplicationCredential):
    """https://learn.microsoft.com/graph/api/resources/keycredential."""

    name = "entra_application_key"
    collection = "keyCredentials"
    action = ADD_CERTIFICATE

    def named(self, entries: list[dict[str, Any]], journal: CredentialJournal) -> dict[str, str]:
        """A certificate of ours that somebody uploaded again, under another key id, is that certificate."""
        ours = {known: key_id for key_id, known in journal.thumbprints().items()}
        return {ours.get(thumbprint(entry), entry["keyId"]): entry.get("displayName") or "" for entry in entries}

    def make(self, tenant: Tenant, application: Application, journal: CredentialJournal, desired: Values) -> None:
        tenant.state.make()
        marker, key_id = journal.marker(), str(uuid4())
        start = tenant.clock.now().replace(microsecond=0) - SKEW
        end = credential_lifetime(desired["lifetime"]).end(start)
        credential = ClientCertificate.self_signed(tenant.tenant_id, application["appId"], key_id, marker, start, end)
        path = tenant.state.credential(key_id)
        known = {"key_id": key_id, "thumbprint": credential.thumbprint, "path": path.name}
        journal.intend(marker, end, **known, reason=desired.get("reason") or None)
        try:
            credential.write(path, tenant.connection["operators"])
        except TenantError:
            journal.refused(marker, "not sealed")
            raise
        self._send(tenant, application, journal, credential, marker)

    def go_on(
        self, tenant: Tenant, application: Application, journal: CredentialJournal, begun: dict[str, str]
    ) -> None:
        credential = read(Path(begun["path"]))
        if not isinstance(credential, ClientCertificate) or credential.client_id != application["appId"]:
            raise TenantError(
                "A sealed file holds something else than the certificate that the journal says",
                expected=f"a certificate of app {application['appId']} in {begun['path']}",
                remedy="restore the file from a copy",
            )
        self._send(tenant, application, journal, credential, begun["marker"])

    def _send(
        self,
        tenant: Tenant,
        application: Application,
        journal: CredentialJournal,
        credential: ClientCertificate,
        marker: str,
    ) -> None:
        try:
            KeyCredentials(tenant, application["id"]).add(credential.key_credential)
        except GraphError as error:
            if nothing_done(error):
                # What was never sent opens nothing, and goes out of the way.
                journal.refused(marker, error.code)
                tenant.state.retire(credential.key_id)
            remedy = POLICY_REFUSALS.get(error.code)
            raise (error.with_remedy(remedy) if remedy else error) from None
        path = tenant.state.credential(credential.key_id)
        journal.came({"marker": marker, "key_id": credential.key_id, "expires": _iso(credential), "path": str(path)})

    def remove(self, tenant: Tenant, application: Application, key_ids: list[str]) -> None:
        """By thumbprint: under whatever key id, it is the same certificate."""
        known = self.journal(tenant, application, {}).thumbprints()
        known |= self.journal(tenant, application, {"proof": True}).thumbprints()
        KeyCredentials(tenant, application["id"]).remove({known[key_id] for key_id in key_ids})


def _iso(credential: ClientCertificate) -> str:
    return credential.expires.isoformat() if credential.expires else ""
