"""Carries a mail from a mailbox, or from outside, to every mailbox it is for, in whatever tenant.

What cannot be delivered comes back to the sender as a non-delivery report:
learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from graphmail.sandbox.graph.mail_item import blank, encoded_size, has_room, new_change_key, place, timestamp
from graphmail.sandbox.graph.mail_mime import Headers, standard_headers
from graphmail.sandbox.mail_records import Attachment, Mailbox, Message
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.smtp.outbound import outbound_refusals
from graphmail.sandbox.smtp.trace import DELIVERED, FAILED, QUARANTINED, SPAM, note_trace
from graphmail.sandbox.store import Tenant, World

NOT_FOUND = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
TOO_LARGE = "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient"
FULL = "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException; Failed to process message"
NOT_FROM_OUTSIDE = "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required"

_GROUPS = ("MailUniversalSecurityGroup", "MailUniversalDistributionGroup", "GroupMailbox")


@dataclass(frozen=True, slots=True)
class Target:
    """A mailbox that a mail is for, or comes from."""

    tenant: Tenant
    recipient: Recipient
    mailbox: Mailbox

    @property
    def address(self) -> str:
        return self.recipient.primary_address

    def fits(self, size: int) -> bool:
        return size <= self.mailbox.max_receive_size

    def refusal(self, size: int) -> str | None:
        """Why a mail of this size is not taken; None when it is."""
        if not self.fits(size):
            return TOO_LARGE
        return None if has_room(self.mailbox, size) else FULL


@dataclass(frozen=True, slots=True)
class Submission:
    """A mail that left a mailbox: `recipients` are its addresses, of all kinds, each once."""

    properties: dict[str, Any]
    headers: Headers
    attachments: list[Attachment]
    recipients: list[str]
    sender: Target
    later: timedelta = timedelta()  # how long it waits for its turn


@dataclass(slots=True)
class Routing:
    """Where the addresses lead: mailboxes (each once), refusals by address, addresses outside the sandbox."""

    mailboxes: dict[str, Target] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)

    def add(self, tenant: Tenant, recipient: Recipient) -> bool:
        """Add the recipient's mailbox; false when it has none."""
        if recipient.mailbox is None:
            return False
        self.mailboxes[recipient.mailbox.exchange_guid] = Target(tenant, recipient, recipient.mailbox)
        return True


def route(world: World, address: str, origin: Tenant | None, into: Routing | None = None) -> Routing:
    """Resolve one address; `origin` is the sender's tenant, None for mail from outside. Groups become their members."""
    routing = into or Routing()
    tenant = world.tenant_of_domain(address.rpartition("@")[2])
    if tenant is None:
        routing.outside.append(address)
        return routing
    recipient = tenant.recipient_with(address)
    if recipient is None:
        routing.refused[address] = NOT_FOUND
    elif recipient.type_details in _GROUPS:
        if tenant is not origin and recipient.properties.get("RequireSenderAuthenticationEnabled", False):
            routing.refused[address] = NOT_FROM_OUTSIDE
        else:
            _expand(tenant, recipient, routing, set())
    elif not routing.add(tenant, recipient):
        routing.refused[address] = NOT_FOUND
    return routing


def _expand(tenant: Tenant, group: Recipient, routing: Routing, seen: set[str]) -> None:
    seen.add(group.id)
    now = tenant.clock.now()
    for member_id, spans in group.memberships.items():
        member = tenant.recipients.get(member_id)
        if member is None or member_id in seen or not any(s.holds(now) for s in spans):
            continue
        if not routing.add(tenant, member) and member.type_details in _GROUPS:
            _expand(tenant, member, routing, seen)


def submit(world: World, mail: Submission) -> list[Target]:
    """Deliver to every mailbox after the delivery delay; report back what could not be delivered.

    Returns the mailboxes that got it.
    """
    origin = mail.sender.tenant
    routing = Routing(refused=outbound_refusals(origin, _from(mail.properties), mail.recipients))
    for address in mail.recipients:
        if address not in routing.refused:
            route(world, address, origin, routing)
    size = encoded_size(mail.properties, mail.attachments)
    delivered: list[Target] = []
    now = origin.clock.now()
    for target in routing.mailboxes.values():
        if refusal := target.refusal(size):
            routing.refused[target.address] = refusal
            continue
        if target.tenant is not origin:
            note_trace(origin, mail.properties, target.address, size, now)
        deliver(target, mail.properties, mail.headers, mail.attachments, origin, mail.later)
        delivered.append(target)
        if target.tenant is not origin:
            log_inbound(target, mail.properties)
    for address in (*routing.outside, *routing.refused):
        note_trace(origin, mail.properties, address, size, now, FAILED if address in routing.refused else DELIVERED)
    if routing.outside:
        _note_outside(mail, routing.outside)
    if routing.refused and ("Auto-Submitted", "auto-generated") not in mail.headers:  # those ask for no report
        _report(mail, routing.refused)
    return delivered


