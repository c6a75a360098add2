"""Finding probe mails in mailboxes by their marker, and removing them. What a mail says is never read into anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from graphmail.clock import Clock
from graphmail.errors import GraphError
from graphmail.graph import Graph
from graphmail.mailflow.marker import HEADER, Marker
from graphmail.printable import printable

ARRIVED = ("inbox", "junkemail", "deleteditems")
EVERYWHERE = (*ARRIVED, "sentitems", "drafts")
FOLDER_NAMES = {
    "inbox": "Inbox",
    "junkemail": "Junk Email",
    "deleteditems": "Deleted Items",
    "sentitems": "Sent Items",
    "drafts": "Drafts",
}

# Who sends non-delivery reports: https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
_POSTMASTER = re.compile(r"^(postmaster|mailer-daemon|microsoftexchange[0-9a-f]{32})@", re.IGNORECASE)


def user(address: str) -> str:
    """`/users/{address}`, quoted."""
    return f"/users/{quote(address, safe='@')}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look for which marker."""

    address: str
    folder: str
    marker: Marker

    @property
    def path(self) -> str:
        """Searches subjects for the UUID alone: mail from outside may have its subject tagged on the way."""
        query = (
            f"$filter=contains(subject,'{self.marker.uuid}')"
            "&$select=id,subject,from,internetMessageId,internetMessageHeaders,isRead"
        )
        return f"{user(self.address)}/mailFolders/{self.folder}/messages?{query}"


@dataclass(frozen=True, slots=True)
class Found:
    """One mail that bears the marker: the probe itself, a report that it was not delivered, or somebody's answer."""

    place: Place
    id: str
    message_id: str
    is_read: bool
    is_probe: bool
    is_bounce: bool

    @classmethod
    def of(cls, place: Place, message: dict[str, Any]) -> Found:
        headers = message.get("internetMessageHeaders") or ()
        marked = {str(h.get("value", "")).strip() for h in headers if str(h.get("name", "")).lower() == HEADER.lower()}
        sender = str(((message.get("from") or {}).get("emailAddress") or {}).get("address", ""))
        # Some clouds have no internetMessageHeaders in their schema, and drafts do not echo them.
        is_probe = place.marker.uuid in marked or (not headers and message.get("subject") == place.marker.subject)
        return cls(
            place=place,
            id=str(message["id"]),
            message_id=printable(str(message.get("internetMessageId") or "")),
            is_read=bool(message.get("isRead")),
            is_probe=is_probe,
            is_bounce=not is_probe and bool(_POSTMASTER.match(sender)),
        )


def search(graph: Graph, places: Sequence[Place]) -> list[Found]:
    """Everything at those places, in their order. Raises GraphError where a mailbox refuses."""
    answers = graph.batch([place.path for place in places])
    return [
        Found.of(place, message)
        for place, answer in zip(places, answers, strict=True)
        for message in answer.value().get("value", ())
    ]


def remove(graph: Graph, clock: Clock, address: str, marker: Marker) -> str:
    """Remove every mail with that marker from a mailbox; what could not be removed, in words, or nothing.

    Deleting moves a mail to Deleted Items first, so it takes two rounds.
    """
    problem = ""
    for _ in range(4):
        left = search(graph, [Place(address, folder, marker) for folder in EVERYWHERE])
        if not left:
            return ""
        for found in left:
            problem = delete(graph, address, found.id)
        folders = sorted({FOLDER_NAMES[found.place.folder] for found in left})
        clock.sleep(2)
    return f"{address}: still in {', '.join(folders)}{problem and f' ({problem})'}"


def delete(graph: Graph, address: str, message_id: str) -> str:
    """Delete one mail; why not, or nothing. That it is gone already is no problem."""
    try:
        graph.delete(f"{user(address)}/messages/{quote(message_id, safe='')}")
    except GraphError as error:
        return f"{error.status} {error.code}"
    return ""
