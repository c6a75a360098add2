"""What the emulated tenants hold. Plain records; the services beside this file give them behaviour.

Names and types follow the published resources (learn.microsoft.com/graph/api/resources/…). Times are aware UTC of the
tenant's own virtual clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from graphmail.sandbox.changes import Changes
from graphmail.sandbox.clock import Span, VirtualClock
from graphmail.sandbox.content import Content
from graphmail.sandbox.exchange_records import ExchangeOrganization, ExchangeTraffic
from graphmail.sandbox.mail_traffic import MailTraffic
from graphmail.sandbox.recipient_index import index_of
from graphmail.sandbox.tokens_issued import IssuedTokens

REQUESTS_KEPT = 5_000  # the newest entries of a request log; older ones are forgotten


def _log() -> deque[dict[str, Any]]:
    return deque(maxlen=REQUESTS_KEPT)


def _nobody(_: str) -> None:
    """Hears of changes where nothing is kept."""


@dataclass(slots=True)
class Delays:
    """Seconds until a committed change is seen, by the reader it is late for."""

    replication: float = 4  # an object just created answers 404 elsewhere
    secret: float = 12  # a new secret is refused with AADSTS7000215
    consent: float = 45  # a new grant is in no token yet
    policy_test: float = 10  # Test-ApplicationAccessPolicy
    policy: float = 900  # the data plane applies a made or removed access policy
    membership: float = 300  # the data plane applies a group's membership
    rbac_idle: float = 1800  # an app without calls for so long has its Exchange rights loaded anew at its next call
    rbac_busy: float = 7200  # a busy app has them loaded anew so long after they were
    new_mailbox: float = 30  # a mailbox just made is not found as a member, owner or scope
    audit: float = 3600  # a change stands in the unified audit log
    hydration: float = 2700  # Enable-OrganizationCustomization ran, IsDehydrated still says true
    customization: float = 3600  # … and role assignments are refused
    delivery: float = 3  # a sent mail reaches Inbox and Sent Items
    index: float = 20  # queries with ConsistencyLevel: eventual still answer what was so long ago

    def of(self, name: str) -> timedelta:
        return timedelta(seconds=getattr(self, name))


@dataclass(slots=True)
class Limits:
    """Sizes in bytes, the rest in numbers."""

    request: int = 4 * 1024 * 1024
    small_attachment: int = 3 * 1024 * 1024
    attachment: int = 150 * 1024 * 1024
    # Of one application on one mailbox: requests in 10 minutes, requests at once, bytes sent in 5 minutes.
    mailbox_requests: int = 10_000
    mailbox_concurrency: int = 4
    mailbox_upload: int = 150 * 1024 * 1024
    mailbox_milliseconds: int = 20  # real time that a call holds the mailbox: without it nothing is ever concurrent
    # Of one mailbox: more messages than that wait for the next minutes, more recipients are refused.
    messages_per_minute: int = 30
    recipients_per_day: int = 10_000
    recipients_per_message: int = 500
    # Of the tenant, in 24 hours.
    external_recipients: int = 0  # 0: by the number of licences
    external_recipients_of_initial_domain: int = 100
    delta_token: int = 30 * 86400  # seconds
    directory_units: int = 0  # resource units of all applications in 10 seconds; 0: counted by nobody


@dataclass(slots=True)
class Secret:
    """A passwordCredential; `digest` is SHA-256 of its text, which is kept nowhere."""

    key_id: str
    display_name: str | None
    start: datetime
    end: datetime
    hint: str
    digest: str
    span: Span


@dataclass(slots=True)
class KeyCredential:
    """A certificate that an application may sign with: learn.microsoft.com/graph/api/resources/keycredential."""

    key_id: str
    display_name: str | None
    start: datetime
    end: datetime
    key: str  # base64 of the DER certificate; public
    thumbprint: str  # SHA-1, hex, upper case: customKeyIdentifier
    span: Span


@dataclass(slots=True)
class FederatedCredential:
    """A federatedIdentityCredential: whose tokens stand for the application."""

    id: str
    name: str
    issuer: str
    subject: str
    audiences: list[str]
    description: str | None
    span: Span


@dataclass(slots=True)
class Application:
    """App registration. `properties` are Graph's own names and JSON values."""

    id: str
    app_id: str
    span: Span
    properties: dict[str, Any] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)
    logo: bytes | None = None
    logo_content_type: str | None = None
    deleted: datetime | None = None  # soft delete: in directory/deletedItems for 30 days
    keys: list[KeyCredential] = field(default_factory=list)
    federated: list[FederatedCredential] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)  # ids of users and service principals
    management_policy: str = ""  # id in Tenant.app_management_policies; at most one


