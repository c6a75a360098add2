"""Builds one tenant of what the tenants file says: the same again on every reset."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from graphmail.sandbox import tenants_file as spec
from graphmail.sandbox.app_policy import app_policy
from graphmail.sandbox.clock import Span, VirtualClock
from graphmail.sandbox.directory_records import Application, AppRoleAssignment, Secret, ServicePrincipal
from graphmail.sandbox.entra.tokens import digest
from graphmail.sandbox.exchange_records import AdministrativeUnit, ExchangeOrganization, ExchangeSettings
from graphmail.sandbox.licences import subscribed_sku
from graphmail.sandbox.mail_records import Mailbox
from graphmail.sandbox.object_ids import opaque_id, security_identifier
from graphmail.sandbox.origin import Origin
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.resource_permissions import EXCHANGE_SCOPES_SHOWN, GRAPH_SCOPES_SHOWN, app_roles, declared_access
from graphmail.sandbox.store import Tenant
from graphmail.sandbox.tenant_settings import Delays, Limits, MailRules
from graphmail.sandbox.well_known import (
    DIRECTORY_ROLES,
    EXCHANGE_APP_ID,
    EXCHANGE_APP_ROLES,
    EXCHANGE_COMMAND_LINE,
    GRAPH_APP_ID,
    GRAPH_APP_ROLES,
    GRAPH_COMMAND_LINE_TOOLS,
    MICROSOFT_SERVICES_TENANT,
)

PAST = timedelta(days=200)  # what the file holds was made so long ago: its lags are over


FOLDERS = (
    "msgfolderroot",
    "inbox",
    "drafts",
    "sentitems",
    "deleteditems",
    "outbox",
    "junkemail",
    "archive",
    "recoverableitemsdeletions",
)


GROUP_TYPES = {
    "mail_enabled_security": "MailUniversalSecurityGroup",
    "distribution": "MailUniversalDistributionGroup",
    "microsoft_365": "GroupMailbox",
}


COMMAND_LINES = {
    GRAPH_COMMAND_LINE_TOOLS: "Microsoft Graph Command Line Tools",
    EXCHANGE_COMMAND_LINE: "Microsoft Exchange REST API Based Powershell",
}


_NAMESPACE = UUID("5a4d0000-0000-5000-8000-000000000000")


class TenantBuilder:
    def __init__(self, tenant: spec.TenantSpec, origin: Origin) -> None:
        self._spec = tenant
        self._origin = origin
        self._past = origin.started - PAST
        self._tenant = Tenant(
            tenant.id,
            tenant.display_name,
            tenant.initial_domain,
            [*tenant.domains, tenant.initial_domain],
            country=tenant.country,
            cloud=tenant.cloud,
            clock=VirtualClock(tenant_id=tenant.id),
            delays=Delays(**tenant.delays),
            limits=Limits(**tenant.limits),
            dehydrated=tenant.dehydrated,
            exchange=_exchange(tenant.exchange),
            device_code_flow=tenant.device_code_flow,
            mail_rules=MailRules(
                list(tenant.mail_rules.junk),
                list(tenant.mail_rules.quarantine),
                list(tenant.mail_rules.blocked),
                tenant.mail_rules.received_edits,
            ),
            app_management_policy=app_policy(tenant.app_management_policy),
            skus=[subscribed_sku(tenant, sku) for sku in tenant.skus],
        )

    def build(self) -> Tenant:
        self._resource(
            GRAPH_APP_ID, "Microsoft Graph", "https://graph.microsoft.com", GRAPH_APP_ROLES, GRAPH_SCOPES_SHOWN
        )
        self._resource(
            EXCHANGE_APP_ID, "Office 365 Exchange Online", "https://outlook.office365.com", EXCHANGE_APP_ROLES,
            EXCHANGE_SCOPES_SHOWN,
        )  # fmt: skip
        for app_id, name in COMMAND_LINES.items():
            self._resource(app_id, name, f"https://{app_id}", {}, [])
        self._admin()
        for app in self._spec.applications:
            self._app(app)
        for user in self._spec.users:
            self._user(user, "UserMailbox" if user.licensed else "User")
        for user in self._spec.shared_mailboxes:
            self._user(user, "SharedMailbox")
        for group in self._spec.groups:
            self._group(group)
        for contact in self._spec.contacts:
            self._contact(contact)
        for unit in self._spec.administrative_units:
            self._administrative_unit(unit)
        return self._tenant

    def _id(self, what: str) -> str:
        """Return an id that is this tenant's own and the same after each reset."""
        return str(uuid5(_NAMESPACE, f"{self._spec.id}/{what}"))

    def _span(self) -> Span:
        return Span(self._past)

    def _resource(
        self, app_id: str, name: str, uri: str, roles: dict[str, str], scopes: list[dict[str, Any]],
    ) -> None:  # fmt: skip
        """Add the service principal of an application of Microsoft's own."""
        properties = {
            "displayName": name,
            "appDisplayName": name,
            "appOwnerOrganizationId": MICROSOFT_SERVICES_TENANT,
            "appRoles": app_roles(tuple(roles.items())),
            "oauth2PermissionScopes": scopes,
            "servicePrincipalNames": [app_id, uri] if roles else [app_id],
            "signInAudience": "AzureADMultipleOrgs",
            "tags": [],
        }
        principal = ServicePrincipal(self._id(f"service principal {app_id}"), app_id, self._span(), properties)
        self._tenant.service_principals[principal.id] = principal

    def _app(self, app: spec.App) -> ServicePrincipal:
        application = Application(app.id or self._id(f"application {app.client_id}"), app.client_id, self._span())
        application.properties = {
            "displayName": app.display_name,
            "signInAudience": app.sign_in_audience,
            "publisherDomain": self._spec.domains[0],
            "requiredResourceAccess": declared_access(app.roles),
            **({"uniqueName": app.unique_name} if app.unique_name else {}),
            **({"notes": app.notes} if app.notes else {}),
        }
        application.secrets = [self._secret(s, self._origin.secret(s.key_id)) for s in app.secrets]
        if app.secret:
            shown = spec.Secret(key_id=self._id(f"shown secret {app.client_id}"), display_name="shown")
            application.secrets.append(self._secret(shown, self._origin.secret(shown_secret(self._spec, app))))
        self._tenant.applications[application.id] = application
        principal = ServicePrincipal(self._id(f"service principal {app.client_id}"), app.client_id, self._span())
        principal.properties = {
            "displayName": app.display_name,
            "appDisplayName": app.display_name,
            "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        }
        principal.assignments = [self._assignment(principal, role) for role in app.roles]
        if app.service_principal:
            self._tenant.service_principals[principal.id] = principal
        return principal

    def _admin(self) -> None:
        """The app registration that ops signs in with."""
        admin, client_id = self._spec.admin, admin_client_id(self._spec)
        principal = self._app(spec.App(display_name=admin.display_name, client_id=client_id, roles=admin.roles))
        principal.directory_roles |= {DIRECTORY_ROLES[name] for name in admin.directory_roles}
        application = self._tenant.applications[self._id(f"application {client_id}")]
        secret = spec.Secret(key_id=self._id("admin secret"), display_name="ops")
        application.secrets.append(self._secret(secret, self._origin.secret(f"{self._spec.id}/admin")))

    def _assignment(self, principal: ServicePrincipal, role: str) -> AppRoleAssignment:
        of_graph = role in GRAPH_APP_ROLES
        seed, role = role, role.removeprefix(spec.EXCHANGE_PREFIX)
        resource = self._id(f"service principal {GRAPH_APP_ID if of_graph else EXCHANGE_APP_ID}")
        role_id = GRAPH_APP_ROLES[role] if of_graph else EXCHANGE_APP_ROLES[role]
        assignment_id = opaque_id(self._id(f"assignment {principal.id} {seed}"))
        return AppRoleAssignment(assignment_id, role_id, principal.id, resource, self._span())

    def _secret(self, secret: spec.Secret, text: str) -> Secret:
        start = self._origin.started - timedelta(days=secret.days_old)
        end = start + timedelta(days=secret.lifetime_days)
        return Secret(secret.key_id, secret.display_name, start, end, text[:3], digest(text), Span(start))

    def _user(self, user: spec.User, type_details: str) -> None:
        alias = user.address.partition("@")[0]
        recipient = Recipient(
            id=user.id or self._id(f"user {user.address}"),
            guid=self._id(f"guid {user.address}"),
            sid=security_identifier(self._id(f"sid {user.address}")),
            name=alias,
            display_name=user.name,
            alias=alias,
            type_details=type_details,
            addresses=[user.address, *user.aliases],
            span=self._span(),
            user_principal_name=user.address,
            account_enabled=user.enabled and type_details != "SharedMailbox",
            synced=user.synced,
            directory_roles={DIRECTORY_ROLES[name] for name in user.directory_roles},
        )
        if type_details != "User":
            recipient.mailbox = Mailbox(
                self._id(f"mailbox {user.address}"),
                user.max_send_size,
                user.max_receive_size,
                {name: opaque_id(self._id(f"folder {user.address} {name}")) for name in FOLDERS},
                quota=user.quota,
            )
        self._tenant.recipients[recipient.id] = recipient

    def _group(self, group: spec.Group) -> None:
        alias = group.address.partition("@")[0]
        by_address = {a: r.id for r in self._tenant.recipients.values() for a in r.addresses}
        recipient = Recipient(
            id=group.id or self._id(f"group {group.address}"),
            guid=self._id(f"guid {group.address}"),
            sid=security_identifier(self._id(f"sid {group.address}")),
            name=group.name,
            display_name=group.name,
            alias=alias,
            type_details=GROUP_TYPES[group.kind],
            addresses=[group.address],
            span=self._span(),
            properties={"description": group.description},
            owners=[by_address[a] for a in group.owners],
            memberships={by_address[a]: [self._span()] for a in group.members},
            synced=group.synced,
        )
        self._tenant.recipients[recipient.id] = recipient

    def _contact(self, contact: spec.Contact) -> None:
        recipient = Recipient(
            id=self._id(f"contact {contact.address}"),
            guid=self._id(f"guid {contact.address}"),
            sid="",
            name=contact.name,
            display_name=contact.name,
            alias=contact.address.partition("@")[0],
            type_details="MailContact",
            addresses=[contact.address],
            span=self._span(),
        )
        self._tenant.recipients[recipient.id] = recipient

    def _administrative_unit(self, unit: spec.AdministrativeUnit) -> None:
        members = frozenset(r.id for r in self._tenant.recipients.values() if r.addresses[0] in unit.members)
        unit_id = unit.id or self._id(f"administrative unit {unit.name}")
        self._tenant.exchange.administrative_units[unit_id] = AdministrativeUnit(unit_id, unit.name, members)


def exchange_settings(asked: spec.Exchange) -> ExchangeSettings:
    return ExchangeSettings(**asked.model_dump(exclude={"audit_enabled", "stripped_roles"}))


def _exchange(asked: spec.Exchange) -> ExchangeOrganization:
    return ExchangeOrganization(
        exchange_settings(asked), stripped_roles=frozenset(asked.stripped_roles), audit_enabled=asked.audit_enabled,
    )  # fmt: skip


def shown_secret(tenant: spec.TenantSpec, app: spec.App) -> str:
    """Return what the origin knows the application's secret by that sandbox.json shows."""
    return f"{tenant.id}/{app.client_id}"


def admin_client_id(tenant: spec.TenantSpec) -> str:
    return tenant.admin.client_id or str(uuid5(_NAMESPACE, f"{tenant.id}/admin"))
