"""Whom mail can be sent to, as Entra and Exchange both see them, and what policies say of their mailboxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphmail.sandbox.clock import Span
from graphmail.sandbox.mail_records import Mailbox


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
