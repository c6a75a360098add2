"""Preflight: everything that would stop the run, found before the first write, in few requests.

What it reads is kept for the run's later tasks (`reads`), which therefore ask again only before they write.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from graphmail.access_models import ACCESS, MAIL_ROLES, MODELS
from graphmail.customer_state import keep_before
from graphmail.exchange import Cmdlet, CmdletAnswer, Row
from graphmail.graph import BatchAnswer
from graphmail.keyed_create import find_again
from graphmail.resource import Found, Info, Option, Values
from graphmail.resources.access_policies import POLICIES, AccessPolicies
from graphmail.resources.application_reference import application_path, service_principal_path
from graphmail.resources.credential_journal import kind_made_here
from graphmail.resources.credential_lifetime import credential_lifetime
from graphmail.resources.credential_policy import ON_POLICY, Choice, CredentialPolicy
from graphmail.resources.entra_app_role_assignment import AppRoleAssignment
from graphmail.resources.entra_application import Application, same_name_path
from graphmail.resources.exo_distribution_group import DistributionGroup, group_reads
from graphmail.resources.exo_management_role_assignment import ManagementRoleAssignment, acting, held_assignments
from graphmail.resources.exo_service_principal import POINTERS
from graphmail.resources.federated_credentials import federated_path
from graphmail.resources.foreign_credentials import foreign_credentials
from graphmail.resources.group_reference import referred_group
from graphmail.resources.permissions import GRAPH_SERVICE_PRINCIPAL
from graphmail.resources.preflight import SKUS, Findings
from graphmail.resources.preflight_limits import group_is_ours_to_change, mail_sizes, mailbox_read, room_for_policy
from graphmail.resources.preflight_rights import rights
from graphmail.resources.recipients import recipient_read
from graphmail.resources.roles_elsewhere import assignments_of_app, refuse_roles_elsewhere
from graphmail.rights import EXCHANGE_READS
from graphmail.tenant import ORGANIZATION, Tenant, user_path

POLICY_REMEDY = (
    "say with credential.on_policy what is made then (shorten, certificate), or have the tenant's administrator exempt "
    "the app"
)
KINDS = ["secret", "certificate", "federated"]
APP_MANAGEMENT = "/policies/defaultAppManagementPolicy"


def own_policies_path(application: dict[str, Any]) -> str:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-list-appliesto."""
    return f"/applications/{application['id']}/appManagementPolicies"


