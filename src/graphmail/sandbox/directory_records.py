"""What a directory holds of applications: plain records, named as the published resources are.

learn.microsoft.com/graph/api/resources/application, …/serviceprincipal, …/approleassignment, …/oauth2permissiongrant
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphmail.sandbox.clock import Span


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
class Outdated:
    """What Graph showed of an object until a change; the index of advanced queries answers it a little longer."""

    until: datetime
    values: dict[str, Any]
