"""Builds the tenants from the tenants file, and again on every reset."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from graphmail.sandbox import tenants_file as spec
from graphmail.sandbox.app_policy import app_policy
from graphmail.sandbox.clock import Span, VirtualClock
from graphmail.sandbox.entra.tokens import digest
from graphmail.sandbox.exchange_records import AdministrativeUnit, ExchangeOrganization, ExchangeSettings
from graphmail.sandbox.licences import subscribed_sku
from graphmail.sandbox.origin import Origin
from graphmail.sandbox.state.kept import KeptState
from graphmail.sandbox.store import (
    Application,
    AppRoleAssignment,
    Delays,
    Limits,
    Mailbox,
    MailRules,
    Recipient,
    Secret,
    ServicePrincipal,
    Tenant,
    World,
)
from graphmail.sandbox.tenants import LazyTenants
from graphmail.sandbox.well_known import (
    DIRECTORY_ROLES,
    EXCHANGE_APP_ID,
    EXCHANGE_APP_ROLES,
    EXCHANGE_COMMAND_LINE,
    EXCHANGE_SCOPES,
    GRAPH_APP_ID,
    GRAPH_APP_ROLES,
    GRAPH_COMMAND_LINE_TOOLS,
    GRAPH_SCOPES,
    MICROSOFT_SERVICES_TENANT,
    USER_CONSENT,
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


def _scopes(known: dict[str, str]) -> list[dict[str, Any]]:
    """learn.microsoft.com/graph/api/resources/permissionscope; one list serves all tenants."""
    return [
        {
            "adminConsentDescription": value,
            "adminConsentDisplayName": value,
            "id": scope_id,
            "isEnabled": True,
            "type": "User" if value in USER_CONSENT else "Admin",
            "userConsentDescription": value,
            "userConsentDisplayName": value,
            "value": value,
        }
        for value, scope_id in known.items()
    ]


_GRAPH_SCOPES, _EXCHANGE_SCOPES = _scopes(GRAPH_SCOPES), _scopes(EXCHANGE_SCOPES)


class Blueprint:
    """The tenants file and an origin: enough to make the same world again, each tenant when it is first asked for."""

    def __init__(self, content: spec.TenantsFile) -> None:
        self._content = content
        self._specs = {tenant.id: tenant for tenant in content.tenants}
        self._issuers = {issuer.issuer: issuer.jwks for issuer in content.trusted_issuers}
        self._origin: Origin | None = None
        self._state: KeptState | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what the file says; comments and order of keys do not matter."""
        return hashlib.sha256(self._content.model_dump_json().encode()).hexdigest()

    @property
    def file(self) -> tuple[spec.TenantSpec, ...]:
        """What the tenants file says of each tenant; nothing is built for it."""
        return self._content.tenants

    @property
    def origin(self) -> Origin:
        self._origin = self._origin or Origin()
        return self._origin

    def go_on(self, state: KeptState) -> None:
        """Build what is in `state`, and keep there what changes."""
        self._state, self._origin = state, state.origin

    def build(self) -> World:
        world = World(signing_key=self.origin.signing_key)
        world.tenants = LazyTenants(list(self._specs), lambda tenant_id: self._tenant(world, tenant_id))
        world.domains = {d: t.id for t in self._content.tenants for d in (t.initial_domain, *t.domains)}
        world.trusted_issuers = dict(self._issuers)
        world.shared_applications = self._shared_applications()
        if self._state:
            self._state.attach(world)
        return world

    def reset(self, world: World, tenant_id: str | None = None) -> None:
        """Put one tenant, or all, back to what the file says; its tokens are forgotten. KeyError: no such tenant."""
        if tenant_id is not None and tenant_id not in self._specs:
            raise KeyError(tenant_id)
        names = [tenant_id] if tenant_id else list(self._specs)
        if self._state:
            self._state.begin_anew(names)
        for name in names:
            del world.tenants[name]
            world.clocks.pop(name, None)
            world.changes.begun_anew.add(name)
            world.changes.tenants.discard(name)
            world.sign_ins = {k: s for k, s in world.sign_ins.items() if s.tenant_id != name}
        world.issued.keep(lambda token: tenant_id not in (None, token.tenant_id))
        if tenant_id is None:
            world.requests.clear()
            world.sign_ins.clear()
            world.trusted_issuers = dict(self._issuers)
            world.shared_applications = self._shared_applications()

    def _shared_applications(self) -> dict[str, str]:
        """Return the multi-tenant applications of the file, without building a tenant."""
        return {
            app.client_id: tenant.id
            for tenant in self._content.tenants
            for app in tenant.applications
            if app.sign_in_audience != "AzureADMyOrg"
        }

    def admins(self) -> dict[str, dict[str, str]]:
        """Return how ops signs in, by tenant id."""
        return {
            name: {"client_id": admin_client_id(tenant), "client_secret": self.origin.secret(f"{name}/admin")}
            for name, tenant in self._specs.items()
        }

    def _tenant(self, world: World, tenant_id: str) -> Tenant:
        kept = self._state.load(world, tenant_id) if self._state else None
        tenant = kept or _Builder(self._specs[tenant_id], self.origin).build()
        clock = world.clocks.setdefault(tenant_id, tenant.clock)
        clock.offset, tenant.clock = tenant.clock.offset, clock
        tenant.changed = world.changes.tenants.add
        return tenant