def _note_outside(mail: Submission, addresses: list[str]) -> None:
    mail.sender.tenant.left_the_sandbox.append(
        {
            "at": mail.sender.tenant.clock.now().isoformat(),
            "from": mail.sender.address,
            "to": addresses,
            "subject": mail.properties["subject"],
            "internet_message_id": mail.properties["internetMessageId"],
        },
    )


def deliver(
    target: Target,
    properties: dict[str, Any],
    headers: Headers,
    attachments: list[Attachment],
    origin: Tenant | None = None,
    later: timedelta = timedelta(),
) -> Message | None:
    """Put a copy into the Inbox or Junk Email; the attachments' bytes are shared, not copied.

    Returns None for a mail that is held in quarantine.
    """
    tenant = target.tenant
    tenant.touch()
    sender, rules = _from(properties), tenant.mail_rules
    if _is_listed(sender, rules.quarantine):
        _quarantine(target, properties, sender)
        return None
    junk = _is_listed(sender, rules.junk)
    visible = tenant.clock.now() + tenant.delays.of("delivery") + later
    copy = _received_copy(properties, timestamp(visible))
    message = place(target.mailbox, "junkemail" if junk else "inbox", copy, visible)
    marks = [("X-MS-Exchange-Organization-SCL", "5")] if junk else []
    message.internet_headers = [_received(tenant, visible), *marks, *standard_headers(copy), *headers]
    message.attachments = list(attachments)
    size = encoded_size(copy, message.attachments)
    note_trace(tenant, copy, target.address, size, visible, SPAM if junk else DELIVERED)
    if origin is not None and origin is not tenant:
        message.sent_from = (origin.clock, origin.clock.now() + origin.delays.of("delivery") + later)
    return message


def _received_copy(properties: dict[str, Any], moment: str) -> dict[str, Any]:
    """The properties as the recipient's mailbox has them, from when it is there."""
    return properties | {
        "createdDateTime": moment,
        "lastModifiedDateTime": moment,
        "receivedDateTime": moment,
        "changeKey": new_change_key(),
        "bccRecipients": [],
        "categories": [],
        "flag": {"flagStatus": "notFlagged"},
        "isDraft": False,
        "isRead": False,
        "singleValueExtendedProperties": [],
    }


def _from(properties: dict[str, Any]) -> str:
    return str(((properties.get("from") or {}).get("emailAddress") or {}).get("address") or "").lower()


def _is_listed(address: str, listed: list[str]) -> bool:
    """Whether the address, or its domain as `@domain`, stands in the list."""
    return bool(listed) and not {address, "@" + address.rpartition("@")[2]}.isdisjoint(e.lower() for e in listed)


def _quarantine(target: Target, properties: dict[str, Any], sender: str) -> None:
    target.tenant.quarantined.append(
        {
            "at": target.tenant.clock.now().isoformat(),
            "from": sender,
            "to": target.address,
            "subject": properties["subject"],
            "internet_message_id": properties["internetMessageId"],
        },
    )
    note_trace(target.tenant, properties, target.address, 0, target.tenant.clock.now(), QUARANTINED)


def log_inbound(target: Target, properties: dict[str, Any]) -> None:
    """Write mail from another organisation into the ledger of the one that gets it."""
    message_id = properties["internetMessageId"]
    target.tenant.commit("smtp", "smtp", "DATA", target.address, internet_message_id=message_id)


def _received(tenant: Tenant, at: datetime) -> tuple[str, str]:
    host = f"{tenant.initial_domain.partition('.')[0]}.mail.protection.outlook.example"
    return "Received", f"from relay.example by {host} with Microsoft SMTP Server; {format_datetime(at)}"


def _report(mail: Submission, refused: dict[str, str]) -> None:
    """Put one report for all refused addresses into the sender's Inbox."""
    tenant, original = mail.sender.tenant, mail.properties["internetMessageId"]
    postmaster = f"MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{tenant.initial_domain}"
    lines = "".join(
        f"<p>{html.escape(a)}<br>Remote Server returned '{html.escape(why)}'</p>" for a, why in refused.items()
    )
    system = {"emailAddress": {"name": "Microsoft Outlook", "address": postmaster}}
    to = {"emailAddress": {"name": mail.sender.recipient.display_name, "address": mail.sender.address}}
    properties = blank(tenant.clock.now(), tenant.initial_domain) | {
        "subject": f"Undeliverable: {mail.properties['subject']}",
        "from": system,
        "sender": system,
        "toRecipients": [to],
        "conversationId": mail.properties["conversationId"],
        "body": {
            "contentType": "html",
            "content": f"<html><body><p>Delivery has failed to these recipients or groups:</p>{lines}"
            f"<p>Original message: {html.escape(original)}</p></body></html>",
        },
    }
    headers = [
        ("In-Reply-To", original),
        ("References", original),
        ("X-MS-Exchange-Message-Is-Ndr", ""),
        ("Auto-Submitted", "auto-replied"),
    ]
    deliver(mail.sender, properties, headers, [], later=mail.later)
