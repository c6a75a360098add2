"""The comparison: each resource reads and plans as an onboarding would, and nothing is applied.

It reads as a check does, over a transport that refuses every write. What the resources ask for is read ahead in
batches, so that a customer costs a handful of requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from graphmail.access_models import MAIL_ROLES, MODELS
from graphmail.customers.span import Lifetime
from graphmail.drift.difference import ONBOARD, Difference, of_plan
from graphmail.drift.glances import Glance, live_of
from graphmail.errors import DeadlineExceeded, OutcomeUnknown, ServiceFailure, TenantError, Unreachable, WrongTenant
from graphmail.exchange import Cmdlet
from graphmail.expiry.kept import Kept
from graphmail.journal import Journal
from graphmail.live_credential import REPLACE
from graphmail.reach import Sources, detect
from graphmail.resource import Found, Resource, State, Values
from graphmail.resources.access_policies import POLICIES
from graphmail.resources.application_reference import application_path, service_principal_path
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.resources.entra_app_role_assignment import AppRoleAssignment
from graphmail.resources.entra_application import Application, same_name_path
from graphmail.resources.entra_service_principal import ServicePrincipal
from graphmail.resources.exo_application_access_policy import ApplicationAccessPolicy
from graphmail.resources.exo_distribution_group import DistributionGroup, group_reads
from graphmail.resources.exo_management_role_assignment import ManagementRoleAssignment
from graphmail.resources.exo_service_principal import POINTERS, ExchangeServicePrincipal
from graphmail.resources.federated_credentials import federated_credentials, federated_path
from graphmail.resources.foreign_credentials import foreign_credentials
from graphmail.resources.kept_credentials import kept_credentials
from graphmail.resources.permissions import GRAPH_SERVICE_PRINCIPAL
from graphmail.resources.recipients import recipient_read
from graphmail.rotation.decision import Wishes, under_way
from graphmail.rotation.standing import Standing
from graphmail.tenant import ORGANIZATION, Tenant, user_path

# What says that the tenant could not be read, not that something in it differs.
UNREADABLE = (ServiceFailure, Unreachable, OutcomeUnknown, DeadlineExceeded, WrongTenant)


class Comparison:
    """Of one customer. `entry` is the inventory's, with its defaults filled in; `requests` counts what was sent."""

    def __init__(self, tenant: Tenant, entry: Values, expires_within: str) -> None:
        self.requests = 0
        self.application: dict[str, Any] = {}
        self.key_id = ""
        self._glance: Glance | None = None
        self._entry = entry
        self._dry = tenant.run.check_mode
        # Nothing can be written to the tenant, dry run or not.
        self._tenant = Tenant.connect(
            tenant.connection, replace(tenant.run, check_mode=True, observe=self._count(tenant.run.observe))
        )
        lifetime = credential_lifetime(expires_within)
        self._soon: timedelta = lifetime.end(self._tenant.clock.now()) - self._tenant.clock.now()

    def differences(self) -> list[Difference]:
        """All of them, in the order of an onboarding. Raises TenantError when the tenant cannot be read."""
        self._tenant.reads.drop()
        self._read_ahead()
        return list(dict.fromkeys(self._all()))

    @property
    def _reference(self) -> Values:
        app = self._entry["app"]
        return {"application": app["unique_name"], "client_id": app.get("client_id")}

    def _all(self) -> Iterator[Difference]:
        app, group = self._entry["app"], self._entry["group"]
        wanted = {"required_permissions": self._entry["consented"], "sign_in_audience": "AzureADMyOrg"}
        wanted |= {name: app.get(name) for name in ("unique_name", "client_id", "display_name", "notes", "logo")}
        yield from self._compared("application", "app registration", Application(), wanted)
        yield from self._compared(
            "group",
            f"group {group['name']!r}",
            DistributionGroup(),
            {name: group.get(name) for name in ("name", "address", "owners")}
            # Whatever the inventory says of extra members: they are a difference.
            | {"members": self._entry["mailboxes"], "extra_members": "remove"},
        )
        if self.application:
            yield from self._of_application()

    def _of_application(self) -> Iterator[Difference]:
        enabled = self._reference | {"account_enabled": True}
        yield from self._compared("enterprise_application", "enterprise application", ServicePrincipal(), enabled)
        known = {"known_credentials": self._entry["app"]["known_credentials"]}
        yield from self._access(known)
        consent = self._reference | known | {"roles": self._entry["consented"]}
        yield from self._compared("consent", "admin consent", AppRoleAssignment(), consent)
        yield from self._reach()
        yield from self._credential(known["known_credentials"])

    def _access(self, known: Values) -> Iterator[Difference]:
        """The inventory's model is there, and nothing of the other one."""
        rbac = self._entry["access"] == "rbac"
        scope = self._reference | {"group": self._entry["group"]["name"]}
        policy = scope | {"access_right": "RestrictAccess"}
        assignments = scope | known | {"roles": sorted(MAIL_ROLES)}
        if rbac:
            pointer = self._reference
            yield from self._compared("access", "Exchange service principal", ExchangeServicePrincipal(), pointer)
        other = "see who made it; the other access model has it"
        for noun, resource, wanted, shall in (
            ("access policy", ApplicationAccessPolicy(), policy, not rbac),
            ("role assignment", ManagementRoleAssignment(), assignments, rbac),
        ):
            state: State = "present" if shall else "absent"
            yield from self._compared("access", noun, resource, wanted, state, ONBOARD if shall else other)

    def _reach(self) -> Iterator[Difference]:
        sources = Sources.of(self._tenant, self.application["appId"], self._entry["group"]["name"])
        for finding in detect(MODELS[self._entry["access"]], sources):
            yield Difference("reach", finding.what, "nothing beside the group", finding.reaches, finding.repair)

    def _credential(self, known: list[str]) -> Iterator[Difference]:
        for foreign in foreign_credentials(self._tenant, self.application, known):
            repair = "list its key id as app.known_credentials, or remove it in Entra"
            yield Difference("credential", "A credential that nobody here made is on the app", "none", foreign, repair)
        credential = self._entry["credential"]
        if credential["keep"]:
            yield from self._kept(known)
            return
        self._glance = Glance.of(self._tenant, str(self.application["appId"]), credential)
        noun = f"live {self._glance.title} made here"
        yield from self._compared("credential", noun, self._glance.resource, self._reference | self._glance.wanted)
        others = [] if self._replacing(credential) else self._glance.of_another_kind(self._tenant, self.application)
        for other in others:
            what = "A credential of another kind, made here, is still on the app"
            yield Difference("credential", what, f"only a {self._glance.title}", other, REPLACE)
        for warning in self._tenant.warnings:
            if warning.startswith("Credential "):
                yield Difference(
                    "credential", f"A {self._glance.title} made here is gone", "on the app", warning, REPLACE
                )

    def _replacing(self, credential: Values) -> bool:
        """Whether a rotation is under way: then the old one, of another kind, is there on purpose."""
        wishes = Wishes(Lifetime.parse(credential["rotate_before"]), Lifetime.parse(credential["grace"]))
        standing = Standing.of(Journal(self._tenant.state.journal), client_id=str(self.application["appId"]))
        return under_way(standing, wishes, self._tenant.clock.now())

    def _kept(self, known: list[str]) -> Iterator[Difference]:
        """What the vendor keeps must live, and for a while; the latest end counts."""
        there = kept_credentials(self.application, known, federated_credentials(self._tenant, self.application))
        if not self._dry:
            Kept(self._tenant.state).seen(there)
        now = self._tenant.clock.now()
        if not any(credential.lives(now + self._soon) for credential in there):
            lives = any(credential.lives(now) for credential in there)
            what = (
                "The credential that the vendor keeps is near its end" if lives else "The vendor's credential is gone"
            )
            expected = f"one of app.known_credentials with more than {self._soon.days} days of life"
            repair = "agree with the vendor on a new one; without credential.keep, site.yml makes and hands over one"
            yield Difference("credential", what, expected, "; ".join(map(str, there)) or "none on the app", repair)

    def _compared(
        self,
        area: str,
        noun: str,
        resource: Resource,
        wanted: Values,
        state: State = "present",
        repair: str = ONBOARD,
    ) -> Iterator[Difference]:
        """What that resource would do, or why it refuses to."""
        wanted = {name: value for name, value in wanted.items() if value not in (None, "")} | {"state": state}
        try:
            wanted = resource.prepare(self._tenant, wanted)
            found = resource.read(self._tenant, wanted)
            plan = resource.plan(found, wanted, state)
        except UNREADABLE:
            raise
        except TenantError as error:
            yield Difference(
                area, error.problem, error.expected or "as the inventory says", error.found or "see there", error.remedy
            )
            return
        self._learn(resource, found, wanted)
        yield from of_plan(area, noun, plan, repair)
        if self._glance and resource is self._glance.resource and (live := live_of(found)):
            yield from self._near_its_end(live)

    def _learn(self, resource: Resource, found: Found | None, wanted: Values) -> None:
        """What later comparisons refer to; what is missing is theirs no more than it is in a check."""
        if isinstance(resource, Application) and found:
            self.application = found.object
        if self._glance and resource is self._glance.resource and (live := live_of(found)):
            self.key_id = live["key_id"]
        if found is None and resource.key:
            self._tenant.plan_create(resource.name, wanted[resource.key])

    def _near_its_end(self, live: dict[str, str]) -> Iterator[Difference]:
        if not live["expires"]:
            return
        left = datetime.fromisoformat(live["expires"]) - self._tenant.clock.now()
        if left < self._soon:
            expected = f"more than {self._soon.days} days of life"
            found = f"{live['key_id']} ends on {live['expires'][:10]}, in {left.days} days"
            yield Difference(
                "credential",
                f"The {self._glance.title if self._glance else 'credential'} is near its end",
                expected,
                found,
                REPLACE,
            )

    def _read_ahead(self) -> None:
        """What the resources will ask for; and that this is the tenant that the inventory means, in both services."""
        tenant, app, group = self._tenant, self._entry["app"], self._entry["group"]
        known = tenant.connection["known_mailbox"]
        there = application_path(app["unique_name"], app.get("client_id"))
        named = [] if app.get("client_id") else [same_name_path(app["display_name"])]
        paths = [ORGANIZATION, user_path(known), there, GRAPH_SERVICE_PRINCIPAL, *named]
        directory = dict(zip(paths, tenant.graph.batch(paths, ahead=True), strict=True))
        tenant.confirm(directory[ORGANIZATION].value().get("value", []))
        application = directory[there]
        if not application.missing:
            principal = service_principal_path(application.value()["appId"])
            graph = f"/servicePrincipals/{directory[GRAPH_SERVICE_PRINCIPAL].value()['id']}"
            selected = f"{graph}?{GRAPH_SERVICE_PRINCIPAL.rpartition('?')[2]}"
            federated = federated_path(application.value())
            tenant.graph.batch([principal, f"{principal}/appRoleAssignments", selected, federated], ahead=True)
        people = _distinct([known, *self._entry["mailboxes"], *group["owners"]])
        cmdlets = [POLICIES, POINTERS, *group_reads(group["name"], group["address"]), *map(recipient_read, people)]
        answers = dict(zip((c.key for c in cmdlets), tenant.exchange.batch(cmdlets, ahead=True), strict=True))
        users = list(directory[user_path(known)].value().get("value", ()))
        recipient = answers[recipient_read(people[0]).key]
        tenant.confirm_exchange(known, users, [] if recipient.missing else recipient.value())
        client_id = "" if application.missing else str(application.value()["appId"]).lower()
        for pointer in answers[POINTERS.key].value():
            if client_id and str(pointer.get("AppId", "")).lower() == client_id:
                asked = Cmdlet("Get-ManagementRoleAssignment", {"RoleAssignee": str(pointer["ObjectId"])})
                tenant.exchange.batch([asked], ahead=True)

    def _count(self, observe: Any) -> Any:
        def counted(exchange: dict[str, Any]) -> None:
            self.requests += 1
            if observe:
                observe(exchange)

        return counted


def _distinct(addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(address.lower() for address in addresses))
