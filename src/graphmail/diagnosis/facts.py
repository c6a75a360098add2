"""Everything that a diagnosis looks at, read once; each fact says by which call, and may be unreadable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphmail.access_models import AccessModel, Tested
from graphmail.customers import Customer
from graphmail.diagnosis.seen import Seen
from graphmail.errors import TokenError
from graphmail.exchange import Row
from graphmail.mailflow.plane_probe import Answer
from graphmail.reach import Consent

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """The newest sealed credential, as far as it is no secret."""

    client_id: str
    key_id: str
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the app's new token says."""

    roles: frozenset[str]
    tenant_id: str


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    """One connected mailbox. `recipient` and `mailbox` are None where Exchange has none."""

    address: str
    users: Seen[list[Object]]
    recipient: Seen[Row | None]
    mailbox: Seen[Row | None]
    removed: Seen[list[Row]]
    statistics: Seen[Row | None]
    tested: Seen[Tested]
    read: Seen[Answer]
    send: Seen[Answer]

    @property
    def probes(self) -> tuple[Seen[Answer], Seen[Answer]]:
        return self.read, self.send

    def answered(self, *codes: str) -> list[Seen[Answer]]:
        """The probes that Graph answered with one of these codes."""
        return [probe for probe in self.probes if probe.read and probe.value.code in codes]


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one customer, at one time of the tenant's clock."""

    now: datetime
    customer: Customer
    model: AccessModel
    client_id: str
    stored: Seen[Stored]
    token: Seen[SignIn]
    organization: Seen[list[Object]]
    application: Seen[Object | None]
    deleted: Seen[list[Object]]
    principal: Seen[Object | None]
    consents: Seen[list[Consent]]
    secrets_policy: Seen[Object]
    policies: Seen[list[Row]]
    pointer: Seen[Row | None]
    assignments: Seen[list[Row]]
    group: Seen[Row | None]
    members: Seen[list[Row]]
    blocked: Seen[list[Row]]
    mailboxes: tuple[MailboxFacts, ...] = ()
    throttled: tuple[Seen[int], ...] = field(default=())  # exchanges that were answered 429

    @property
    def codes(self) -> frozenset[int]:
        """AADSTS numbers with which Entra refused the app; none where it signed in. Raises NotRead."""
        if isinstance(self.token.error, TokenError) and self.token.error.codes:
            return frozenset(self.token.error.codes)
        _signed_in = self.token.value
        return frozenset()

    def calls(self) -> Iterator[Seen[Any]]:
        """All of them, in the order in which they are shown."""
        yield from (self.stored, self.token, self.organization, self.application, self.deleted, self.principal)
        yield from (self.consents, self.secrets_policy, self.policies, self.pointer, self.assignments, self.group)
        yield from (self.members, self.blocked)
        for box in self.mailboxes:
            yield from (box.users, box.recipient, box.mailbox, box.removed, box.statistics, box.tested, *box.probes)
        yield from self.throttled

    def member(self, box: MailboxFacts) -> bool:
        """Whether that mailbox is in the group itself. Raises NotRead."""
        recipient = box.recipient.value or {}
        guid, wanted = str(recipient.get("Guid", "")).lower(), box.address.lower()
        return any(
            (guid and str(row.get("Guid", "")).lower() == guid)
            or str(row.get("PrimarySmtpAddress", "")).lower() == wanted
            for row in self.members.value
        )

    @property
    def inner_groups(self) -> list[str]:
        """Names of groups in the group. Raises NotRead."""
        return [
            str(row.get("PrimarySmtpAddress") or row.get("Name"))
            for row in self.members.value
            if "Group" in str(row.get("RecipientTypeDetails") or row.get("RecipientType") or "")
        ]
