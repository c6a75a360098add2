"""What a mailbox holds: plain records, named as the published resources are.

learn.microsoft.com/graph/api/resources/message, …/mailfolder, …/attachment, …/uploadsession
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphmail.sandbox.clock import VirtualClock
from graphmail.sandbox.content import Content


@dataclass(slots=True)
class Message:
    """A message in one mailbox. `properties` are Graph's JSON; attachments hold their bytes."""

    id: str
    immutable_id: str
    folder_id: str
    properties: dict[str, Any]
    visible: datetime
    internet_headers: list[tuple[str, str]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    sent_from: tuple[VirtualClock, datetime] | None = None  # from another tenant: also visible when its clock says so

    def visible_at(self, now: datetime) -> bool:
        """Whether it has arrived, by the mailbox's tenant's clock or by the sender's, whichever is first.

        Clocks of two tenants run apart, and whoever waits for the mail advances only one of them.
        """
        return self.visible <= now or (self.sent_from is not None and self.sent_from[1] <= self.sent_from[0].now())


@dataclass(slots=True)
class Attachment:
    id: str
    properties: dict[str, Any]
    body: Content
    kind: str = "fileAttachment"  # itemAttachment: the content is the message as RFC 5322 text; referenceAttachment

    @property
    def content(self) -> bytes:
        """Return its bytes, which may have to be read from the state; `body.size` says how many they are."""
        return self.body.read()


@dataclass(slots=True)
class Folder:
    """A folder that somebody made; the well-known ones have only an id."""

    id: str
    display_name: str
    parent_id: str
    hidden: bool = False


@dataclass(slots=True)
class Mailbox:
    """What Exchange keeps for a user: sizes in bytes, folders by well-known name, messages by id."""

    exchange_guid: str
    max_send_size: int = 35 * 1024 * 1024
    max_receive_size: int = 36 * 1024 * 1024
    folders: dict[str, str] = field(default_factory=dict)  # well-known name -> folder id
    messages: dict[str, Message] = field(default_factory=dict)
    own_folders: dict[str, Folder] = field(default_factory=dict)  # by id
    quota: int | None = None  # bytes; nothing is sent or received above it
    settings: dict[str, Any] = field(default_factory=dict)  # mailboxSettings that somebody set


@dataclass(slots=True)
class UploadSession:
    id: str
    token: str
    recipient_id: str
    message_id: str
    name: str
    content_type: str
    size: int
    expires: datetime
    client_id: str = ""  # who opened it: the upload URL carries no bearer
    is_inline: bool = False
    content_id: str | None = None
    content: Content = field(default_factory=lambda: Content(""))  # what came of it, under the session's id

    @property
    def received(self) -> int:
        return self.content.size
