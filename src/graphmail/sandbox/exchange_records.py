"""What Exchange itself keeps of a tenant, beside its recipients and access policies: rights, settings, mail traces.

Everything that changes rights has Spans and is never rewritten: what acts now is what was so when an application's
rights were last loaded (`AppCache`), which may be hours ago.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from graphmail.sandbox.clock import Span


@dataclass(slots=True)
class Pointer:
    """An Exchange service principal: Exchange's own note of an enterprise application."""

    guid: str
    object_id: str  # of the enterprise application, never of the registration
    app_id: str
    display_name: str
    span: Span


@dataclass(slots=True)
class ManagementScope:
    """One version of a management scope; Set- ends it and begins another with the same guid."""

    guid: str
    name: str
    recipient_filter: str  # normalised
    exclusive: bool
    span: Span


@dataclass(slots=True)
class RoleAssignment:
    """One version of a management role assignment to an application or a role group.

    `scope_kind` is Organization, CustomRecipientScope, Group or AdministrativeUnit; `scope_id` the guid of the
    management scope or the id of the group, empty for the whole organisation.
    """

    guid: str
    name: str
    role: str
    assignee: str  # object id of the enterprise application, or the name of a role group
    delegating: bool
    scope_kind: str
    scope_id: str
    span: Span


@dataclass(slots=True)
class AppCache:
    """When an application's rights were last loaded, and when it last called."""

    loaded: datetime
    called: datetime


@dataclass(slots=True)
class AdministrativeUnit:
    """An Entra administrative unit, as far as role assignments refer to it; made in the tenants file alone."""

    id: str
    name: str
    members: frozenset[str]  # ids of recipients


@dataclass(slots=True)
class ExchangeSettings:
    """How this tenant's Exchange behaves where tenants differ, or where it may be told to be difficult."""

    nested_groups_in_policies: bool = True  # office-docs-powershell#12367; false as users found it before 2024
    implicit_delegation: bool = True  # false: Entra roles alone do not delegate, only membership of the role group
    anchor_by_guid: str = "refused"  # a write anchored by the tenant's GUID: refused, committed (and refused), ok
    redirect: bool = False  # 302 to a regional host first
    forbidden_body: str = "empty"  # or nul, nul_gzip (says gzip, is none)
    silent_body: str = "value"  # of a write that returns nothing: an empty value, or nothing at all (empty)
    null_rows: bool = False  # lists hold null rows
    in_scope_as_text: bool = False  # Test-ServicePrincipalAuthorization answers "True" instead of true


@dataclass(slots=True)
class MessageTrace:
    """One mail and one of its recipients. `status` is Delivered, FilteredAsSpam, Quarantined or Failed."""

    trace_id: str
    message_id: str
    received: datetime
    sender: str
    recipient: str
    subject: str
    status: str
    size: int


@dataclass(slots=True)
class ExchangeOrganization:
    settings: ExchangeSettings = field(default_factory=ExchangeSettings)
    pointers: list[Pointer] = field(default_factory=list)
    scopes: list[ManagementScope] = field(default_factory=list)
    assignments: list[RoleAssignment] = field(default_factory=list)
    administrative_units: dict[str, AdministrativeUnit] = field(default_factory=dict)
    caches: dict[str, AppCache] = field(default_factory=dict)  # by app id
    stripped_roles: frozenset[str] = frozenset()  # taken from the role group Organization Management
    role_group_members: dict[str, list[str]] = field(default_factory=dict)  # role group -> ids of members
    customized: datetime | None = None  # when Enable-OrganizationCustomization ran
    audit_enabled: bool = True  # UnifiedAuditLogIngestionEnabled
    plan_max_send_size: int = 35 * 1024 * 1024  # of the mailbox plan: what new mailboxes get
    plan_max_receive_size: int = 36 * 1024 * 1024


@dataclass(slots=True)
class ExchangeTraffic:
    """What passes by and is forgotten at a restart."""

    traces: deque[MessageTrace] = field(default_factory=lambda: deque(maxlen=50_000))
    audit_sessions: dict[str, int] = field(default_factory=dict)  # caller and SessionId -> rows shown
    answered: int = 0  # requests in the window of the Rate-Limit headers
    window: datetime | None = None  # when that window ends
