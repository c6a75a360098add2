"""One mailbox, opened for one call: who is meant, whether the caller may, and what is in it.

Errors as seen in public: learn.microsoft.com/graph/auth-limit-mailbox-access, learn.microsoft.com/graph/errors
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from graphmail.sandbox import access
from graphmail.sandbox.call import Call, ServiceError
from graphmail.sandbox.graph.errors import graph_error, not_found
from graphmail.sandbox.graph.mail_item import has_room
from graphmail.sandbox.graph.mail_well_known import RECOVERABLE, complete
from graphmail.sandbox.mail_records import Mailbox, Message
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.store import Tenant

WRITE = ("Mail.ReadWrite",)
READ = ("Mail.Read", *WRITE)
READ_BASIC = ("Mail.ReadBasic", "Mail.ReadBasic.All", *READ)
SEND = ("Mail.Send",)
READ_SETTINGS = ("MailboxSettings.Read", "MailboxSettings.ReadWrite")
WRITE_SETTINGS = ("MailboxSettings.ReadWrite",)

BY_POLICY = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."
BY_ROLE = "Access is denied. Check credentials and try again."

_COLLECTIONS = ("messages", "mailfolders", "childfolders", "attachments")
_ITEM_ID = re.compile(r"[A-Za-z0-9_=-]{40,}")


@dataclass(slots=True)
class Box:
    """`basic`: only Mail.ReadBasic is there, so no bodies, attachments, headers."""

    call: Call
    recipient: Recipient
    mailbox: Mailbox
    basic: bool
    immutable: bool  # ids as `Prefer: IdType="ImmutableId"` asks for
    text: bool  # bodies as text
    minimal: bool  # no body in the answer to a write

    @property
    def tenant(self) -> Tenant:
        return self.call.tenant

    @property
    def now(self) -> datetime:
        return self.call.tenant.clock.now()

    def item_id(self, message: Message) -> str:
        return message.immutable_id if self.immutable else message.id

    def message(self, item_id: str) -> Message:
        """Return the message by either of its ids. Raises Graph's 404; one still on its way is not there yet."""
        if not _ITEM_ID.fullmatch(item_id):
            raise graph_error(400, "ErrorInvalidIdMalformed", "Id is malformed.")
        found = self.mailbox.messages.get(item_id)
        found = found or next((m for m in self.mailbox.messages.values() if m.immutable_id == item_id), None)
        if found is None or not found.visible_at(self.now):
            raise item_not_found()
        return found

    def folder_id(self, name: str) -> str:
        """Return the id of the folder that has this well-known name or id. Raises Graph's 404."""
        if found := self.mailbox.folders.get(name.lower()):
            return found
        if name in self.mailbox.own_folders or name in self.mailbox.folders.values():
            return name
        if not _ITEM_ID.fullmatch(name):
            raise graph_error(400, "ErrorInvalidIdMalformed", "Id is malformed.")
        raise item_not_found()

    def applied(self) -> dict[str, str]:
        """Return the header that says which preferences were honoured."""
        held = ['IdType="ImmutableId"'] * self.immutable + ['outlook.body-content-type="text"'] * self.text
        held += ["return=minimal"] * self.minimal
        return {"Preference-Applied": ", ".join(held)} if held else {}

    def messages(self, folder_id: str | None = None) -> list[Message]:
        """What has arrived; without a folder all of the mailbox, Deleted Items too, recoverable items not."""
        now, hidden = self.now, self.mailbox.folders[RECOVERABLE]
        arrived = (m for m in self.mailbox.messages.values() if m.visible_at(now))
        return [m for m in arrived if (m.folder_id == folder_id if folder_id else m.folder_id != hidden)]

    def commit(self, target: str, **detail: object) -> None:
        """Write a change into the ledger, under the route's name without ids."""
        operation = f"{self.call.method} {_operation(self.call.path)}"
        detail = {"mailbox": self.recipient.primary_address, **detail}
        self.tenant.commit(self.call.caller.actor, "graph", operation, target, **detail)


def open_box(call: Call, wanted: tuple[str, ...]) -> Box:
    """Open the mailbox that the path names, when the caller has any one of the wanted permissions on it.

    Raises 403 ErrorAccessDenied, 404 ErrorInvalidUser, Request_ResourceNotFound or MailboxNotEnabledForRESTAPI.
    """
    tenant, caller, name = call.tenant, call.caller, call.params["user_id"]
    recipient = find_user(tenant, name)
    if recipient is None or recipient.mailbox is None:
        # Without the permission on anybody, nothing is said of who exists.
        if not (caller.by_hand or access.anywhere(tenant, caller) & frozenset(wanted)):
            raise graph_error(403, "ErrorAccessDenied", BY_ROLE)
        raise _no_mailbox(recipient, name)
    if refusal := access.refusal(tenant, caller, recipient, wanted):
        raise graph_error(403, "ErrorAccessDenied", BY_POLICY if refusal is access.Refusal.POLICY else BY_ROLE)
    complete(recipient.mailbox)
    preferences = [p.strip().lower() for p in re.split("[,;]", call.headers.get("prefer", ""))]
    may_read = caller.by_hand or access.effective(tenant, caller, recipient) & frozenset(READ)
    return Box(
        call,
        recipient,
        recipient.mailbox,
        basic=not may_read,
        immutable='idtype="immutableid"' in preferences,
        text='outlook.body-content-type="text"' in preferences,
        minimal="return=minimal" in preferences and call.method in ("POST", "PATCH"),
    )


def find_user(tenant: Tenant, name: str) -> Recipient | None:
    """Whom an object id, a user principal name or any address means."""
    by_id = tenant.recipients.get(name.lower())
    if by_id and by_id.span.removed is None:
        return by_id
    wanted = name.lower()
    by_upn = (r for r in tenant.recipients.values() if (r.user_principal_name or "").lower() == wanted)
    return next(by_upn, None) or tenant.recipient_with(name)


def require_quota(box: Box, more: int) -> None:
    """Raise Graph's 403 when so many bytes more are over the mailbox's quota."""
    if not has_room(box.mailbox, more):
        raise graph_error(403, "ErrorQuotaExceeded", "The mailbox has exceeded its storage quota.")


def item_not_found() -> ServiceError:
    return graph_error(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def _no_mailbox(recipient: Recipient | None, name: str) -> ServiceError:
    if recipient is not None and recipient.user_principal_name is not None:
        text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        return graph_error(404, "MailboxNotEnabledForRESTAPI", text)
    if recipient is None and _is_guid(name):
        return not_found(name)
    return graph_error(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")


def _is_guid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _operation(path: str) -> str:
    """`/users/{id}/messages/{id}/move`, whatever the ids are."""
    parts = re.sub(r"^/me(?=/)", "/users/me", path, flags=re.IGNORECASE).split("/")
    ids = {2} | {i for i in range(3, len(parts)) if parts[i - 1].lower() in _COLLECTIONS}
    literal = {"$value", "$count", "createuploadsession", "delta", "delta()"}
    return "/".join("{id}" if i in ids and p.lower() not in literal else p for i, p in enumerate(parts))