@dataclass(slots=True)
class AppRoleAssignment:
    id: str
    app_role_id: str
    principal_id: str
    resource_id: str
    span: Span


@dataclass(slots=True)
class ServicePrincipal:
    id: str
    app_id: str
    span: Span
    properties: dict[str, Any] = field(default_factory=dict)
    assignments: list[AppRoleAssignment] = field(default_factory=list)
    directory_roles: set[str] = field(default_factory=set)  # role template ids, the token's `wids`
    deleted: datetime | None = None  # as Application.deleted
    owners: list[str] = field(default_factory=list)  # ids of users and service principals


@dataclass(slots=True)
class PermissionGrant:
    """An oauth2PermissionGrant: delegated permissions that a client may use for one user, or for all."""

    id: str
    client_id: str  # object id of the client's service principal
    resource_id: str
    principal_id: str | None  # None: for all users
    scopes: list[str]
    span: Span
    at_sign_in: bool = False  # consented on a sign-in page: in the tokens of that sign-in at once


@dataclass(slots=True)
class Message:
    """A message in one mailbox. `properties` are Graph's JSON; attachments hold their bytes."""

    id: str
    immutable_id: str
    folder_id: str
    properties: dict[str, Any]
    visible: datetime
    internet_headers: list[tuple[str, str]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    sent_from: tuple[VirtualClock, datetime] | None = None  # from another tenant: also visible when its clock says so

    def visible_at(self, now: datetime) -> bool:
        """Whether it has arrived, by the mailbox's tenant's clock or by the sender's, whichever is first.

        Clocks of two tenants run apart, and whoever waits for the mail advances only one of them.
        """
        return self.visible <= now or (self.sent_from is not None and self.sent_from[1] <= self.sent_from[0].now())


@dataclass(slots=True)
class Attachment:
    id: str
    properties: dict[str, Any]
    body: Content
    kind: str = "fileAttachment"  # itemAttachment: the content is the message as RFC 5322 text; referenceAttachment

    @property
    def content(self) -> bytes:
        """Return its bytes, which may have to be read from the state; `body.size` says how many they are."""
        return self.body.read()


@dataclass(slots=True)
class Folder:
    """A folder that somebody made; the well-known ones have only an id."""

    id: str
    display_name: str
    parent_id: str
    hidden: bool = False


@dataclass(slots=True)
class Mailbox:
    """What Exchange keeps for a user: sizes in bytes, folders by well-known name, messages by id."""

    exchange_guid: str
    max_send_size: int = 35 * 1024 * 1024
    max_receive_size: int = 36 * 1024 * 1024
    folders: dict[str, str] = field(default_factory=dict)  # well-known name -> folder id
    messages: dict[str, Message] = field(default_factory=dict)
    own_folders: dict[str, Folder] = field(default_factory=dict)  # by id
    quota: int | None = None  # bytes; nothing is sent or received above it
    settings: dict[str, Any] = field(default_factory=dict)  # mailboxSettings that somebody set


@dataclass(slots=True)
class MailRules:
    """How this tenant's organisation treats mail: addresses, or domains as `@fabrikam.example`."""

    junk: list[str] = field(default_factory=list)  # senders whose mail lands in Junk Email
    quarantine: list[str] = field(default_factory=list)  # senders whose mail is held back
    blocked: list[str] = field(default_factory=list)  # own mailboxes that outbound spam protection has stopped
    received_edits: str = "tolerant"  # changing a received mail's subject and body: or `by_date`, `enforced`


@dataclass(slots=True)
class Recipient:
    """A user, a shared mailbox, a mail-enabled group or a contact, as Entra and Exchange both see it."""

    id: str  # Entra object id (ExternalDirectoryObjectId)
    guid: str  # Exchange's Guid
    sid: str
    name: str
    display_name: str
    alias: str
    type_details: str  # RecipientTypeDetails: UserMailbox, SharedMailbox, MailUniversalSecurityGroup, User, …
    addresses: list[str]  # the first is the primary SMTP address
    span: Span
    user_principal_name: str | None = None
    mailbox: Mailbox | None = None  # a user without licence has none
    account_enabled: bool = True
    properties: dict[str, Any] = field(default_factory=dict)  # group: description, ManagedBy settings, …
    owners: list[str] = field(default_factory=list)  # ids of recipients (ManagedBy)
    memberships: dict[str, list[Span]] = field(default_factory=dict)  # group: member id -> when it was one
    synced: bool = False  # mastered on premises: the cloud refuses to change it
    directory_roles: set[str] = field(default_factory=set)  # role template ids; of users

    @property
    def primary_address(self) -> str:
        return self.addresses[0]


@dataclass(slots=True)
class AccessPolicy:
    """Application access policy: one per app and scope."""

    app_id: str
    scope_id: str  # recipient id of the group
    access_right: str  # RestrictAccess | DenyAccess
    description: str
    span: Span


@dataclass(slots=True)
class UploadSession:
    id: str
    token: str
    recipient_id: str
    message_id: str
    name: str
    content_type: str
    size: int
    expires: datetime
    client_id: str = ""  # who opened it: the upload URL carries no bearer
    is_inline: bool = False
    content_id: str | None = None
    content: Content = field(default_factory=lambda: Content(""))  # what came of it, under the session's id

    @property
    def received(self) -> int:
        return self.content.size


@dataclass(slots=True)
class Commit:
    """One committed change, in order, with the request that did it."""

    number: int
    at: datetime
    actor: str  # client id, object id of a user who signed in, `by-hand` for the control pages, `smtp` for inbound mail
    service: str  # graph | exchange | entra | smtp
    request: str  # "POST /applications" or the cmdlet's name
    target: str  # what was changed, for a person: an id or a name
    detail: dict[str, Any]


@dataclass(slots=True)
class Fault:
    """One planned misbehaviour; `path` is a shell pattern, `hang` real seconds.

    Without a status the connection is closed unanswered, after `hang`.
    """

    service: str
    method: str = "*"
    path: str = "*"
    cmdlet: str = "*"  # Exchange only
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    when: str = "before"  # or `after` the commit
    hang: float = 0


@dataclass(slots=True)
class IssuedToken:
    """What an access token minted here says; the token itself is kept as a SHA-256 digest."""

    tenant_id: str
    audience: str
    client_id: str
    service_principal_id: str
    roles: frozenset[str]
    directory_roles: frozenset[str]
    expires: datetime  # of the tenant's clock
    user_id: str = ""  # a delegated token's; then `roles` is empty
    scopes: frozenset[str] = frozenset()  # a delegated token's `scp`


@dataclass(slots=True)
class SignIn:
    """A person's sign-in on its way to a client: a device code, an authorization code or a refresh token.

    The codes themselves are kept as SHA-256 digests.
    """

    client_id: str
    tenant_id: str  # "" until somebody of some tenant signs in
    scopes: list[str]  # as they were asked for
    expires: datetime  # of the tenant's clock; of real time while no tenant is known
    user_id: str = ""
    user_code: str = ""  # what a person types
    redirect_uri: str = ""
    challenge: str = ""  # PKCE, S256 or plain
    challenge_method: str = ""
    nonce: str = ""
    state: str = "pending"  # approved | declined | blocked | redeemed
    public: bool = True  # whether the client need not authenticate to redeem it


@dataclass(slots=True)
class Outdated:
    """What Graph showed of an object until a change; the index of advanced queries answers it a little longer."""

    until: datetime
    values: dict[str, Any]


@dataclass(slots=True)
class Tenant:
    """One emulated tenant: everything in it, and nothing of another."""

    id: str
    display_name: str
    initial_domain: str
    domains: list[str]  # verified, the initial one included; the first is the default
    country: str = "SE"
    cloud: str = "global"  # whose host names it answers at, and whose audiences its tokens have
    clock: VirtualClock = field(default_factory=VirtualClock)
    delays: Delays = field(default_factory=Delays)
    limits: Limits = field(default_factory=Limits)
    recipients: dict[str, Recipient] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    service_principals: dict[str, ServicePrincipal] = field(default_factory=dict)
    policies: list[AccessPolicy] = field(default_factory=list)
    upload_sessions: dict[str, UploadSession] = field(default_factory=dict)
    skus: list[dict[str, Any]] = field(default_factory=list)
    app_management_policy: dict[str, Any] = field(default_factory=dict)
    dehydrated: bool = False
    exchange: ExchangeOrganization = field(default_factory=ExchangeOrganization)
    exchange_traffic: ExchangeTraffic = field(default_factory=ExchangeTraffic, compare=False, repr=False)
    recipient_changes: int = 0  # commits that may have changed who has which name or address
    recipient_index: Any = field(default=None, compare=False, repr=False)  # recipient_index.RecipientIndex, made anew
    ledger: list[Commit] = field(default_factory=list)
    requests: deque[dict[str, Any]] = field(default_factory=_log)  # method, route, status, ids; no bodies or bearers
    faults: list[Fault] = field(default_factory=list)
    drills: list[Any] = field(default_factory=list)  # of drills.planned.Planned
    left_the_sandbox: list[dict[str, Any]] = field(default_factory=list)  # mail accepted for a domain of no tenant here
    permission_grants: dict[str, PermissionGrant] = field(default_factory=dict)
    app_management_policies: dict[str, dict[str, Any]] = field(default_factory=dict)  # beside the default one
    outdated: dict[str, list[Outdated]] = field(default_factory=dict)  # by object id, oldest first
    device_code_flow: bool = True  # False: Conditional Access blocks it
    changed: Callable[[str], None] = field(default=_nobody, repr=False, compare=False)  # told the id at each change
    mail_rules: MailRules = field(default_factory=MailRules)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    mail_traffic: MailTraffic = field(default_factory=MailTraffic)

    def recipient_with(self, address: str) -> Recipient | None:
        """Return who has this SMTP address, primary or other, and is not removed."""
        return index_of(self).with_address(address)

    def commit(self, actor: str, service: str, request: str, target: str, **detail: Any) -> None:
        """Write what was done into the ledger; call it once for each committed change, and for nothing else."""
        if "mailbox" not in detail:  # what is done inside a mailbox names it, and changes no recipient
            self.recipient_changes += 1
        self.ledger.append(
            Commit(len(self.ledger) + 1, self.clock.now(), actor, service, request, target, detail),
        )
        self.changed(self.id)

    def touch(self) -> None:
        """Say that something changed which the ledger does not show, so that it is kept: a setting, a slice."""
        self.changed(self.id)


@dataclass(slots=True)
class World:
    """All tenants of one sandbox process."""

    tenants: MutableMapping[str, Tenant] = field(default_factory=dict)
    issued: IssuedTokens = field(default_factory=IssuedTokens)  # by SHA-256 of the token
    requests: deque[dict[str, Any]] = field(default_factory=_log)  # those that belong to no tenant: foreign bearers, …
    signing_key: Any = field(default=None, compare=False)  # entra.signing.SigningKey
    sign_ins: dict[str, SignIn] = field(default_factory=dict)  # by SHA-256 of device code, code or refresh token
    trusted_issuers: dict[str, dict[str, Any]] = field(default_factory=dict)  # external issuer -> its public JWKS
    shared_applications: dict[str, str] = field(default_factory=dict)  # multi-tenant: client id -> home tenant's id
    domains: dict[str, str] = field(default_factory=dict)  # every verified domain -> tenant id
    doors: Any = field(default=None, compare=False)  # doors.Doors, once sockets listen
    clocks: dict[str, VirtualClock] = field(default_factory=dict, compare=False)  # of tenants that are built or named
    changes: Changes = field(default_factory=Changes, compare=False)
    save: Callable[[], None] | None = field(default=None, repr=False, compare=False)  # None: nothing is kept

    def tenant_of_domain(self, domain: str) -> Tenant | None:
        tenant_id = self.domains.get(domain.lower())
        return self.tenants[tenant_id] if tenant_id else None

    def write_down(self) -> None:
        """Keep what changed; to be called before an answer goes out. Costs nothing where nothing changed."""
        if not (self.changes or self.issued.unsaved):
            return
        if self.save:
            self.save()
        else:
            self.changes.clear()
            self.issued.saved()
