"""One notebook's work on one customer: what it proves, what it found, and the record of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from graphmail.clock import Clock
from graphmail.credentials import SealedCredential
from graphmail.customers import Customer
from graphmail.errors import DeadlineExceeded, TenantError, WrongTenant
from graphmail.evidence import Check, Record, Run, Subject
from graphmail.graph import Graph
from graphmail.journal import Journal
from graphmail.live_credential import live_credential
from graphmail.mailflow import confinement, pictures
from graphmail.mailflow.access import AccessProof, claims, expectation
from graphmail.mailflow.checks import Checks
from graphmail.mailflow.conclusion import keep_record
from graphmail.mailflow.findings import Findings
from graphmail.mailflow.large import LargeMail, LargeMailFlow
from graphmail.mailflow.observation import NotTried, Observation
from graphmail.mailflow.probes import ProbeMails
from graphmail.mailflow.receive import Received, await_all, read, send_from_outside
from graphmail.mailflow.relay import Relay
from graphmail.mailflow.send import Sent, follow, send
from graphmail.state import Lock
from graphmail.tenant import Tenant

# How long a credential that was just made may be refused.
SIGN_IN = 180.0


class NotProved(TenantError):
    """The record of this notebook is not green."""


class MailFlow:
    """Made by `open_flow`. Each `prove_…` looks, and returns what it found; `conclude` writes the record.

    No method raises for what a tenant does or fails to do: that is a verdict. `max_wait` is seconds for each proof.
    """

    def __init__(
        self, tenant: Tenant, customer: Customer, run: Run, *, notebook: str, max_wait: float, lock: Lock | None
    ) -> None:
        self.tenant = tenant
        self.customer = customer
        self.run = run
        self.notebook = notebook
        self.max_wait = max_wait
        self.checks = Checks(tenant.clock)
        self._lock = lock
        self._started = self.clock.now()
        self._credential: SealedCredential | None = None
        self._app: Graph | None = None

    @property
    def clock(self) -> Clock:
        return self.tenant.clock

    @property
    def receiver(self) -> str:
        """Who gets the mail that is sent from inside."""
        return self.customer.probe.receiver or self.customer.mailboxes[0]

    def _signed_in(self) -> Graph:
        if self._app is None:
            raise NotTried("Not tried, since the app did not sign in")
        return self._app

    def _probes(self, app: Graph) -> ProbeMails:
        journal = Journal(self.tenant.state.journal)
        return ProbeMails(app, self.clock, journal, self.run.run_id, self.customer.mailboxes)

    def sign_in(self) -> Findings:
        """Open the newest sealed credential in this process, and get a token of this tenant with it."""
        started = self.clock.now()
        try:
            credential = self._credential = live_credential(self.tenant, proof=self.customer.proof_credential)
            self.tenant.wait_for_sign_in(credential, SIGN_IN)
            app = self.tenant.as_mail_app(credential)
            token = app.token(True)
            if str(token.claims.get("tid", "")).lower() != self.customer.tenant_id:
                raise WrongTenant("The token is of another tenant", expected=self.customer.tenant_id)
            if self.tenant.run.confirmed:
                self.tenant.run.confirmed("Entra", "a token of the app, from this GUID's own authority, names it too")
            self._app = app
            roles = ", ".join(sorted(token.roles)) or "none"
            own = f", with the proof's own short-lived {credential.title}" if self.customer.proof_credential else ""
            seen = Observation("passed", f"a token for client {credential.client_id}{own}; permissions in it: {roles}")
        except DeadlineExceeded as error:
            seen = Observation("failed", str(error))
        except TenantError as error:
            seen = Observation.of_error(error)
        claim = "The app signs in to the customer's tenant with the sealed credential"
        check = self.checks.add("sign_in", claim, f"a token of tenant {self.customer.tenant_id}", seen, started)
        return Findings([check])

    def prove_access(self) -> Findings:
        """Every member is reachable for reading and sending, and `outside_mailbox` for neither."""
        started = self.clock.now()
        wanted = list(claims(self.customer))
        seen: dict[str, Observation]
        client_id = self._credential.client_id if self._credential else ""
        try:
            proof = AccessProof(self._signed_in(), self.tenant.exchange, self.clock, self.customer, client_id)
            last = proof.run(self.max_wait)
            seen = {address: proof.judge(address, last) for address, _claim, _member in wanted}
            agreement, delays = proof.agreement(last), proof.delays
        except TenantError as error:
            agreement, delays = Observation.of_error(error), {}
            seen = {address: agreement for address, _claim, _member in wanted}
        checks = [
            self.checks.add(f"access {address}", claim, expectation(member=member), seen[address], started)
            for address, claim, member in wanted
        ]
        claim = "Exchange's own test and Graph's real answers say the same"
        checks.append(
            self.checks.add("planes agree", claim, f"agreement within {self.max_wait:.0f} s", agreement, started)
        )
        nobody, asked = "nobody else, nobody missing", self.clock.now()
        members = self._seen(lambda: confinement.membership(self.tenant, self.customer))
        checks.append(self.checks.add("members", confinement.MEMBERS, nobody, members, asked))
        scope = self._seen(lambda: confinement.scope(self.tenant, self.customer, client_id))
        checks.append(self.checks.add("scope", confinement.SCOPE, "no other source of access", scope, asked))
        delayed = pictures.by_row(delays, [address for address, _claim, _member in wanted])
        return Findings(checks, lambda: pictures.bars(delayed, "Seconds until a mailbox was as declared", "s"))

    def _seen(self, look: Callable[[], Observation]) -> Observation:
        try:
            self._signed_in()
            return look()
        except TenantError as error:
            return Observation.of_error(error)

    def prove_send(self) -> Findings:
        """A marked mail from each mailbox leaves, lies in Sent Items, arrives, and is removed again."""
        started = self.clock.now()
        mails = [Sent(address, self.receiver) for address in self.customer.mailboxes]
        waited, probes = 0.0, None
        try:
            app = self._signed_in()
            probes = self._probes(app)
            for mail in mails:
                probes.intend(mail)
                send(app, self.clock, mail)
            waited = follow(app, self.clock, mails, self.max_wait)
        except TenantError as error:
            _blame(mails, error)
        checks = [
            self.checks.add(
                f"send {mail.sender}",
                f"{mail.sender} can send, and the mail arrives",
                f"202; in Sent Items; at {mail.receiver}; no non-delivery report",
                mail.judge(waited),
                started,
            )
            for mail in mails
        ]
        checks.append(self._removed(probes))
        arrived = {mail.sender: mail.arrived for mail in mails if mail.arrived is not None}
        arrived = pictures.by_row(arrived, [mail.sender for mail in mails])
        return Findings(checks, lambda: pictures.bars(arrived, "Seconds from sending to arrival", "s"))

    def prove_receive(self) -> Findings:
        """A marked mail from outside reaches each mailbox; the app finds it, reads it, marks it as read, removes it."""
        started = self.clock.now()
        mails = [Received(address) for address in self.customer.mailboxes]
        waited, probes = 0.0, None
        try:
            app, relay = self._signed_in(), Relay.of(self.customer, self.tenant.cloud)
            probes = self._probes(app)
            for mail in mails:
                probes.intend(mail)
                send_from_outside(relay, self.clock, mail)
            waited = await_all(app, self.clock, mails, self.max_wait)
            for mail in mails:
                read(app, mail)
        except TenantError as error:
            _blame(mails, error)
        checks = [
            self.checks.add(
                f"receive {mail.mailbox}",
                f"A mail from outside reaches {mail.mailbox}, and the app can read it",
                "found by its marker, read, marked as read",
                mail.judge(waited),
                started,
            )
            for mail in mails
        ]
        checks.append(self._removed(probes))
        arrived = {mail.mailbox: mail.arrived for mail in mails if mail.arrived is not None}
        arrived = pictures.by_row(arrived, [mail.mailbox for mail in mails])
        return Findings(checks, lambda: pictures.bars(arrived, "Seconds from the relay to the mailbox", "s"))

    def prove_large_mail(self, size: int | None = None) -> Findings:
        """A large attachment arrives as it was sent. `size` is in bytes; the inventory's if not given."""
        started = self.clock.now()
        mail = Sent(self.customer.mailboxes[0], self.receiver)
        large = LargeMail(mail, size or self.customer.probe.large_mail_size)
        waited, probes = 0.0, None
        try:
            app = self._signed_in()
            probes = self._probes(app)
            probes.intend(mail)
            waited = LargeMailFlow(app, self.tenant.exchange, self.clock).run(large, self.max_wait)
        except TenantError as error:
            mail.error = large.upload_error = large.receive_error = error
        checks = [self.checks.add(*found, started) for found in large.judge(waited)]
        checks.append(self._removed(probes))
        speeds = [piece.megabytes_per_second for piece in large.slices]
        return Findings(checks, lambda: pictures.steps(speeds, "Upload throughput", "slice", "MB/s"))

    def _removed(self, probes: ProbeMails | None) -> Check:
        """Remove what was sent, also after a failure; the check of it."""
        started = self.clock.now()
        try:
            if probes is None:
                raise NotTried("Not tried, since no mail was sent")
            problems = probes.remove_all()
            late = f"; {probes.unseen} not seen yet, later runs look again" if probes.unseen else ""
            text = "; ".join(problems) or "none is left"
            seen = Observation("failed" if problems else "passed", text + late)
        except TenantError as error:
            seen = Observation.of_error(error)
        return self.checks.add("removed", "Every probe mail is removed again", "none is left", seen, started)

    def conclude(self) -> Path:
        """Write the record and return its path. Raises NotProved unless every check passed."""
        record = Record(
            customer=self.customer.name,
            tenant_id=self.customer.tenant_id,
            environment=self.tenant.environment,
            run_id=self.run.run_id,
            notebook=self.notebook,
            started=self._started,
            finished=self.clock.now(),
            subject=self._subject(),
            checks=self.checks,
        )
        path = keep_record(self.run, record, self._lock, "succeeded" if record.verdict == "passed" else "failed")
        if record.verdict != "passed":
            wrong = [f"{c.verdict}: {c.claim}. {c.observed}" for c in self.checks if c.verdict != "passed"]
            raise NotProved(
                f"{self.notebook} of customer {self.customer.name} is {record.verdict}",
                expected="every check passed, and at least one",
                found=" | ".join(wrong) or "no check",
            )
        return path

    def _subject(self) -> Subject:
        """What is proved is the credential that the vendor gets, also where the proof signed in with one of its own."""
        used = self._credential.key_id if self._credential else ""
        key_id, instead = used, ""
        if used and self.customer.proof_credential and not self.customer.credential.keep:
            key_id, instead = live_credential(self.tenant).key_id, used
        return Subject(
            client_id=self._credential.client_id if self._credential else self.customer.app.client_id or "",
            key_id=key_id,
            signed_in_with=instead,
            mailboxes=list(self.customer.mailboxes),
            outside_mailbox=self.customer.outside_mailbox,
        )


def _blame(mails: Sequence[Sent] | Sequence[Received], error: TenantError) -> None:
    for mail in mails:
        mail.error = mail.error or error
