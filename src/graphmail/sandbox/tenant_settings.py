"""How one tenant's services behave: lags, limits and rules that a control page changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


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

    request: int = 4 * 1024 * 1024  # the body of a request
    small_attachment: int = 3 * 1024 * 1024  # an attachment from this size on needs an upload session
    attachment: int = 150 * 1024 * 1024  # an attachment that is uploaded
    mailbox_requests: int = 10_000  # of one application on one mailbox, in 10 minutes
    mailbox_concurrency: int = 4  # of one application on one mailbox, at once
    mailbox_upload: int = 150 * 1024 * 1024  # bytes from one application to one mailbox, in 5 minutes
    mailbox_milliseconds: int = 20  # real time that a call holds the mailbox: without it nothing is ever concurrent
    messages_per_minute: int = 30  # of one mailbox; more wait for the next minutes
    recipients_per_day: int = 10_000  # of one mailbox; more are refused
    recipients_per_message: int = 500  # a message to more comes back
    external_recipients: int = 0  # of the tenant in 24 hours; 0: by the number of licences
    external_recipients_of_initial_domain: int = 100  # of the tenant in 24 hours, from that domain's addresses
    delta_token: int = 30 * 86400  # seconds that a delta token can be used
    directory_units: int = 0  # resource units of all applications in 10 seconds; 0: counted by nobody


@dataclass(slots=True)
class MailRules:
    """How this tenant's organisation treats mail: addresses, or domains as `@fabrikam.example`."""

    junk: list[str] = field(default_factory=list)  # senders whose mail lands in Junk Email
    quarantine: list[str] = field(default_factory=list)  # senders whose mail is held back
    blocked: list[str] = field(default_factory=list)  # own mailboxes that outbound spam protection has stopped
    received_edits: str = "tolerant"  # changing a received mail's subject and body: or `by_date`, `enforced`
