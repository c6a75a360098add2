"""What the emulated tenants hold. Plain records; the services beside this file give them behaviour.

Names and types follow the published resources (learn.microsoft.com/graph/api/resources/…). Times are aware UTC of the
tenant's own virtual clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphmail.sandbox.changes import Changes
from graphmail.sandbox.clock import VirtualClock
from graphmail.sandbox.directory_records import Application, Outdated, PermissionGrant, ServicePrincipal
from graphmail.sandbox.exchange_records import ExchangeOrganization, ExchangeTraffic
from graphmail.sandbox.mail_records import UploadSession
from graphmail.sandbox.mail_traffic import MailTraffic
from graphmail.sandbox.recipient_index import index_of
from graphmail.sandbox.recipient_records import AccessPolicy, Recipient
from graphmail.sandbox.sign_in_records import SignIn
from graphmail.sandbox.tenant_settings import Delays, Limits, MailRules
from graphmail.sandbox.tokens_issued import IssuedTokens

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")  # of the request that is being answered
REQUESTS_KEPT = 5_000  # the newest entries of a request log; older ones are forgotten


def _log() -> deque[dict[str, Any]]:
    return deque(maxlen=REQUESTS_KEPT)


def _nobody(_: str) -> None:
    """Hears of changes where nothing is kept."""


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
    request_id: str = ""  # of the request log's entry; empty for what no request did: mail from outside


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
    usual_delays: Delays | None = field(default=None, compare=False, repr=False)  # while drills make some longer
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
            Commit(len(self.ledger) + 1, self.clock.now(), actor, service, request, target, detail, REQUEST_ID.get()),
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
