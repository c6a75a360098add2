"""One customer's tenant, as one task or kernel sees it: its clock, its Graph, its Exchange, its local state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from graphmail.admin import admin_of, keep, signed_in_again
from graphmail.auth import SignIn, Token, TokenStore
from graphmail.clock import Clock, SandboxClock, SystemClock, poll
from graphmail.clouds import Cloud, cloud
from graphmail.credentials import RefreshToken, SealedCredential
from graphmail.errors import TokenError, Unreachable, WrongTenant
from graphmail.exchange import Exchange
from graphmail.graph import Graph, literal
from graphmail.person.refusals import explained
from graphmail.reads import Reads
from graphmail.retry import RetryBudget
from graphmail.run_cache import RunCache
from graphmail.sessions import session
from graphmail.state import StateFolder, state_root
from graphmail.transport import Transport

T = TypeVar("T")

ORGANIZATION = "/organization?$select=id,displayName,verifiedDomains"

# Entra's answers while a new app, secret, certificate or federated credential is on its way to the token endpoint.
NOT_YET = frozenset({7000215, 700016, 700027, 700211, 700212, 700213})


@dataclass(frozen=True, slots=True)
class RunContext:
    """What the tasks of one run have in common. Without a run, as in a kernel or a shell, all of it is empty."""

    run_id: str = ""
    check_mode: bool = False
    cache: RunCache | None = None
    evidence: Path | None = None
    observe: Callable[[dict[str, Any]], None] | None = field(default=None, compare=False)
    # Shows a person a message at once; None where nobody sees it.
    tell: Callable[[str], None] | None = field(default=None, compare=False)
    witness: Callable[[Any, bytes], None] | None = field(default=None, compare=False)
    # Is told which service confirmed the tenant, and by what.
    confirmed: Callable[[str, str], None] | None = field(default=None, compare=False)
    # Is called before each write to the tenant as its admin.
    before_write: Callable[[Tenant], None] = field(default=lambda tenant: None, compare=False)


def user_path(address: str) -> str:
    """Where the user with that address or sign-in name is found.

    `mail` is the primary address, which `proxyAddresses` writes `SMTP:`; an alias stands there as `smtp:`.
    """
    name, proxy = literal(address), literal(f"smtp:{address}")
    condition = f"userPrincipalName eq {name} or mail eq {name} or proxyAddresses/any(p:p eq {proxy})".replace(
        " ", "%20"
    )
    return f"/users?$filter={condition}&$select=id,userPrincipalName,mail,accountEnabled"


class Tenant:
    """Made by `connect`; nothing is contacted before the first call."""

    def __init__(self, connection: Mapping[str, Any], run: RunContext) -> None:
        self.connection = dict(connection)
        self.customer: str = connection["customer"]
        self.tenant_id: str = connection["tenant_id"].lower()
        self.initial_domain: str = connection["initial_domain"]
        self.run = run
        self.customer_state = StateFolder(state_root(), self.customer)
        # What is not about the mail app has a folder, a journal and credentials of its own.
        part = connection.get("part")
        self.state = StateFolder(self.customer_state.path, part) if part else self.customer_state
        self.warnings: list[str] = []
        self._remembered: dict[str, Any] = {}

    @classmethod
    def connect(cls, connection: Mapping[str, Any], run: RunContext | None = None) -> Tenant:
        """`connection` is the `tenant` option that the inventory plugin makes."""
        return cls(connection, run or RunContext())

    @cached_property
    def cloud(self) -> Cloud:
        return cloud(self.connection["cloud"])

    @property
    def environment(self) -> Literal["sandbox", "production"]:
        return "sandbox" if self.connection["cloud"] == "sandbox" else "production"

    @cached_property
    def clock(self) -> Clock:
        return SandboxClock(self._advance) if self.environment == "sandbox" else SystemClock()

    @cached_property
    def transport(self) -> Transport:
        return Transport(
            self.cloud,
            self.clock,
            observe=self.run.observe,
            witness=self.run.witness,
            read_only=self.run.check_mode,
            budget=RetryBudget(self.run.cache, f"retries|{self.connection['cloud']}|{self.tenant_id}"),
        )

    @cached_property
    def reads(self) -> Reads:
        return Reads(self.run.cache, self.customer, partial(self.run.before_write, self))

    @cached_property
    def graph(self) -> Graph:
        """Graph, as the admin of the inventory."""
        return Graph(self.transport, lambda fresh: self.admin_token(self.cloud.graph_audience, fresh=fresh), self.reads)

    @cached_property
    def exchange(self) -> Exchange:
        """Exchange, as the admin of the inventory."""
        return Exchange(
            self.transport,
            lambda fresh: self.admin_token(self.cloud.exchange_audience, fresh=fresh),
            self.tenant_id,
            self.initial_domain,
            self.reads,
            self.person,
        )

    @property
    def person(self) -> str:
        """Who signed in to the tenant; empty where an app does."""
        return self._admin.username if isinstance(self._admin, RefreshToken) else ""

    def admin_token(self, audience: str, *, fresh: bool = False) -> Token:
        """A token as ops. Raises TokenError where Entra refuses; a person's sign-in that is over is made anew first."""
        admin = self._admin
        try:
            return self._tokens.token(admin, audience, fresh=fresh)
        except TokenError as error:
            again = signed_in_again(self, error)
            if again is None:
                raise (explained(error, self) if self.person else error) from None
            self._admin = again
            return self._tokens.token(again, audience, fresh=True)

    def as_mail_app(self, credential: SealedCredential) -> Graph:
        """Graph, as the customer's mail app, with a token minted now; later calls renew it as it ages."""
        if credential.tenant_id.lower() != self.tenant_id:
            raise WrongTenant(
                "The sealed credential is of another tenant", expected=self.tenant_id, found=credential.tenant_id
            )
        tokens = TokenStore(self.cloud, self.clock, self.transport)
        return Graph(self.transport, lambda fresh: tokens.token(credential, self.cloud.graph_audience, fresh=fresh))

    def wait_for_sign_in(self, credential: SealedCredential, seconds: float = 180) -> Token:
        """The mail app's first token: a new secret is refused until it has reached every token endpoint."""
        graph = self.as_mail_app(credential)

        def probe() -> Token | None:
            try:
                return graph.token(True)
            except TokenError as error:
                if NOT_YET & set(error.codes):
                    return None
                raise

        return poll(self.clock, probe, seconds, f"the new credential {credential.key_id} to be accepted")

    def pin(self) -> None:
        """Refuse to go on unless the admin's own token reads the organisation that the inventory names.

        Called before the first write of a run. Raises WrongTenant; nothing was written then.
        """
        if not self._noted(self._pin("Graph")):
            self.confirm(self.graph.get(ORGANIZATION).get("value", []))

    def confirm(self, organizations: list[dict[str, Any]]) -> None:
        """Compare what `GET /organization` answered with the inventory."""
        ids = [str(organization.get("id", "")).lower() for organization in organizations]
        if ids != [self.tenant_id]:
            raise WrongTenant(
                f"The admin of customer {self.customer} signs in to another tenant than the inventory names",
                expected=self.tenant_id,
                found=", ".join(ids) or "no organisation",
                remedy="correct tenant_id or the sealed admin credential; nothing was written",
            )
        domains = [d.get("name", "").lower() for d in organizations[0].get("verifiedDomains", ()) if d.get("isInitial")]
        if domains and self.initial_domain.lower() not in domains:
            raise WrongTenant(
                f"Tenant {self.tenant_id} has another initial domain than the inventory names",
                expected=self.initial_domain,
                found=", ".join(domains),
                remedy="correct initial_domain or tenant_id; nothing was written",
            )
        self._note(self._pin("Graph"))
        if self.run.confirmed:
            self.run.confirmed("Graph", "GET /organization under the run's own token names this GUID")

    def pin_exchange(self) -> None:
        """Refuse to go on unless Exchange and Graph mean the same tenant; before the first write to Exchange.

        Exchange's only pin is the GUID in the path, so a mailbox that the inventory names must have one id in both.
        """
        if self._noted(self._pin("Exchange")):
            return
        address = self.connection["known_mailbox"]
        users = self.graph.get(user_path(address)).get("value", ())
        rows = self.exchange.find("Get-Recipient", Identity=address)
        self.confirm_exchange(address, list(users), rows)

    def confirm_exchange(self, address: str, users: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
        """Compare what Graph and Exchange say of that mailbox."""
        known = [str(user["id"]).lower() for user in users]
        told = [str(row.get("ExternalDirectoryObjectId", "")).lower() for row in rows]
        if len(told) != 1 or told[0] not in known:
            raise WrongTenant(
                f"Exchange and Graph disagree about who {address} is",
                expected=f"object id {', '.join(known) or 'of a user'} in both",
                found=", ".join(told) or "no recipient in Exchange",
                remedy="compare tenant_id, initial_domain, cloud and the first of `mailboxes`; nothing was written",
            )
        if address.lower() == self.connection["known_mailbox"].lower():
            self._note(self._pin("Exchange"))
            if self.run.confirmed:
                self.run.confirmed("Exchange", "a mailbox has the same id in Exchange and in Graph")

    def plan_create(self, kind: str, name: str) -> None:
        """In check mode, note that this run would create that object, for the tasks that refer to it."""
        self._note(f"planned|{kind}|{name}")

    def would_create(self, kind: str, name: str) -> bool:
        """Whether an earlier task of this check-mode run would have created it."""
        return self.run.check_mode and self._noted(f"planned|{kind}|{name}")

    def remembered(self, what: str, look: Callable[[], T]) -> T:
        """What `look` found first in this task; for what no task changes, such as Graph's own roles."""
        if what not in self._remembered:
            self._remembered[what] = look()
        found: T = self._remembered[what]
        return found

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def _pin(self, service: str) -> str:
        """What a pin is of: it counts for this very tenant, cloud and admin alone, not for whoever bears the name."""
        cloud, admin = self.connection["cloud"], self._admin.client_id
        return f"{service} pinned|{cloud}|{self.tenant_id}|{self.initial_domain}|{admin}"

    def _note(self, what: str) -> None:
        if self.run.cache:
            self.run.cache.put(f"{what}|{self.customer}", b"yes")

    def _noted(self, what: str) -> bool:
        """Whether an earlier task of this run noted it for this customer."""
        return bool(self.run.cache and self.run.cache.get(f"{what}|{self.customer}"))

    @cached_property
    def _tokens(self) -> TokenStore:
        return TokenStore(self.cloud, self.clock, self.transport, self.run.cache, self._keep_renewed)

    def _keep_renewed(self, sign_in: SignIn, answer: Mapping[str, Any]) -> None:
        """Seal what takes the place of how ops signs in; a dry run writes nothing, and the old one stays good."""
        renewed = sign_in.renewed(answer) if isinstance(sign_in, SealedCredential) else None
        if renewed and not self.run.check_mode:
            keep(self, renewed)

    @cached_property
    def _admin(self) -> SealedCredential:
        return admin_of(self)

    def _advance(self, seconds: float) -> float:
        url = f"{self.cloud.control}/_sandbox/tenants/{self.tenant_id}/clock"
        try:
            answer = session(self.cloud).post(url, json={"advance": seconds}, timeout=30)
            return float(json.loads(answer.content)["offset"])
        except (OSError, ValueError, KeyError, TypeError):
            raise Unreachable(
                f"The sandbox does not tell the time of tenant {self.tenant_id}",
                remedy="start the sandbox; compare the tenant with its tenants file",
            ) from None
