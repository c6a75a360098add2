"""The folders that every mailbox has: learn.microsoft.com/graph/api/resources/mailfolder lists their names.

Names there that the pages call a hidden container's are hidden here, and so are those that only some mailboxes show.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from graphmail.sandbox.mail_records import Mailbox

ROOT = "msgfolderroot"
RECOVERABLE = "recoverableitemsdeletions"


@dataclass(frozen=True, slots=True)
class WellKnown:
    """`parent`: a well-known name, or "" for what lies outside the visible tree."""

    display_name: str
    parent: str = ROOT
    hidden: bool = False


WELL_KNOWN = {
    ROOT: WellKnown("Top of Information Store", ""),
    "archive": WellKnown("Archive"),
    "clutter": WellKnown("Clutter", hidden=True),
    "conflicts": WellKnown("Conflicts", "syncissues", hidden=True),
    "conversationhistory": WellKnown("Conversation History"),
    "deleteditems": WellKnown("Deleted Items"),
    "drafts": WellKnown("Drafts"),
    "inbox": WellKnown("Inbox"),
    "junkemail": WellKnown("Junk Email"),
    "localfailures": WellKnown("Local Failures", "syncissues", hidden=True),
    "outbox": WellKnown("Outbox"),
    RECOVERABLE: WellKnown("Deletions", "", hidden=True),
    "scheduled": WellKnown("Scheduled", "", hidden=True),
    "searchfolders": WellKnown("Finder", "", hidden=True),
    "sentitems": WellKnown("Sent Items"),
    "serverfailures": WellKnown("Server Failures", "syncissues", hidden=True),
    "syncissues": WellKnown("Sync Issues", hidden=True),
}


def complete(mailbox: Mailbox) -> None:
    """Give an id to every well-known folder that has none yet: always the same for the same mailbox."""
    if len(mailbox.folders) >= len(WELL_KNOWN):
        return
    for name in WELL_KNOWN:
        if name not in mailbox.folders:
            seed = hashlib.sha384(f"{mailbox.exchange_guid} {name}".encode()).digest()
            mailbox.folders[name] = base64.urlsafe_b64encode(seed).decode()
