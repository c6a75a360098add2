"""Client secret of the mail app: made, sealed in memory to the operators, never shown.

The service tells a secret's text once. So: intent on disk, addPassword, seal, outcome on disk; then a crash between any
two of them leaves either a sealed secret or an open intent whose marker finds what to remove.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graphmail.credentials import ClientSecret
from graphmail.errors import GraphError, OutcomeUnknown, TenantError, Unreachable, nothing_done
from graphmail.keyed_create import AGREEING, PATIENCE
from graphmail.resource import Values
from graphmail.resources.application_credential import Application, ApplicationCredential
from graphmail.resources.application_reference import application_path
from graphmail.resources.credential_journal import ADD, CredentialJournal
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.retry import Operation
from graphmail.tenant import Tenant

POLICY_REFUSALS = {
    "CredentialTypeNotAllowedAsPerAppPolicy": "the tenant forbids client secrets: use a certificate, or exempt the app",
    "CredentialInvalidLifetimeAsPerAppPolicy": "the tenant allows a shorter life only: shorten credential.lifetime",
}


class ApplicationPassword(ApplicationCredential):
    """https://learn.microsoft.com/graph/api/application-addpassword."""

    name = "entra_application_password"
    collection = "passwordCredentials"
    action = ADD

    def make(self, tenant: Tenant, application: Application, journal: CredentialJournal, desired: Values) -> None:
        tenant.state.make()
        marker = journal.marker()
        end = credential_lifetime(desired["lifetime"]).end(tenant.clock.now())
        journal.intend(marker, end, reason=desired.get("reason") or None)
        body = {"passwordCredential": {"displayName": marker, "endDateTime": end.strftime("%Y-%m-%dT%H:%M:%SZ")}}
        path = f"/applications/{application['id']}/addPassword"
        try:
            reply = tenant.graph.call(Operation.ONE_SHOT, "POST", path, json=body, secret_reply=True)
        except (GraphError, Unreachable) as error:
            if nothing_done(error):
                journal.refused(marker, getattr(error, "code", "not received"))
            else:
                self._settle(tenant, application, journal, marker)
            raise _explained(error) from None
        except OutcomeUnknown as unknown:
            tenant.clock.sleep(min(unknown.retry_after, PATIENCE))
            self._settle(tenant, application, journal, marker)
            raise
        made = reply.json()
        if not all(isinstance(made.get(name), str) for name in ("keyId", "secretText", "endDateTime")):
            self._settle(tenant, application, journal, marker)
            raise OutcomeUnknown(
                "Graph answered addPassword without the secret, which it tells only once",
                found=f"HTTP {reply.status}, {len(reply.content)} bytes that are no passwordCredential",
                remedy="run the same playbook again: what this made is removed, and another is made",
                request_id=reply.request_id,
            )
        self._seal(tenant, application, journal, marker, made)

    def _seal(
        self, tenant: Tenant, application: Application, journal: CredentialJournal, marker: str, made: dict[str, Any]
    ) -> None:
        credential = ClientSecret(
            tenant.tenant_id,
            application["appId"],
            made["keyId"],
            made["secretText"],
            expires=datetime.fromisoformat(made["endDateTime"]),
        )
        path = tenant.state.credential(made["keyId"])
        try:
            digest = credential.write(path, tenant.connection["operators"])
        except TenantError:
            # Nobody will ever hold this secret: it goes at once.
            self.remove(tenant, application, [made["keyId"]])
            journal.removed(marker, made["keyId"])
            raise
        journal.made(marker, made["keyId"], made["endDateTime"], digest, path)

    def _settle(self, tenant: Tenant, application: Application, journal: CredentialJournal, marker: str) -> None:
        """After an answer that got lost: remove the secret that nobody holds, if it comes to light."""
        for pause in AGREEING:
            tenant.clock.sleep(pause)
            now = tenant.graph.get(application_path("", application["appId"]))
            for credential in now.get("passwordCredentials") or ():
                if credential.get("displayName") == marker:
                    self.remove(tenant, application, [credential["keyId"]])
                    journal.removed(marker, credential["keyId"])
                    return
        tenant.warn(f"The intent {marker} stays open: its effect is not to be seen. The next run settles it.")

    def remove(self, tenant: Tenant, application: Application, key_ids: list[str]) -> None:
        path = f"/applications/{application['id']}/removePassword"
        for key_id in key_ids:
            try:
                tenant.graph.call(Operation.IDEMPOTENT, "POST", path, json={"keyId": key_id})
            except GraphError as error:
                # What a repeated request meets when the first one did it.
                if not error.missing and "No password credential found" not in error.message:
                    raise


def _explained(error: TenantError) -> TenantError:
    remedy = POLICY_REFUSALS.get(getattr(error, "code", ""))
    return error.with_remedy(remedy) if remedy else error
