"""Client secret of the mail app: made, sealed in memory to the operators, never shown.

The service tells a secret's text once. So: intent on disk, addPassword, seal, outcome on disk; then a crash between any
two of them leaves either a sealed secret or an open intent whose marker finds what to remove.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from graphmail.credentials import ClientSecret
from graphmail.errors import GraphError, OutcomeUnknown, TenantError, Unreachable, nothing_done
from graphmail.keyed_create import AGREEING, PATIENCE
from graphmail.live_credential import REPLACE
from graphmail.pending import Pending
from graphmail.resource import ASSIGNED, Found, Option, Plan, Resource, State, Values
from graphmail.resources.application_reference import (
    REFERENCE,
    application_path,
    former_client_id,
    referred_application,
)
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.resources.password_journal import PasswordJournal
from graphmail.retry import Operation
from graphmail.sealed import readers, seal
from graphmail.tenant import Tenant

POLICY_REFUSALS = {
    "CredentialTypeNotAllowedAsPerAppPolicy": "the tenant forbids client secrets: use a certificate, or exempt the app",
    "CredentialInvalidLifetimeAsPerAppPolicy": "the tenant allows a shorter life only: shorten credential.lifetime",
}


class ApplicationPassword(Resource):
    """https://learn.microsoft.com/graph/api/application-addpassword."""

    name = "entra_application_password"
    permissions = ("Application.ReadWrite.All",)
    key = "application"
    # Seconds between the looks that must agree before a secret made here counts as gone.
    agreeing: ClassVar[tuple[float, ...]] = AGREEING
    options: ClassVar = REFERENCE | {
        "lifetime": Option("endDateTime", {"type": "str", "default": "24 months"}),
        "proof": Option("", {"type": "bool", "default": False}, managed=False),
    }

    def prepare(self, tenant: Tenant, params: Values) -> Values:
        credential_lifetime(params["lifetime"])
        if not tenant.run.check_mode:
            # Whoever cannot seal must not make a secret.
            seal(b"", readers(tenant.connection["operators"]))
        return params

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        application = referred_application(tenant, desired)
        if desired.get("state") == "absent":
            return self._leaving(tenant, application, desired)
        if application is None:
            return None
        journal = _journal(tenant, application, desired)
        there = self._there(tenant, application, journal)
        journal.refuse_unknown(there)
        left = journal.left_over(there)
        if desired.get("proof"):
            # One that is of no use any more is no loss: it goes, and another one is made.
            live, spent = journal.usable(there)
            left |= spent
        else:
            live = self._live(tenant, journal, there)
        if live is None and not left:
            return None
        # A lifetime is chosen when a secret is made; one that lives is not made anew for another.
        values = {"lifetime": desired["lifetime"]} if live else {}
        return Found(values, {"live": live, "left": left, "application": application})

    def _leaving(self, tenant: Tenant, application: dict[str, Any] | None, desired: Values) -> Found | None:
        """Every secret that the journal knows and did not take back, also of an app gone; and what intents left."""
        client_id = str(application["appId"]) if application else former_client_id(tenant, desired)
        journal = _journal(tenant, {"appId": client_id}, desired)
        there = self._there(tenant, application, journal) if application else {}
        journal.refuse_unknown(there)
        left = journal.left_over(there)
        retire = journal.unretired()
        if not retire and not left:
            return None
        live = {"key_id": retire[0]} if retire else None
        about = {"client_id": client_id, "retire": retire, "left": left, "application": application, "live": live}
        return Found({"lifetime": desired["lifetime"]} if retire else {}, about)

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        if found is None or state == "absent":
            plan = super().plan(found, desired, state)
            live = found.object["live"] if found else None
            # Which one goes is known before it does, and stands in the evidence.
            return replace(plan, before=plan.before | {"key_id": live["key_id"]}) if live else plan
        left = {"left_over": sorted(found.object["left"].values())} if found.object["left"] else {}
        if found.object["live"] is None:
            return Plan("create", before=left, after={"lifetime": desired["lifetime"]})
        return Plan("update", before=left, after={"left_over": []}) if left else Plan(None)

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        application = found.object["application"] if found else referred_application(tenant, desired)
        if plan.action == "delete" and found:
            self._retire(tenant, application, found, desired)
            return
        if application is None:
            raise TenantError(f"App {desired['application']!r} is missing")
        journal = _journal(tenant, application, desired)
        for key_id, marker in (found.object["left"] if found else {}).items():
            self._remove(tenant, application, key_id)
            journal.removed(marker, key_id)
        if plan.action == "create":
            self._make(tenant, application, journal, desired)

    def _retire(self, tenant: Tenant, application: dict[str, Any] | None, found: Found, desired: Values) -> None:
        """Take the secrets back. The sealed copies stay, out of the way: they prove later that they open nothing."""
        journal = _journal(tenant, {"appId": found.object["client_id"]}, desired)
        for key_id, marker in found.object["left"].items():
            if application:
                self._remove(tenant, application, key_id)
            journal.removed(marker, key_id)
        for key_id in found.object["retire"]:
            if application:
                self._remove(tenant, application, key_id)
            tenant.state.retire(key_id)
            journal.retired(key_id)
        if not desired.get("proof"):
            Pending(tenant.state).clear()

    def facts(self, found: Found | None, desired: Values) -> Values:
        live = (found.object["live"] if found else None) or {}
        return {
            "key_id": live.get("key_id", ASSIGNED),
            "expires": live.get("expires", ASSIGNED),
            "sealed": live.get("path", ""),
        }

    def _there(self, tenant: Tenant, application: dict[str, Any], journal: PasswordJournal) -> dict[str, str]:
        """Key id -> display name of the app's secrets. What we made must be missing from several reads to be gone."""
        expected = {made["key_id"] for made in journal.sealed()}
        overdue = set() if tenant.run.check_mode else journal.overdue()
        for pause in (0.0, *self.agreeing):
            if pause:
                tenant.clock.sleep(pause)
                tenant.reads.drop()
                application = tenant.graph.get(application_path("", application["appId"]))
            there = {c["keyId"]: c.get("displayName") or "" for c in application.get("passwordCredentials") or ()}
            if expected <= set(there) and overdue <= set(there.values()):
                break
        for key_id in sorted(expected - set(there)):
            tenant.warn(f"Credential {key_id}, made here, is no longer on the app.")
        if not tenant.run.check_mode:
            journal.settle(there)
        return there

    @staticmethod
    def _live(tenant: Tenant, journal: PasswordJournal, there: dict[str, str]) -> dict[str, str] | None:
        """Our newest credential that the app has, a sealed file holds and time has not ended."""
        live = next(iter(journal.made_and(there)), None)
        if live and not Path(live["path"]).exists():
            raise TenantError(
                f"Credential {live['key_id']} is live, and its sealed copy is missing",
                expected=live["path"],
                remedy=f"restore the file, or {REPLACE}",
            )
        if live and datetime.fromisoformat(live["expires"]) <= tenant.clock.now():
            raise TenantError(f"Credential {live['key_id']} expired on {live['expires'][:10]}", remedy=REPLACE)
        return live

    def _make(self, tenant: Tenant, application: dict[str, Any], journal: PasswordJournal, desired: Values) -> None:
        tenant.state.make()
        marker = journal.marker()
        end = credential_lifetime(desired["lifetime"]).end(tenant.clock.now())
        journal.intend(marker, end)
        body = {"passwordCredential": {"displayName": marker, "endDateTime": end.strftime("%Y-%m-%dT%H:%M:%SZ")}}
        path = f"/applications/{application['id']}/addPassword"
        try:
            reply = tenant.graph.call(Operation.ONE_SHOT, "POST", path, json=body, secret_reply=True)
        except (GraphError, Unreachable) as error:
            if nothing_done(error):
                journal.refused(marker, getattr(error, "code", "not received"))
            else:
                self._settle(tenant, application, journal, marker)
            raise self._explained(error) from None
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
        self, tenant: Tenant, application: dict[str, Any], journal: PasswordJournal, marker: str, made: dict[str, Any]
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
            self._remove(tenant, application, made["keyId"])
            journal.removed(marker, made["keyId"])
            raise
        journal.made(marker, made["keyId"], made["endDateTime"], digest, path)

    def _settle(self, tenant: Tenant, application: dict[str, Any], journal: PasswordJournal, marker: str) -> None:
        """After an answer that got lost: remove the secret that nobody holds, if it comes to light."""
        for pause in AGREEING:
            tenant.clock.sleep(pause)
            now = tenant.graph.get(application_path("", application["appId"]))
            for credential in now.get("passwordCredentials") or ():
                if credential.get("displayName") == marker:
                    self._remove(tenant, application, credential["keyId"])
                    journal.removed(marker, credential["keyId"])
                    return
        tenant.warn(f"The intent {marker} stays open: its effect is not to be seen. The next run settles it.")

    @staticmethod
    def _remove(tenant: Tenant, application: dict[str, Any], key_id: str) -> None:
        path = f"/applications/{application['id']}/removePassword"
        try:
            tenant.graph.call(Operation.IDEMPOTENT, "POST", path, json={"keyId": key_id})
        except GraphError as error:
            # What a repeated request meets when the first one did it.
            if not error.missing and "No password credential found" not in error.message:
                raise

    @staticmethod
    def _explained(error: TenantError) -> TenantError:
        remedy = POLICY_REFUSALS.get(getattr(error, "code", ""))
        return error.with_remedy(remedy) if remedy else error


def _journal(tenant: Tenant, application: dict[str, Any], desired: Values) -> PasswordJournal:
    return PasswordJournal(tenant, application["appId"], proof=bool(desired.get("proof")))
