"""Whether the app reaches its mailboxes and no other: what Exchange's own test says, and what Graph really does.

Reading and sending are probed apart, and neither touches a mail: the inbox's id is asked for, and a mail without
receivers is refused with 400 where the app may send and with 403 where it may not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from graphmail.access_models import MODELS, Tested
from graphmail.auth import Token
from graphmail.clock import STEPS, Clock
from graphmail.exchange import Exchange
from graphmail.graph import Graph
from graphmail.mailflow.observation import Observation
from graphmail.mailflow.plane_probe import Answer, read_probe, send_probe

# A refusal counts when it is seen twice, this many seconds apart.
CONFIRM = 60.0
# When Exchange and Graph have agreed on the wrong answer for so many seconds, waiting longer changes nothing: the test
# cmdlet sees a change long before Graph acts on it.
SETTLED = 600.0


class Confined(Protocol):
    """What a proof has to know of a customer: the access model's name, the members, and who is none."""

    @property
    def access(self) -> str: ...
    @property
    def mailboxes(self) -> list[str]: ...
    @property
    def outside_mailbox(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at one mailbox. `control` is Exchange's test."""

    member: bool
    control: Tested
    read: Answer
    send: Answer

    @property
    def right(self) -> bool:
        wanted = "Granted" if self.member else "Denied"
        return self.control.plane == self.read.plane == self.send.plane == wanted

    @property
    def agree(self) -> bool:
        return self.control.plane == self.read.plane == self.send.plane != "undecided"

    @property
    def reachable(self) -> bool:
        return "Granted" in (self.read.plane, self.send.plane)

    def __str__(self) -> str:
        reason = self.control.reason and f" ({self.control.reason})"
        return f"Exchange's test: {self.control.plane}{reason}; read: {self.read}; send: {self.send}"


@dataclass(frozen=True, slots=True)
class Round:
    """All mailboxes, looked at with one token; `token` is None when it was replaced on the way.

    `lacking` are the permissions that the token does not carry.
    """

    at: datetime
    token: Token | None
    sights: dict[str, Sight]
    lacking: frozenset[str]

    @property
    def right(self) -> bool:
        return self.token is not None and all(sight.right for sight in self.sights.values())

    @property
    def settled_wrong(self) -> bool:
        """Nothing that waiting could change: both planes say the same, or consent was never given."""
        return not self.right and (bool(self.lacking) or all(sight.agree for sight in self.sights.values()))

    @property
    def member_passed(self) -> bool:
        return self.token is not None and any(sight.member and sight.right for sight in self.sights.values())


class AccessProof:
    """Looks until every mailbox is as declared, twice with the same token, or until there is no more to wait for."""

    def __init__(self, app: Graph, exchange: Exchange, clock: Clock, customer: Confined, client_id: str) -> None:
        self._app = app
        self._exchange = exchange
        self._clock = clock
        self._customer = customer
        self._client_id = client_id
        self._model = MODELS[customer.access]
        self.attempts = 0
        self.confirmed = False
        self.delays: dict[str, float] = {}
        self.agreed_after: float | None = None

    def run(self, seconds: float) -> Round:
        """The last round; `confirmed` says whether it counts, `delays` when each mailbox came to be as declared."""
        deadline = self._clock.deadline(seconds)
        self._started = self._clock.now()
        right: Round | None = None
        wrong: Round | None = None
        now = self.look(fresh=False)
        while True:
            self._note(now)
            if right and now.right and now.token is right.token and _apart(right, now) >= CONFIRM:
                self.confirmed = True
                return now
            right = (right if right and right.token is now.token else now) if now.right else None
            wrong = (wrong or now) if now.settled_wrong else None
            if not now.right and (deadline.expired or (wrong and _apart(wrong, now) >= SETTLED)):
                return now
            self._clock.sleep(CONFIRM if now.right else self._step(deadline.remaining))
            # A token keeps the permissions of the moment when it was issued, so a refusal asks for a new one.
            now = self.look(fresh=not now.right)

    def _step(self, remaining: float) -> float:
        return min(STEPS[min(self.attempts - 1, len(STEPS) - 1)], max(remaining, 1.0))

    def look(self, *, fresh: bool) -> Round:
        """Ask both planes about every mailbox, members first."""
        self.attempts += 1
        token = self._app.token(fresh)
        mailboxes = [*self._customer.mailboxes, self._customer.outside_mailbox]
        tests = self._exchange.batch([self._model.test(self._client_id, address) for address in mailboxes])
        sights = {}
        for address, test in zip(mailboxes, tests, strict=True):
            member = address != self._customer.outside_mailbox
            sights[address] = Sight(
                member, self._model.tested(test), read_probe(self._app, address), send_probe(self._app, address)
            )
        same = self._app.token(False) is token
        return Round(self._clock.now(), token if same else None, sights, self._model.consented - token.roles)

    def _note(self, now: Round) -> None:
        since = (now.at - self._started).total_seconds()
        for address, sight in now.sights.items():
            if sight.right:
                self.delays.setdefault(address, since)
            else:
                self.delays.pop(address, None)
        if not all(sight.agree for sight in now.sights.values()):
            self.agreed_after = None
        elif self.agreed_after is None:
            self.agreed_after = since

    def judge(self, address: str, last: Round) -> Observation:
        """The verdict on one mailbox."""
        sight = last.sights[address]
        request_ids = [sight.read.request_id, sight.send.request_id]
        if self.confirmed:
            after = f"as declared after {self.delays.get(address, 0.0):.0f} s, "
            text = f"{sight}; {after}twice, {CONFIRM:.0f} s apart, with the same token"
            return Observation("passed", text, self.attempts, request_ids=request_ids)
        if sight.member and sight.right:
            return Observation("passed", str(sight), self.attempts, self.delays.get(address), request_ids)
        if sight.member:
            refused = "Denied" in (sight.control.plane, sight.read.plane, sight.send.plane)
            missing = 404 in (sight.read.status, sight.send.status)
            verdict: Literal["failed", "unknown"] = "failed" if refused or missing else "unknown"
            roles = ", ".join(sorted(last.lacking))
            lacking = f"; the token carries no {roles}: admin consent is missing" if roles else ""
            return Observation(verdict, f"{sight}{lacking}", self.attempts, request_ids=request_ids)
        if sight.reachable:
            text = f"{address} IS REACHABLE, and must not be. {sight}"
            return Observation("failed", text, self.attempts, request_ids=request_ids)
        if sight.control.plane == "Granted":
            text = f"Exchange's own test grants the app access to {address}. {sight}"
            return Observation("failed", text, self.attempts, request_ids=request_ids)
        lacking = "" if last.member_passed else "; proves nothing, since no member passed with the same token"
        return Observation("unknown", f"{sight}{lacking}", self.attempts, request_ids=request_ids)

    def agreement(self, last: Round) -> Observation:
        """The verdict on whether the two planes say the same, and since when."""
        split = [address for address, sight in last.sights.items() if not sight.agree]
        if not split:
            after = self.agreed_after or 0.0
            text = "they agreed at the first look" if after < 1 else f"they agreed after {after:.0f} s"
            return Observation("passed", text, self.attempts, after)
        reachable = any(last.sights[address].reachable and not last.sights[address].member for address in split)
        waited = (last.at - self._started).total_seconds()
        text = f"DISAGREEMENT after {waited:.0f} s about {', '.join(split)}"
        return Observation("failed" if reachable else "unknown", text, self.attempts, waited)


def _apart(first: Round, second: Round) -> float:
    return (second.at - first.at).total_seconds()


def expectation(*, member: bool) -> str:
    """What `AccessProof` wants to see, in words."""
    if member:
        return "Exchange's test: Granted; read: 200; send without receivers: 400"
    return (
        "Exchange's test: Denied; read: 403; send: 403; "
        f"twice, {CONFIRM:.0f} s apart, with a token that a member's mailbox accepted"
    )


def claims(customer: Confined) -> Iterable[tuple[str, str, bool]]:
    """Mailbox, claim, whether it is a member."""
    for address in customer.mailboxes:
        yield address, f"The app may read and send in {address}", True
    yield customer.outside_mailbox, f"The app can neither read nor send in {customer.outside_mailbox}", False
