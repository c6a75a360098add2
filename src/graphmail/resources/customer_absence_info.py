"""Proof of absence: nothing that was made here for a customer is left, and its credential opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from graphmail.claims import Claims
from graphmail.clock import poll
from graphmail.credentials import read as read_sealed
from graphmail.errors import DeadlineExceeded, TenantError, TokenError
from graphmail.evidence import Check, Record, Verdict
from graphmail.exchange import Row
from graphmail.put_back import Adopted, undos_of
from graphmail.reach import Sources
from graphmail.reach.sources import EVERY_APP
from graphmail.resource import Info, Option, Values
from graphmail.resources.absent_credentials import AbsentCredentials
from graphmail.resources.application_reference import (
    application_path,
    deleted_application,
    former_client_id,
    service_principal_path,
    stays_for,
)
from graphmail.resources.entra_app_role_assignment import AppRoleAssignment
from graphmail.resources.exo_distribution_group import DistributionGroup
from graphmail.resources.federated_credentials import federated_credentials
from graphmail.resources.foreign_credentials import foreign_credential_ids
from graphmail.resources.kept_credentials import credentials_on
from graphmail.rights import EXCHANGE_READS
from graphmail.start_state import StartState
from graphmail.task_record import keep, record_of, subject
from graphmail.tenant import Tenant

RECORD = "proof_of_absence"
NOTHING = "none"


class CustomerAbsenceInfo(Info):
    """Fails unless each check passed. What stays by intent is named in the check that it belongs to."""

    name = "customer_absence_info"
    permissions = (
        "Application.Read.All",
        EXCHANGE_READS,
    )
    cmdlets = (
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-ManagementRoleAssignment",
        "Get-Recipient",
        "Get-ServicePrincipal",
    )
    options: ClassVar = {
        "entry": Option("", {"type": "dict", "required": True}),
        "adopted": Option("", {"type": "str", "choices": ["leave", "restore", "remove"], "default": "leave"}),
        "max_wait": Option("", {"type": "int", "default": 7200}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        if tenant.run.check_mode or tenant.run.evidence is None:
            return {"skipped": True, "status": "unknown", "checks": [], "record": ""}
        tenant.reads.drop()
        absence = Absence(tenant, params["entry"], adopted=params["adopted"], max_wait=params["max_wait"])
        started = tenant.clock.now()
        record = absence.record(absence.checks(), started)
        path = keep(tenant, record)
        told = [{"name": c.name, "verdict": c.verdict, "observed": c.observed} for c in record.checks]
        status = "absent" if record.verdict == "passed" else record.verdict
        result: Values = {"status": status, "checks": told, "record": str(path)}
        if record.verdict != "passed":
            wrong = "; ".join(f"{c.claim}: {c.observed}" for c in record.checks if c.verdict != "passed")
            result |= {
                "failed": True,
                "msg": f"Customer {tenant.customer} is not offboarded: {wrong}. To do: run offboard.yml again",
            }
        return result


class Absence:
    """The checks, of one customer. `entry` is the inventory's."""

    def __init__(self, tenant: Tenant, entry: Values, *, adopted: Adopted, max_wait: float) -> None:
        self._tenant = tenant
        self._entry = entry
        self._adopted = adopted
        self._leave = adopted != "remove"
        self._max_wait = max_wait
        app = entry["app"]
        self._reference = {"application": app["unique_name"], "client_id": app.get("client_id"), "state": "absent"}
        self._application = tenant.graph.find(application_path(app["unique_name"], app.get("client_id")))
        self._why = ""
        if self._application and self._leave:
            self._why = stays_for(tenant, self._application, self._reference)
        self.client_id = str((self._application or {}).get("appId") or former_client_id(tenant, self._reference))
        self.key_id = ""
        self._credentials = AbsentCredentials(tenant, self.client_id)

    def checks(self) -> list[Check]:
        """All of them; what a service's lag hides is looked at again, for a while."""
        sources = Sources.of(self._tenant, self.client_id, self._entry["group"]["name"])
        return [
            self._check("token", "The app's credential gets no token", self._token),
            self._check("mailboxes", "No mailbox can be reached with it", lambda: self._mailboxes(sources)),
            self._check("consent", "Nothing granted here is left of its consent", lambda: self._consent(sources)),
            self._check("access_policy", "No access policy of the app is left", lambda: self._policies(sources)),
            self._check("role_assignments", "Exchange gives the app no role", lambda: self._assignments(sources)),
            self._check("application", "The app and its enterprise application are gone", self._app),
            self._check("group", "The group is gone", self._group),
            self._check("start_state", "What was there before is as it was found", self._start_state),
        ]

    def record(self, checks: list[Check], started: datetime) -> Record:
        entry = self._entry
        about = subject(self.client_id, self.key_id, entry["mailboxes"], entry["outside_mailbox"])
        return record_of(self._tenant, RECORD, about, checks, started)

    @staticmethod
    def _check(name: str, claim: str, look: Callable[[], tuple[Verdict, str]]) -> Check:
        try:
            verdict, observed = look()
        except TenantError as error:
            verdict, observed = "unknown", str(error)
        return Check(name=name, claim=claim, expected=NOTHING, observed=observed[:3900], verdict=verdict)

    def _token(self) -> tuple[Verdict, str]:
        verdict, tried = self._credentials.tried(self._max_wait)
        self.key_id = self._credentials.key_id
        if verdict != "passed" or not (works := self._working()):
            return verdict, tried
        # Nobody here holds their text, so what they open is read and not tried.
        return self._or_left(f"{tried}; not made here, and gets tokens: {works}")

    def _mailboxes(self, sources: Sources) -> tuple[Verdict, str]:
        """Without a token there is nothing to ask a mailbox with; with one, each has to answer 403."""
        asked = [*self._entry["mailboxes"], self._entry["outside_mailbox"]]
        for path in self._credentials.copies():
            credential = read_sealed(path)
            if not credential.can_sign_in:
                continue
            graph = self._tenant.as_mail_app(credential)
            try:
                graph.token(True)
            except TokenError:
                continue
            answers = graph.batch([f"/users/{mailbox}/mailFolders/inbox?$select=id" for mailbox in asked])
            open_ = [m for m, a in zip(asked, answers, strict=True) if a.error is None or a.error.status != 403]
            if open_:
                return "failed", f"reachable: {', '.join(open_)}"
        shut = f"no token at all, or 403: {', '.join(asked)}"
        if not self._working():
            return "passed", shut
        opens = self._opens(sources)
        if not opens:
            return "passed", f"{shut}; the tokens of the credentials that are left open no mailbox"
        return self._or_left(f"{shut}; open to the credentials that are left: {opens}")

    def _or_left(self, observed: str) -> tuple[Verdict, str]:
        return ("passed", f"{observed}, left alone, since {self._why}") if self._why else ("failed", observed)

    def _working(self) -> str:
        """Credentials not made here that still get tokens, for a person; none without an enterprise application."""
        app = self._tenant.graph.find(application_path("", self.client_id)) if self.client_id else None
        if app is None or self._tenant.graph.find(service_principal_path(self.client_id)) is None:
            return ""
        foreign, now = foreign_credential_ids(self._tenant, app), self._tenant.clock.now()
        return ", ".join(
            str(one)
            for one in credentials_on(app, federated_credentials(self._tenant, app))
            if one.key_id in foreign and one.lives(now)
        )

    def _opens(self, sources: Sources) -> str:
        """What lets the app's tokens into mailboxes still, and what confines that."""
        roles = [f"{row['Role']} ({row['Name']})" for row in sources.assignments]
        consents = [f"{c.role} of {c.resource_name}" for c in sources.consents]
        if not consents:
            return ", ".join(roles)
        confined = ", ".join(_policy(policy) for policy in sources.policies) or "nothing: every mailbox is open"
        return ", ".join([*consents, *roles]) + f", confined by {confined}"

    def _consent(self, sources: Sources) -> tuple[Verdict, str]:
        left = [f"{consent.role} of {consent.resource_name}" for consent in sources.consents]
        if self._why and not self._gone(self._granted_here):
            return "failed", f"granted here and not revoked: {', '.join(self._granted_here())}"
        return self._verdict(left, self._why)

    def _granted_here(self) -> list[str]:
        """What the journal claims of the consent of an app that stays."""
        tenant, name = self._tenant, self._reference["application"]
        if not self._application or tenant.graph.find(service_principal_path(self.client_id)) is None:
            return []
        claims, there = Claims(tenant), AppRoleAssignment().assignments(tenant, self._application)
        return sorted(role for role, i in there.items() if claims.holds(AppRoleAssignment.name, f"{name} {role}", i))

    def _policies(self, sources: Sources) -> tuple[Verdict, str]:
        """Those of the group, and those made here; others of the app are named, and are nobody's here to take away."""
        claims, group = Claims(self._tenant), self._entry["group"]["name"]
        own: list[str] = []
        others: list[str] = []
        for policy in (p for p in sources.policies if p.get("AppId") != EVERY_APP):
            ours = claims.holds("exo_application_access_policy", "", str(policy["Identity"]))
            (own if ours or policy.get("ScopeName") == group else others).append(_policy(policy))
        verdict, observed = self._verdict(own, self._why)
        return verdict, observed + (f"; left alone, not made here: {', '.join(others)}" if others else "")

    def _assignments(self, sources: Sources) -> tuple[Verdict, str]:
        return self._verdict([f"{row['Role']} ({row['Name']})" for row in sources.assignments], self._why)

    def _app(self) -> tuple[Verdict, str]:
        tenant, app = self._tenant, self._entry["app"]
        if self._why:
            return "passed", f"left alone: {self._why}"
        looks = [application_path(app["unique_name"], app.get("client_id"))]
        looks += [service_principal_path(self.client_id)] if self.client_id else []
        if not self._gone(lambda: [path for path in looks if tenant.graph.find(path)]):
            return "failed", "still there"
        deleted = deleted_application(tenant, app["unique_name"])
        if deleted and app.get("on_offboard") == "purge":
            return "failed", f"deleted and not purged: object id {deleted['id']}"
        return "passed", f"soft-deleted for 30 days, object id {deleted['id']}" if deleted else "gone for good"

    def _group(self) -> tuple[Verdict, str]:
        group = self._entry["group"]
        wanted = {"name": group["name"], "state": "absent"}
        resource = DistributionGroup()
        found = resource.read(self._tenant, wanted)
        if found and self._leave and (why := resource.stays(self._tenant, found, wanted)):
            return "passed", f"left alone: {why}"
        gone = self._gone(lambda: resource.read(self._tenant, wanted))
        return ("passed", NOTHING) if gone else ("failed", "still there")

    def _start_state(self) -> tuple[Verdict, str]:
        """What `leave` leaves, and what cannot be put back, is named."""
        record = StartState(self._tenant)
        if not self._leave:
            return "passed", NOTHING
        if not record.complete:
            return "passed", "not known: this customer was onboarded before start states were recorded"
        wanted = self._reference | {"group": self._entry["group"]["name"]}
        found = [undo for _, undos in undos_of(self._tenant, wanted) for undo in undos]
        if open_ := [undo.text() for undo in found if undo.taken(self._adopted)]:
            return "failed", f"not put back: {'; '.join(open_)}"
        left = [undo.text() for undo in found] + [text for closed in record.objects() for text in closed.left]
        return "passed", f"left as it is: {'; '.join(sorted(left))}" if left else NOTHING

    def _gone(self, look: Callable[[], Any]) -> bool:
        """Absent in one look after another, as replicas come to agree."""
        try:
            poll(self._tenant.clock, lambda: None if look() else True, 180, "it to be gone")
        except DeadlineExceeded:
            return False
        return True

    @staticmethod
    def _verdict(left: list[str], why: str) -> tuple[Verdict, str]:
        if not left:
            return "passed", NOTHING
        words = ", ".join(left)
        return ("passed", f"left alone: {words}, since {why}") if why else ("failed", words)


def _policy(row: Row) -> str:
    return f"{row.get('AccessRight')} for {row.get('ScopeName')!r}"