def admin_client_id(tenant: spec.TenantSpec) -> str:
    return tenant.admin.client_id or str(uuid5(_NAMESPACE, f"{tenant.id}/admin"))


class _Builder:
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
        self._resource(GRAPH_APP_ID, "Microsoft Graph", "https://graph.microsoft.com", GRAPH_APP_ROLES, _GRAPH_SCOPES)
        self._resource(
            EXCHANGE_APP_ID, "Office 365 Exchange Online", "https://outlook.office365.com", EXCHANGE_APP_ROLES,
            _EXCHANGE_SCOPES,
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
            "appRoles": _app_roles(tuple(roles.items())),
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
            "requiredResourceAccess": _declared(app.roles),
            **({"uniqueName": app.unique_name} if app.unique_name else {}),
            **({"notes": app.notes} if app.notes else {}),
        }
        application.secrets = [self._secret(s, self._origin.secret(s.key_id)) for s in app.secrets]
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


@cache
def _app_roles(roles: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """Return what a resource offers: one list for all tenants, which nobody changes."""
    return [
        {
            "allowedMemberTypes": ["Application"],
            "description": value,
            "displayName": value,
            "id": role_id,
            "isEnabled": True,
            "origin": "Application",
            "value": value,
        }
        for value, role_id in roles
    ]


def opaque_id(seed: str) -> str:
    """Return an id as Exchange and Entra make them for items: long, case-sensitive, without meaning."""
    return base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest()).decode().rstrip("=")


def security_identifier(seed: str) -> str:
    number = UUID(seed).int
    parts = [str((number >> shift) % 2**32) for shift in (96, 64, 32, 0)]
    return f"S-1-5-21-{parts[0]}-{parts[1]}-{parts[2]}-{int(parts[3]) % 9_000_000 + 1_000_000}"


def exchange_settings(asked: spec.Exchange) -> ExchangeSettings:
    return ExchangeSettings(**asked.model_dump(exclude={"audit_enabled", "stripped_roles"}))


def _exchange(asked: spec.Exchange) -> ExchangeOrganization:
    return ExchangeOrganization(
        exchange_settings(asked), stripped_roles=frozenset(asked.stripped_roles), audit_enabled=asked.audit_enabled,
    )  # fmt: skip


def _declared(roles: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return requiredResourceAccess: what an app declares, which grants nothing."""
    declared = []
    of_graph = [GRAPH_APP_ROLES[r] for r in roles if r in GRAPH_APP_ROLES]
    of_exchange = [EXCHANGE_APP_ROLES[r.removeprefix(spec.EXCHANGE_PREFIX)] for r in roles if r not in GRAPH_APP_ROLES]
    for app_id, ids in ((GRAPH_APP_ID, of_graph), (EXCHANGE_APP_ID, of_exchange)):
        if access := [{"id": role_id, "type": "Role"} for role_id in ids]:
            declared.append({"resourceAppId": app_id, "resourceAccess": access})
    return declared
