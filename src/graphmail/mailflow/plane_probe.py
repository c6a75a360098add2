"""One look at one mailbox through Graph, as the app: nothing is read, nothing is sent, nothing is written.

Reading asks for the Inbox's id alone; sending tries a mail without receivers, which is refused with 400 where the app
may send and with 403 where it may not.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphmail.access_models import Plane
from graphmail.errors import GraphError, Unreachable
from graphmail.graph import Graph
from graphmail.mailflow.mailbox import user
from graphmail.mailflow.marker import Marker
from graphmail.retry import Operation


@dataclass(frozen=True, slots=True)
class Answer:
    """What Graph answered one probe; status 0 is no answer."""

    plane: Plane
    status: int
    code: str
    request_id: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} {self.code}".strip()


def read_probe(app: Graph, address: str) -> Answer:
    """Whether the app may read in that mailbox."""
    return _ask(app, "GET", f"{user(address)}/mailFolders/inbox?$select=id", granted=(200,))


def send_probe(app: Graph, address: str) -> Answer:
    """Whether it may send from there."""
    # Nothing can go out, so asking again does no harm.
    body = {"message": {**Marker().message(address), "toRecipients": []}, "saveToSentItems": False}
    return _ask(app, "POST", f"{user(address)}/sendMail", granted=(400, 202), json=body)


def _ask(app: Graph, method: str, path: str, *, granted: tuple[int, ...], json: object = None) -> Answer:
    operation = Operation.READ if method == "GET" else Operation.IDEMPOTENT
    message = ""
    try:
        reply = app.call(operation, method, path, json=json)
        status, code, request_id = reply.status, "", reply.request_id
        own = method != "GET" or "id" in reply.json()
    except GraphError as error:
        status, code, request_id, message = error.status, error.code, error.request_id, error.message
        own = bool(error.code)
    except Unreachable as error:
        status, code, request_id, own = 0, "", error.request_id, False
    # What is not Graph's own answer says nothing of the mailbox.
    told: Plane = "Granted" if status in granted else "Denied" if status == 403 else "undecided"
    plane: Plane = told if own else "undecided"
    return Answer(plane, status, code, request_id, message)
