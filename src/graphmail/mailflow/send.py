"""Whether mail goes out: 202, a copy in Sent Items, the mail at the receiver, and no non-delivery report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from graphmail.clock import Clock
from graphmail.errors import GraphError, OutcomeUnknown, TenantError, nothing_done
from graphmail.evidence.record import Measure
from graphmail.graph import Graph
from graphmail.keyed_create import AGREEING
from graphmail.mailflow.mailbox import ARRIVED, FOLDER_NAMES, Found, Place, search, user
from graphmail.mailflow.marker import Marker
from graphmail.mailflow.observation import Observation
from graphmail.mailflow.watch import watch
from graphmail.retry import Operation

# How long a mail whose answer was lost is looked for. It is not sent again, whatever comes of it.
LOST = 600.0


@dataclass(slots=True)
class Sent:
    """One probe mail on its way. Times are seconds since it was sent; `error` is what went wrong with it.

    `refused` says that it is nowhere, `abandoned` that it was a draft and is deleted again.
    """

    sender: str
    receiver: str
    marker: Marker = field(default_factory=Marker)
    sent: datetime | None = None
    answer_lost: bool = False
    request_id: str = ""
    error: TenantError | None = None
    refused: bool = False
    abandoned: bool = False
    attempts: int = 0
    in_sent_items: float | None = None
    arrived: float | None = None
    arrived_in: str = ""
    message_id: str = ""
    bounced: bool = False

    @property
    def settled(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.error is not None or not self.unseen

    @property
    def unseen(self) -> bool:
        """Whether it may still come to light somewhere, whatever was answered."""
        seen = self.bounced or (self.in_sent_items is not None and self.arrived is not None)
        return not (self.refused or self.abandoned or seen)

    @property
    def mailboxes(self) -> list[str]:
        return [self.sender, self.receiver]

    @property
    def places(self) -> list[Place]:
        """Where it may be: the sender's Sent Items, the receiver's folders, and the Inbox where a report would be."""
        receiver = [Place(self.receiver, folder, self.marker) for folder in ARRIVED]
        report = Place(self.sender, "inbox", self.marker)
        return [Place(self.sender, "sentitems", self.marker), *receiver, *([report] if report not in receiver else [])]

    def see(self, found: Sequence[Found], now: datetime) -> None:
        """Take note of what one look found."""
        self.attempts += 1
        after = (now - self.sent).total_seconds() if self.sent else 0.0
        for mail in found:
            if mail.is_bounce and mail.place.address == self.sender:
                self.bounced = True
            elif mail.is_probe and mail.place.folder == "sentitems":
                self.in_sent_items = after if self.in_sent_items is None else self.in_sent_items
            elif mail.is_probe and mail.place.address == self.receiver and self.arrived is None:
                self.arrived, self.arrived_in = after, FOLDER_NAMES[mail.place.folder]
                self.message_id = mail.message_id

    def judge(self, waited: float) -> Observation:
        """The verdict on this mail, after `waited` seconds."""
        request_ids = [self.request_id] if self.request_id else []
        if self.error:
            return Observation.of_error(self.error)
        answer = "the answer was lost" if self.answer_lost else "202"
        copy = f"in Sent Items after {self.in_sent_items:.0f} s" if self.in_sent_items is not None else ""
        if self.bounced:
            text = f"{answer}; a non-delivery report came back to {self.sender}: {self.receiver} did not get it"
            return Observation("failed", text, self.attempts, waited, request_ids)
        if self.arrived is None:
            text = f"{answer}; {copy or 'not in Sent Items'}; not seen at {self.receiver} within {waited:.0f} s"
            text += ": quarantined, delayed, or taken away by a rule. It was not sent again"
            return Observation("unknown", text, self.attempts, waited, request_ids)
        latency: dict[Measure, float] = {"latency_seconds": self.arrived}
        there = f"in {self.arrived_in} of {self.receiver} after {self.arrived:.0f} s, Message-ID {self.message_id}"
        if not copy:
            text = f"{answer}; not in Sent Items within {waited:.0f} s; {there}"
            return Observation("failed", text, self.attempts, self.arrived, request_ids, latency)
        return Observation("passed", f"{answer}; {copy}; {there}", self.attempts, self.arrived, request_ids, latency)


def send(app: Graph, clock: Clock, mail: Sent) -> None:
    """Send it, once. A 2xx that is not 202 was seen to lose mail, so it is an error too.

    https://learn.microsoft.com/graph/api/user-sendmail
    """
    body = {"message": mail.marker.message(mail.receiver), "saveToSentItems": True}
    send_once(app, clock, mail, f"{user(mail.sender)}/sendMail", body)


def send_once(app: Graph, clock: Clock, mail: Sent, path: str, body: object = None) -> None:
    """POST it. A throttled mail is sent again only when it is nowhere to be seen: 429 was answered to mail that went.

    https://learn.microsoft.com/answers/questions/5629476
    """
    mail.sent = clock.now()
    for again in (False, True):
        try:
            reply = app.call(Operation.SEND, "POST", path, json=body)
            mail.request_id = reply.request_id
            if reply.status != 202:
                what = path.rpartition("/")[2]
                mail.error = GraphError(what, status=reply.status, message="only 202 means that it was accepted")
        except OutcomeUnknown as error:
            if error.throttled and not again and error.retry_after <= LOST and _unsent(app, clock, mail, error):
                continue
            mail.answer_lost, mail.request_id = True, error.request_id
        except TenantError as error:
            mail.error, mail.refused = error, nothing_done(error)
        return


def _unsent(app: Graph, clock: Clock, mail: Sent, throttled: OutcomeUnknown) -> bool:
    """Whether no trace of it comes to light, in several looks after the wait that the service asked for."""
    clock.sleep(throttled.retry_after)
    for pause in AGREEING:
        clock.sleep(pause)
        try:
            if search(app, mail.places):
                return False
        except TenantError:
            return False
    mail.sent = clock.now()
    return True


def follow(app: Graph, clock: Clock, mails: Sequence[Sent], seconds: float) -> float:
    """Look for all of them until each is settled or the time is over; how long it took."""
    if all(mail.answer_lost for mail in mails if not mail.error):
        seconds = min(seconds, LOST)

    def look() -> bool:
        for mail in mails:
            if not mail.settled:
                _look(app, clock, mail)
        return all(mail.settled for mail in mails)

    return watch(clock, seconds, look).seconds


def _look(app: Graph, clock: Clock, mail: Sent) -> None:
    try:
        mail.see(search(app, mail.places), clock.now())
    except TenantError as error:
        mail.error = error
