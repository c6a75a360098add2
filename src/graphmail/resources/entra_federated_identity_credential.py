"""Federated identity credential of the mail app: the tokens of the vendor's own identity provider stand for the app."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from graphmail.credentials import FederatedIdentity, read
from graphmail.errors import GraphError, TenantError, nothing_done
from graphmail.keyed_create import AGREEING, create_keyed, find_again
from graphmail.pending import Pending
from graphmail.resource import ASSIGNED, Found, Option, Plan, Resource, State, Values
from graphmail.resources.application_reference import (
    REFERENCE,
    application_path,
    former_client_id,
    referred_application,
)
from graphmail.resources.credential_journal import ADD_FEDERATED, CredentialJournal
from graphmail.resources.entra_application_key import ApplicationKey
from graphmail.resources.entra_application_password import ApplicationPassword
from graphmail.resources.federated_credentials import LARGEST, federated_credentials, federated_path
from graphmail.retry import Operation
from graphmail.tenant import Tenant

NAME = "graphmail"
Entry = dict[str, Any]


class FederatedIdentityCredential(Resource):
    """https://learn.microsoft.com/graph/api/application-post-federatedidentitycredentials.

    The name is the key, and stays. Another issuer, subject or audience is another credential, with an id of its own:
    what was proved of the old one is not proved of it.
    """

    name = "entra_federated_identity_credential"
    permissions = ("Application.ReadWrite.All",)
    key = "application"
    agreeing: ClassVar[tuple[float, ...]] = AGREEING
    options: ClassVar = REFERENCE | {
        "name": Option("name", {"type": "str", "default": NAME}, managed=False),
        "issuer": Option("issuer", {"type": "str"}),
        "subject": Option("subject", {"type": "str"}),
        "audience": Option("audiences", {"type": "str", "default": "api://AzureADTokenExchange"}),
        "assertion": Option("", {"type": "path"}, managed=False),
    }

    def prepare(self, tenant: Tenant, params: Values) -> Values:
        missing = [name for name in ("issuer", "subject") if not params.get(name)]
        if params.get("state") != "absent" and missing:
            raise TenantError(
                f"A federated identity credential needs its {' and its '.join(missing)}",
                expected="as the tokens of the vendor's identity provider say them",
                remedy="complete credential.federated; nothing was written",
            )
        return params

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        application = referred_application(tenant, desired)
        if desired.get("state") == "absent":
            return self._leaving(tenant, application, desired)
        if application is None:
            return None
        for former in (ApplicationPassword(), ApplicationKey()):
            former.note_gone(tenant, application)
        journal = CredentialJournal(tenant, str(application["appId"]), ADD_FEDERATED)
        there = self._there(tenant, application, journal)
        own = self._own(tenant, journal, there, desired)
        self._refuse_others(there, own, desired)
        if own is None:
            return None
        if not tenant.run.check_mode:
            self._keep(tenant, application, journal, own, desired)
        return Found(_values(own), {"entry": own, "application": application})

    def _leaving(self, tenant: Tenant, application: Entry | None, desired: Values) -> Found | None:
        """Every one that the journal knows and did not take back, and what an open intent made."""
        client_id = str(application["appId"]) if application else former_client_id(tenant, desired)
        journal = CredentialJournal(tenant, client_id, ADD_FEDERATED)
        if application is None and journal.unretired() and not tenant.run.check_mode:
            # One read proves no absence, and what is not taken off the app must not be noted as taken back.
            path = application_path(desired["application"], desired.get("client_id"))
            tenant.reads.drop()
            application = find_again(tenant.clock, lambda: tenant.graph.find(path))
        there = self._there(tenant, application, journal) if application else []
        begun = {name: marker for marker, name in journal.open_names().items()}
        left = {str(entry["id"]): begun[entry["name"]] for entry in there if entry["name"] in begun}
        retire = journal.unretired()
        if not retire and not left:
            return None
        about = {"client_id": client_id, "retire": retire, "left": left, "application": application}
        values = next((_values(entry) for entry in there if str(entry["id"]) in retire), {})
        return Found(values, about)

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        plan = super().plan(found, desired, state)
        if state == "absent" and found:
            return replace(plan, before=plan.before | {"key_id": [*found.object["retire"], *found.object["left"]][0]})
        return plan

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if plan.action == "delete" and found:
            self._retire(tenant, found)
            return
        application = found.object["application"] if found else referred_application(tenant, desired)
        if application is None:
            raise TenantError(f"App {desired['application']!r} is missing")
        journal = CredentialJournal(tenant, str(application["appId"]), ADD_FEDERATED)
        if found:
            key_id = str(found.object["entry"]["id"])
            tenant.graph.delete(f"{federated_path(application)}/{key_id}")
            tenant.state.retire(key_id)
            journal.retired(key_id)
        self._make(tenant, application, journal, desired)

    def _make(self, tenant: Tenant, application: Entry, journal: CredentialJournal, desired: Values) -> None:
        there = federated_credentials(tenant, application)
        if len(there) >= LARGEST:
            raise TenantError(
                f"The app has {len(there)} federated identity credentials already, and no app has more",
                expected=f"at most {LARGEST}",
                found=", ".join(str(entry["name"]) for entry in there),
                remedy="remove one that nobody needs, in Entra",
            )
        body = {name: desired[name] for name in ("name", "issuer", "subject")} | {"audiences": [desired["audience"]]}
        marker = journal.marker()
        journal.intend(marker, None, display_name=desired["name"])

        def find() -> Entry | None:
            same = (e for e in federated_credentials(tenant, application) if e["name"] == desired["name"])
            return next((entry for entry in same if _values(entry) == _values(body)), None)

        try:
            made = create_keyed(
                tenant.clock,
                "the federated identity credential",
                lambda: tenant.graph.call(Operation.KEYED_CREATE, "POST", federated_path(application), json=body),
                find,
                # The old one of this name is on its way out.
                early=lambda error: error.status == 409 and not find(),
                exists=lambda error: error.status == 409 and find() is not None,
            )
        except GraphError as error:
            if nothing_done(error):
                journal.refused(marker, error.code)
            raise
        self._keep(tenant, application, journal, made, desired)

    def _retire(self, tenant: Tenant, found: Found) -> None:
        about = found.object
        journal = CredentialJournal(tenant, about["client_id"], ADD_FEDERATED)
        for key_id in [*about["left"], *about["retire"]]:
            if about["application"]:
                tenant.graph.delete(f"{federated_path(about['application'])}/{key_id}")
            tenant.state.retire(key_id)
        for key_id, marker in about["left"].items():
            journal.removed(marker, key_id)
        for key_id in about["retire"]:
            journal.retired(key_id)
        Pending(tenant.state).clear()

    def facts(self, found: Found | None, desired: Values) -> Values:
        entry = found.object.get("entry") if found else None
        return {
            "key_id": str(entry["id"]) if entry else ASSIGNED,
            "name": desired["name"],
            "issuer": desired["issuer"],
            "subject": desired["subject"],
            "audience": desired["audience"],
        }

    def _there(self, tenant: Tenant, application: Entry, journal: CredentialJournal) -> list[Entry]:
        """Those on the app. One that we made must be missing from several reads to be gone."""
        expected = {made["key_id"] for made in journal.sealed()}
        there: list[Entry] = []
        for pause in (0.0, *self.agreeing):
            if pause:
                tenant.clock.sleep(pause)
                tenant.reads.drop()
            there = federated_credentials(tenant, application)
            if expected <= {str(entry["id"]) for entry in there}:
                break
        for key_id in sorted(expected - {str(entry["id"]) for entry in there}):
            tenant.warn(f"Credential {key_id}, made here, is no longer on the app.")
        if not tenant.run.check_mode:
            journal.settle({str(entry["id"]): str(entry["name"]) for entry in there})
        return there

    @staticmethod
    def _own(tenant: Tenant, journal: CredentialJournal, there: list[Entry], desired: Values) -> Entry | None:
        """The one of that name, if the journal says that it was made here."""
        made, begun = set(journal.unretired()), journal.open_names().values()
        named = (entry for entry in there if entry["name"] == desired["name"])
        return next((e for e in named if str(e["id"]) in made or e["name"] in begun), None)

    @staticmethod
    def _refuse_others(there: list[Entry], own: Entry | None, desired: Values) -> None:
        """What somebody else made is never changed, and two of one name, or of one issuer and subject, cannot be."""
        wanted = (desired["issuer"], desired["subject"])
        for entry in there:
            if entry is own or not (entry["name"] == desired["name"] or (entry["issuer"], entry["subject"]) == wanted):
                continue
            raise TenantError(
                f"The app has the federated identity credential {entry['name']!r} already, and it was not made here",
                expected=f"none of the name {desired['name']!r}, nor of that issuer and subject",
                found=f"{entry['name']}, id {entry['id']}, issuer {entry['issuer']}, subject {entry['subject']}",
                remedy="keep it as the vendor's (credential.keep, app.known_credentials), or remove it in Entra",
            )

    @staticmethod
    def _keep(tenant: Tenant, application: Entry, journal: CredentialJournal, own: Entry, desired: Values) -> None:
        """The file that a proof and a hand-over open, and the outcome of what a dead run made."""
        key_id = str(own["id"])
        values = _values(own)
        wanted = FederatedIdentity(
            tenant.tenant_id,
            str(application["appId"]),
            key_id,
            desired.get("assertion") or "",
            issuer=values["issuer"],
            subject=values["subject"],
            audience=values["audience"],
        )
        path = tenant.state.make().credential(key_id)
        if not path.exists() or _other(path, wanted):
            wanted.write(path, tenant.connection["operators"])
        for marker, name in journal.open_names().items():
            if name == own["name"]:
                journal.came({"marker": marker, "key_id": key_id, "expires": "", "path": str(path)})


def _values(entry: Entry) -> Values:
    return {
        "issuer": entry.get("issuer"),
        "subject": entry.get("subject"),
        "audience": next(iter(entry.get("audiences") or ()), None),
    }


def _other(path: Path, wanted: FederatedIdentity) -> bool:
    """Whether the file says something else; one that cannot be opened here is left as it is."""
    try:
        return read(path) != wanted
    except TenantError:
        return False