class TenantInfo(Info):
    """Fails with every obstacle at once; returns what it saw otherwise."""

    name = "tenant_info"
    permissions = (
        "Organization.Read.All",
        "User.Read.All",
        "Policy.Read.All",
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
        "Get-Mailbox",
        "Get-OrganizationConfig",
    )
    options: ClassVar = {
        "application": Option("uniqueName", {"type": "str", "required": True}),
        "client_id": Option("appId", {"type": "str"}),
        "display_name": Option("displayName", {"type": "str"}),
        "group": Option("Name", {"type": "str", "required": True}),
        "group_address": Option("PrimarySmtpAddress", {"type": "str", "required": True}),
        "owners": Option("ManagedBy", {"type": "list", "elements": "str", "default": []}),
        "mailboxes": Option("Members", {"type": "list", "elements": "str", "required": True}),
        "outside_mailbox": Option("", {"type": "str", "required": True}),
        "access": Option("", ACCESS),
        "credential_kind": Option("", {"type": "str", "choices": KINDS, "default": "secret"}),
        "on_policy": Option("", {"type": "str", "choices": list(ON_POLICY), "default": "stop"}),
        "replacing": Option("", {"type": "bool", "default": False}),
        "proof_credential": Option("", {"type": "bool", "default": False}),
        "keep_credential": Option("", {"type": "bool", "default": False}),
        "known_credentials": Option("passwordCredentials", {"type": "list", "elements": "str", "default": []}),
        "lifetime": Option("endDateTime", {"type": "str", "default": "24 months"}),
        "large_mail_size": Option("", {"type": "int"}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        params = params | {"mailboxes": [mailbox.lower() for mailbox in params["mailboxes"]]}
        people = _people(params)
        credential_lifetime(params["lifetime"])
        findings = Findings(tenant)
        model = MODELS[params["access"]]
        findings.migration()
        rights(tenant, findings, model)
        directory = self._directory(tenant, params, people)
        tenant.confirm(directory[ORGANIZATION].value().get("value", []))
        principal = self._directory_of_app(tenant, params, directory)
        consented = self._consented(tenant, params, directory, principal, findings)
        findings.domains(directory[ORGANIZATION].value(), [params["group_address"], *people])
        choice = self._credential(tenant, params, directory, findings)
        recipients, settings, policies = self._exchange(tenant, params, people, findings)
        application = directory[application_path(params["application"], params.get("client_id"))]
        if params["keep_credential"]:
            findings.kept({} if application.missing else application.value(), params["known_credentials"])
        self._restriction(tenant, params, findings, application, settings, consented, policies)
        users = {person: list(directory[user_path(person)].value().get("value", ())) for person in people}
        findings.mailboxes(users, recipients)
        self._would_be_made(tenant, params, findings)
        # From what was read just now; before the first write there is no later moment that costs nothing.
        keep_before(tenant)
        findings.raise_all()
        for person in people:
            tenant.confirm_exchange(person, users[person], recipients[person].rows)
        return {
            "status": "ready",
            "credential": {"kind": choice.kind, "lifetime": choice.lifetime, "reason": choice.why},
            "obstacles": findings.notes,
            "organization": directory[ORGANIZATION].value()["value"][0].get("displayName"),
            "licences": [sku["skuPartNumber"] for sku in directory[SKUS].value().get("value", [])],
            "rights": sorted(findings.roles),
            "dehydrated": bool(settings.get("IsDehydrated")),
            "mailboxes": {p: str(recipients[p].rows[0].get("RecipientTypeDetails")) for p in params["mailboxes"]},
        }

    def _restriction(
        self,
        tenant: Tenant,
        params: Values,
        findings: Findings,
        application: BatchAnswer,
        settings: Values,
        consented: frozenset[str],
        policies: list[Row],
    ) -> None:
        """Whether an app that is there is confined as its model wants it, and nothing beside that opens more."""
        client_id = "" if application.missing else str(application.value()["appId"])
        assigned = assignments_of_app(tenant, client_id, ahead=True)
        of_group = referred_group(tenant, params["group"], absent=True)
        if client_id:
            findings.take("access", lambda: self._confined(tenant, params, client_id))
        if MODELS[params["access"]].name == "rbac":
            findings.role_assignments(settings, consented, acting(assigned, of_group, tenant.clock.now()))
            foreign = foreign_credentials(tenant, application.value(), params["known_credentials"]) if client_id else []
            held = held_assignments(assigned, of_group, foreign)
            findings.take("credential", lambda: self._not_widened(tenant, params, consented, held))
        else:
            named = params["application"], of_group, params["group"]
            findings.take("access", lambda: refuse_roles_elsewhere(assigned, *named))
            made = any(str(policy.get("AppId", "")).lower() == client_id.lower() for policy in policies)
            room_for_policy(findings, policies, needed=not made)

    @staticmethod
    def _would_be_made(tenant: Tenant, params: Values, findings: Findings) -> None:
        """What stands in the way of the app or the group, such as another one's name."""
        app = {n: params.get(o) for n, o in (("unique_name", "application"), ("client_id",) * 2, ("display_name",) * 2)}
        group = {"name": params["group"], "address": params["group_address"], "state": "absent"}
        findings.take("app", lambda: Application().plan(Application().read(tenant, app), app, "present"))
        findings.take("group", lambda: DistributionGroup().read(tenant, group))

    @staticmethod
    def _directory(tenant: Tenant, params: Values, people: list[str]) -> dict[str, BatchAnswer]:
        paths = [
            ORGANIZATION,
            SKUS,
            APP_MANAGEMENT,
            application_path(params["application"], params.get("client_id")),
            GRAPH_SERVICE_PRINCIPAL,
            *([same_name_path(params["display_name"])] if params.get("display_name") else []),
            *map(user_path, people),
        ]
        return dict(zip(paths, tenant.graph.batch(paths, ahead=True), strict=True))

    @staticmethod
    def _directory_of_app(tenant: Tenant, params: Values, directory: dict[str, BatchAnswer]) -> str:
        """Object id of the app's enterprise application; empty where the app or that is not there yet."""
        application = directory[application_path(params["application"], params.get("client_id"))]
        if application.missing:
            return ""
        principal = service_principal_path(application.value()["appId"])
        asked = [
            principal,
            f"{principal}/appRoleAssignments",
            own_policies_path(application.value()),
            federated_path(application.value()),
        ]
        there, *_further = tenant.graph.batch(asked, ahead=True)
        return "" if there.error else str(there.value()["id"])

    @staticmethod
    def _credential(tenant: Tenant, params: Values, directory: dict[str, BatchAnswer], findings: Findings) -> Choice:
        """What is made, by the tenant's policies and the inventory."""
        now, kind = tenant.clock.now(), params["credential_kind"]
        found = directory[application_path(params["application"], params.get("client_id"))]
        application = {} if found.missing else found.value()
        own = tenant.graph.list_all(own_policies_path(application)) if application else ()
        created = datetime.fromisoformat(application["createdDateTime"]) if application.get("createdDateTime") else now
        policy = CredentialPolicy.of(directory[APP_MANAGEMENT].value(), own, created)
        if params["proof_credential"]:
            # What is proved with is a secret, whatever the vendor has.
            proof = policy.choose("secret", params["lifetime"], "stop", now)
            remedy = "have the tenant's administrator exempt the app, or shorten credential.proof_lifetime"
            if kind == "federated":
                remedy += "; or name credential.federated.assertion, to prove with that"
            findings.credential(proof, "secret", standing=False, remedy=remedy)
            return Choice(kind, params["lifetime"])
        choice = policy.choose(kind, params["lifetime"], params["on_policy"], now)
        # One that stands goes on working and spares making another; where another is made beside it, it spares nothing.
        spared = application and not params["replacing"]
        standing = kind_made_here(tenant, str(application["appId"])) if spared else ""
        if standing and (standing == kind or standing == params["on_policy"]):
            choice = replace(choice, kind=standing)
        findings.credential(choice, kind, standing=standing == choice.kind, remedy=POLICY_REMEDY)
        return choice

    @staticmethod
    def _consented(
        tenant: Tenant, params: Values, directory: dict[str, BatchAnswer], principal: str, findings: Findings
    ) -> frozenset[str]:
        """Which of mail's permissions the app has; widening them for whoever has an unknown credential is refused."""
        application = directory[application_path(params["application"], params.get("client_id"))]
        if application.missing:
            return frozenset()
        consent = AppRoleAssignment()
        grants = {n: params.get(n) for n in ("application", "client_id", "known_credentials")}
        grants["roles"] = sorted(MODELS[params["access"]].consented)
        # Without its enterprise application it has no consent yet, but it may hold credentials.
        foreign = foreign_credentials(tenant, application.value(), params["known_credentials"])
        found = consent.read(tenant, grants) if principal else Found({"roles": []}, {"foreign": foreign})
        findings.take("credential", lambda: consent.plan(found, grants, "present"))
        return MAIL_ROLES & frozenset(found.values["roles"] if found else ())

    @staticmethod
    def _not_widened(tenant: Tenant, params: Values, consented: frozenset[str], held: Found) -> None:
        """Exchange's roles as their own task will plan them. What consent gives already, they give nobody anew."""
        roles = ManagementRoleAssignment()
        wanted = {name: params[name] for name in ("application", "group")} | {"roles": sorted(MAIL_ROLES - consented)}
        roles.plan(held, roles.prepare(tenant, wanted), "present")

    @staticmethod
    def _confined(tenant: Tenant, params: Values, client_id: str) -> None:
        def find() -> Row | None:
            return referred_group(tenant, params["group"], absent=True)

        group = find()
        if group is None and AccessPolicies.of(tenant, client_id, None, params["group"]).of_group:
            # Deleted, or one replica has the policy and another not yet its group: one read proves no absence.
            tenant.reads.drop()
            group = find_again(tenant.clock, find)
        policies = AccessPolicies.of(tenant, client_id, group)
        policies.refuse_widening(params["application"], params["group"])
        if MODELS[params["access"]].consented:
            # No policy limits what Exchange's own roles let in.
            policies.refuse_other_kind(params["application"], params["group"])

    @staticmethod
    def _exchange(
        tenant: Tenant, params: Values, people: list[str], findings: Findings
    ) -> tuple[dict[str, CmdletAnswer], dict[str, Any], list[Row]]:
        """Recipients by address, the organization's settings, and all access policies."""
        organization = Cmdlet("Get-OrganizationConfig", {})
        groups = group_reads(params["group"], params["group_address"])
        sized = params["mailboxes"] if params.get("large_mail_size") else []
        asked = [organization, POLICIES, POINTERS, *groups, *map(recipient_read, people), *map(mailbox_read, sized)]
        answers = dict(zip((c.key for c in asked), tenant.exchange.batch(asked, ahead=True), strict=True))
        group_is_ours_to_change(findings, answers[groups[0].key], params["group"])
        sizes = [(address, answers[mailbox_read(address).key]) for address in sized]
        mail_sizes(findings, sizes, params.get("large_mail_size") or 0)
        rows = answers[organization.key].value()
        recipients = {person: answers[recipient_read(person).key] for person in people}
        return recipients, rows[0] if rows else {}, answers[POLICIES.key].value()


def _people(params: Values) -> list[str]:
    named = [*params["mailboxes"], params["outside_mailbox"], *params["owners"]]
    return list(dict.fromkeys(address.lower() for address in named))
