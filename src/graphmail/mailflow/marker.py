"""What a probe mail is known by: a header and a subject that a helpdesk can ignore, and a search can find."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

HEADER = "X-Graphmail-Probe"

BODY = (
    "This mail checks that Kundo Mail can send and receive. It needs no answer; "
    "the check that sent it removes it again."
)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Marker:
    """One probe mail's own mark."""

    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        if not _UUID.fullmatch(self.uuid):
            raise ValueError("a marker is a lower-case UUID: it becomes part of a filter")

    @property
    def subject(self) -> str:
        return f"[Kundo Mail probe {self.uuid}] please ignore"

    @property
    def headers(self) -> dict[str, str]:
        """Also asks Exchange not to answer with an out-of-office reply.

        https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcmail
        """
        return {HEADER: self.uuid, "X-Auto-Response-Suppress": "All"}

    def message(self, receiver: str) -> dict[str, object]:
        """The mail as Graph takes it, without an attachment.

        https://learn.microsoft.com/graph/api/user-sendmail
        """
        return {
            "subject": self.subject,
            "body": {"contentType": "Text", "content": BODY},
            "toRecipients": [{"emailAddress": {"address": receiver}}],
            "internetMessageHeaders": [{"name": name, "value": value} for name, value in self.headers.items()],
        }
