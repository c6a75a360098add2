"""A credential of the mail app that is made here: found again by the journal, taken back, never shown.

What a secret and a certificate have in common; how each is made and removed stands in its own file.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from graphmail.errors import TenantError
from graphmail.keyed_create import AGREEING, find_again
from graphmail.live_credential import REPLACE
from graphmail.pending import Pending
from graphmail.resource import ASSIGNED, Found, Option, Plan, Resource, State, Values
from graphmail.resources.application_reference import (
    REFERENCE,
    application_path,
    former_client_id,
    referred_application,
)
from graphmail.resources.credential_journal import CredentialJournal
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.resources.third_credential import refuse_third
from graphmail.sealed import readers, seal
from graphmail.tenant import Tenant

Application = dict[str, Any]


class ApplicationCredential(Resource):
    """A live one is there when the app has it, a sealed file holds it, and time has not ended it."""

    permissions = ("Application.ReadWrite.All",)
    key = "application"
    # The app's collection that it is in, and what its intent says in the journal.
    collection: ClassVar[str]
    action: ClassVar[str]
    # Seconds between the looks that must agree before one made here counts as gone.
    agreeing: ClassVar[tuple[float, ...]] = AGREEING
    options: ClassVar = REFERENCE | {
        "lifetime": Option("endDateTime", {"type": "str", "default": "24 months"}),
        "proof": Option("", {"type": "bool", "default": False}, managed=False),
        "replaces": Option("", {"type": "str"}, managed=False),
        "key_id": Option("", {"type": "str"}, managed=False),
        "reason": Option("", {"type": "str"}, managed=False),
    }

    @abstractmethod
    def make(self, tenant: Tenant, application: Application, journal: CredentialJournal, desired: Values) -> None:
        """Make one and seal it; the journal has the intent before and the outcome after."""

    @abstractmethod
    def remove(self, tenant: Tenant, application: Application, key_ids: list[str]) -> None:
        """Take exactly these off the app; that one is gone already is no error."""

    def named(self, entries: list[dict[str, Any]], journal: CredentialJournal) -> dict[str, str]:
        """Key id -> display name of the app's entries."""
        return {entry["keyId"]: entry.get("displayName") or "" for entry in entries}

    def go_on(self, tenant: Tenant, application: Application, journal: CredentialJournal, begun: Values) -> None:
        """Finish what a dead run began: an intent whose credential is sealed and not on the app yet."""
        raise NotImplementedError(f"{self.name} begins nothing that can be gone on with")

    def prepare(self, tenant: Tenant, params: Values) -> Values:
        credential_lifetime(params["lifetime"])
        if not tenant.run.check_mode:
            # Whoever cannot seal must not make a credential.
            seal(b"", readers(tenant.connection["operators"]))
        return params

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        application = referred_application(tenant, desired)
        if desired.get("state") == "absent":
            return self._leaving(tenant, application, desired)
        if application is None:
            return None
        journal = self.journal(tenant, application, desired)
        there = self._there(tenant, application, journal)
        journal.refuse_unknown(there)
        begun = self._begun(tenant, journal, there)
        left = journal.left_over(there, {one["marker"] for one in begun})
        if desired.get("proof"):
            # One that is of no use any more is no loss: it goes, and another one is made.
            live, spent = journal.usable(there)
            left |= spent
        else:
            made = [*(one for one in begun if one["key_id"] in there), *journal.made_and(there)]
            live = self._live(tenant, [one for one in made if one["key_id"] != desired.get("replaces")])
        begun = [one for one in begun if one["key_id"] not in there]
        if live is None and not begun and not desired.get("proof"):
            refuse_third(tenant, application)
        if live is None and not left and not begun:
            return None
        # A lifetime is chosen when a credential is made; one that lives is not made anew for another.
        values = {"lifetime": desired["lifetime"]} if live else {}
        return Found(values, {"live": live, "left": left, "begun": begun, "application": application})

    def _leaving(self, tenant: Tenant, application: Application | None, desired: Values) -> Found | None:
        """Every credential that the journal knows and did not take back, also of an app gone; and what intents left."""
        client_id = str(application["appId"]) if application else former_client_id(tenant, desired)
        journal = self.journal(tenant, {"appId": client_id}, desired)
        if application is None and journal.unretired() and not tenant.run.check_mode:
            # One read proves no absence, and what is not taken off the app must not be noted as taken back.
            path = application_path(desired["application"], desired.get("client_id"))
            tenant.reads.drop()
            application = find_again(tenant.clock, lambda: tenant.graph.find(path))
        there = self._there(tenant, application, journal) if application else {}
        journal.refuse_unknown(there)
        # Whether it came to the app or not: it is taken off there, and its sealed copy goes out of the way.
        left = {one["key_id"]: one["marker"] for one in journal.under_way()}
        left |= journal.left_over(there, set(left.values()))
        retire = journal.unretired()
        if only := desired.get("key_id"):
            retire, left = [key_id for key_id in retire if key_id == only], {}
        if not retire and not left:
            return None
        live = {"key_id": retire[0]} if retire else None
        about = {"client_id": client_id, "retire": retire, "left": left, "application": application, "live": live}
        # How long it was made for, only its making knew; the plan names it by its key id.
        return Found({}, about)

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        if found is None and state == "present":
            return Plan("create", after=_made(desired))
        if found is None or state == "absent":
            plan = super().plan(found, desired, state)
            live = found.object["live"] if found else None
            # Which one goes is known before it does, and stands in the evidence.
            return replace(plan, before=plan.before | {"key_id": live["key_id"]}) if live else plan
        left = {"left_over": sorted(found.object["left"].values())} if found.object["left"] else {}
        if begun := found.object["begun"]:
            sealed = {"sealed_and_not_on_the_app": [one["marker"] for one in begun]}
            return Plan("create", before=left | sealed, after={"lifetime": desired["lifetime"]})
        if found.object["live"] is None:
            return Plan("create", before=left, after=_made(desired))
        return Plan("update", before=left, after={"left_over": []}) if left else Plan(None)

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        application = found.object["application"] if found else referred_application(tenant, desired)
        if plan.action == "delete" and found:
            self._retire(tenant, application, found, desired)
            return
        if application is None:
            raise TenantError(f"App {desired['application']!r} is missing")
        journal = self.journal(tenant, application, desired)
        about = found.object if found else {"left": {}, "begun": []}
        self._clear(tenant, application, journal, about["left"])
        for begun in about["begun"]:
            self.go_on(tenant, application, journal, begun)
        if plan.action == "create" and not about["begun"]:
            self.make(tenant, application, journal, desired)

    def _retire(self, tenant: Tenant, application: Application | None, found: Found, desired: Values) -> None:
        """Take them back. The sealed copies stay, out of the way: they prove later that they open nothing."""
        journal = self.journal(tenant, {"appId": found.object["client_id"]}, desired)
        self._clear(tenant, application, journal, found.object["left"])
        if application and found.object["retire"]:
            self.remove(tenant, application, found.object["retire"])
        for key_id in found.object["retire"]:
            tenant.state.retire(key_id)
            journal.retired(key_id)
        if not desired.get("proof") and not desired.get("key_id"):
            Pending(tenant.state).clear()

    def _clear(
        self, tenant: Tenant, application: Application | None, journal: CredentialJournal, left: dict[str, str]
    ) -> None:
        if application and left:
            self.remove(tenant, application, list(left))
        for key_id, marker in left.items():
            tenant.state.retire(key_id)
            journal.removed(marker, key_id)

    def facts(self, found: Found | None, desired: Values) -> Values:
        live = (found.object["live"] if found else None) or {}
        return {
            "key_id": live.get("key_id", ASSIGNED),
            "expires": live.get("expires", ASSIGNED),
            "sealed": live.get("path", ""),
        }

    def note_gone(self, tenant: Tenant, application: Application) -> None:
        """Note of those made here which are no longer on the app, where another kind is wished.

        A person took them back, and no other task of that customer looks after them. A check writes nothing down, so
        it does not look either.
        """
        if not tenant.run.check_mode:
            self._there(tenant, application, self.journal(tenant, application, {}))

    def _there(self, tenant: Tenant, application: Application, journal: CredentialJournal) -> dict[str, str]:
        """Key id -> display name of those on the app. What we made must be missing from several reads to be gone."""
        expected = {made["key_id"] for made in [*journal.sealed(), *journal.under_way()]}
        made_here = {made["key_id"] for made in journal.sealed()}
        awaited = set() if tenant.run.check_mode else journal.overdue() | journal.just_begun()
        for pause in (0.0, *self.agreeing):
            if pause:
                tenant.clock.sleep(pause)
                tenant.reads.drop()
                application = tenant.graph.get(application_path("", application["appId"]))
            there = self.named(application.get(self.collection) or [], journal)
            if expected <= set(there) and awaited <= set(there.values()):
                break
        for key_id in sorted(made_here - set(there)):
            tenant.warn(f"Credential {key_id}, made here, is no longer on the app.")
        if not tenant.run.check_mode:
            journal.settle(there)
        return there

    @staticmethod
    def _begun(tenant: Tenant, journal: CredentialJournal, there: dict[str, str]) -> list[dict[str, str]]:
        """What a dead run sealed and never said what came of; newest first.

        It is sealed before it is sent: one without its file never was, unless somebody took the file away, and one
        that is on the app all the same is held by nobody. One that has ended is of no use.
        """
        begun = []
        for one in journal.under_way():
            sealed = Path(one["path"]).exists()
            ended = datetime.fromisoformat(one["expires"]) <= tenant.clock.now()
            if sealed and (one["key_id"] in there or not ended):
                begun.append(one)
            elif one["key_id"] not in there and not tenant.run.check_mode:
                journal.refused(one["marker"], "has ended" if sealed else "not sealed")
        if not tenant.run.check_mode:
            for one in begun:
                if one["key_id"] in there:
                    journal.came(one)
        return begun

    @staticmethod
    def _live(tenant: Tenant, made: list[dict[str, str]]) -> dict[str, str] | None:
        """Our newest credential that the app has, a sealed file holds and time has not ended."""
        live = next(iter(made), None)
        if live and not Path(live["path"]).exists():
            raise TenantError(
                f"Credential {live['key_id']} is live, and its sealed copy is missing",
                expected=live["path"],
                remedy=f"restore the file, or {REPLACE}",
            )
        if live and datetime.fromisoformat(live["expires"]) <= tenant.clock.now():
            raise TenantError(f"Credential {live['key_id']} expired on {live['expires'][:10]}", remedy=REPLACE)
        return live

    def journal(self, tenant: Tenant, application: Application, desired: Values) -> CredentialJournal:
        return CredentialJournal(tenant, application["appId"], self.action, proof=bool(desired.get("proof")))


def _made(desired: Values) -> Values:
    """What is made, as the diff shows it; with why, where the inventory asks for something else."""
    reason = {"because": desired["reason"]} if desired.get("reason") else {}
    return {"lifetime": desired["lifetime"]} | reason
