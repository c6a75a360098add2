"""Whether the app reads what comes from outside: found by its marker, read, marked as read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from graphmail.clock import Clock
from graphmail.errors import OutcomeUnknown, TenantError
from graphmail.evidence.record import Measure
from graphmail.graph import Graph
from graphmail.mailflow.mailbox import ARRIVED, FOLDER_NAMES, Found, Place, search, user
from graphmail.mailflow.marker import Marker
from graphmail.mailflow.observation import Observation
from graphmail.mailflow.relay import Relay
from graphmail.mailflow.send import LOST
from graphmail.mailflow.watch import watch
from graphmail.retry import Operation


@dataclass(slots=True)
class Received:
    """One probe mail from outside. `arrived` is seconds since it was handed to the relay.

    `refused` says that the relay did not take it, so that it is nowhere.
    """

    mailbox: str
    marker: Marker = field(default_factory=Marker)
    sent: datetime | None = None
    answer_lost: bool = False
    error: TenantError | None = None
    refused: bool = False
    attempts: int = 0
    arrived: float | None = None
    found: Found | None = None
    marked_read: bool = False

    @property
    def settled(self) -> bool:
        return self.error is not None or self.found is not None

    @property
    def unseen(self) -> bool:
        """Whether it may still come to light."""
        return self.found is None and not self.refused

    @property
    def mailboxes(self) -> list[str]:
        return [self.mailbox]

    @property
    def places(self) -> list[Place]:
        return [Place(self.mailbox, folder, self.marker) for folder in ARRIVED]

    def judge(self, waited: float) -> Observation:
        """The verdict on this mail, after `waited` seconds."""
        if self.error:
            return Observation.of_error(self.error)
        if self.found is None or self.arrived is None:
            text = f"not seen within {waited:.0f} s: quarantined, delayed, or taken away by a rule or another reader"
            return Observation("unknown", text, self.attempts, waited)
        text = f"in {FOLDER_NAMES[self.found.place.folder]} after {self.arrived:.0f} s, read"
        latency: dict[Measure, float] = {"latency_seconds": self.arrived}
        if not self.marked_read:
            text = f"{text}, but not marked as read"
            return Observation("failed", text, self.attempts, self.arrived, measured=latency)
        text = f"{text}, marked as read, Message-ID {self.found.message_id}"
        return Observation("passed", text, self.attempts, self.arrived, measured=latency)


def send_from_outside(relay: Relay, clock: Clock, mail: Received) -> None:
    """Hand it to the relay, once."""
    mail.sent = clock.now()
    try:
        relay.send(mail.marker, mail.mailbox, mail.sent)
    except OutcomeUnknown:
        mail.answer_lost = True
    except TenantError as error:
        mail.error, mail.refused = error, True


def await_all(app: Graph, clock: Clock, mails: Sequence[Received], seconds: float) -> float:
    """Look for all of them until each is found or the time is over; how long it took."""
    if all(mail.answer_lost for mail in mails if not mail.error):
        seconds = min(seconds, LOST)

    def look() -> bool:
        for mail in mails:
            if not mail.settled:
                _look(app, clock, mail)
        return all(mail.settled for mail in mails)

    return watch(clock, seconds, look).seconds


def _look(app: Graph, clock: Clock, mail: Received) -> None:
    mail.attempts += 1
    try:
        mail.found = next((found for found in search(app, mail.places) if found.is_probe), None)
    except TenantError as error:
        mail.error = error
    if mail.found and mail.sent:
        mail.arrived = (clock.now() - mail.sent).total_seconds()


def read(app: Graph, mail: Received) -> None:
    """Read the whole mail and mark it as read. What it says is dropped: it may come from anybody.

    https://learn.microsoft.com/graph/api/message-update
    """
    if not mail.found:
        return
    path = f"{user(mail.mailbox)}/messages/{quote(mail.found.id, safe='')}"
    try:
        app.get(path)
        app.call(Operation.IDEMPOTENT, "PATCH", path, json={"isRead": True})
        mail.marked_read = app.get(f"{path}?$select=isRead").get("isRead") is True
    except TenantError as error:
        mail.error = error
