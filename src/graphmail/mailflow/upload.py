"""One attachment by upload session: in slices, in order, resumed after a lost answer, cancelled when given up.

https://learn.microsoft.com/graph/outlook-large-attachments
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from graphmail.clock import Clock
from graphmail.errors import GraphError, OutcomeUnknown, TenantError, Unreachable
from graphmail.graph import Graph
from graphmail.mailflow.content import Content
from graphmail.mailflow.mailbox import user
from graphmail.retry import Operation
from graphmail.transport import Reply

# A multiple of 320 KiB, as the SDKs want it, below the 4 MB that a request may have.
SLICE = 3_932_160
SESSIONS = 2


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice that was accepted, and how many seconds that took."""

    start: int
    size: int
    seconds: float

    @property
    def megabytes_per_second(self) -> float:
        return self.size / 1e6 / self.seconds if self.seconds > 0 else 0.0


@dataclass(slots=True)
class Upload:
    """The upload of one attachment to one draft. Holds one slice at a time."""

    graph: Graph
    clock: Clock
    address: str
    draft_id: str
    name: str
    content: Content
    slices: list[Slice] = field(default_factory=list)
    resumed: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)
    _hashed: int = 0

    @property
    def sha256(self) -> str:
        """Of what was sent, in order; complete when `run` has returned."""
        return str(self._hash.hexdigest())

    def run(self) -> None:
        """Upload everything. Raises GraphError when it is refused, OutcomeUnknown when it got lost; cancelled then."""
        for last in (*(False,) * (SESSIONS - 1), True):
            url = self._new_session()
            try:
                if self._send_all(url, last=last):
                    return
            except BaseException:
                self._cancel(url)
                raise
            self._cancel(url)

    def _attachments(self) -> str:
        return f"{user(self.address)}/messages/{quote(self.draft_id, safe='')}/attachments"

    def _new_session(self) -> str:
        item = {"attachmentType": "file", "name": self.name, "size": self.content.size}
        item["contentType"] = "application/octet-stream"
        # A session that nobody uses holds nothing and ends by itself, so asking again does no harm.
        reply = self.graph.call(
            Operation.IDEMPOTENT,
            "POST",
            f"{self._attachments()}/createUploadSession",
            json={"AttachmentItem": item},
            secret_reply=True,
        )
        url = _insensitive(reply.json()).get("uploadurl")
        if not isinstance(url, str):
            raise TenantError("Graph gave no upload URL", request_id=reply.request_id)
        return url

    def _send_all(self, url: str, *, last: bool) -> bool:
        """Whether the attachment is complete; False asks for a new session."""
        start = 0
        while start < self.content.size:
            piece = self.content.part(start, SLICE)
            self._digest(start, piece)
            began = self.clock.now()
            try:
                reply = self._put(url, piece, start)
            except _Refused as refused:
                if self._is_attached():
                    return True
                if last:
                    raise refused.error from None
                self.resumed += 1
                return False
            self.slices.append(Slice(start, len(piece), (self.clock.now() - began).total_seconds()))
            if reply.status == 201:
                return True
            start = _advanced(reply, start, len(piece))
        raise TenantError("Graph took every byte of the attachment and did not complete it")

    def _put(self, url: str, piece: bytes, start: int) -> Reply:
        """One slice; once more when its answer is lost. Raises _Refused when that second try is refused."""
        try:
            return self.graph.upload(url, piece, start, self.content.size)
        except (OutcomeUnknown, Unreachable):
            self.resumed += 1
        try:
            return self.graph.upload(url, piece, start, self.content.size)
        except GraphError as error:
            raise _Refused(error) from None

    def _digest(self, start: int, piece: bytes) -> None:
        # After a resume, bytes are sent again that were counted already.
        if start + len(piece) > self._hashed:
            self._hash.update(memoryview(piece)[self._hashed - start :])
            self._hashed = start + len(piece)

    def _is_attached(self) -> bool:
        """Whether the last slice was taken after all and only the answer was lost."""
        rows = self.graph.get(self._attachments(), params={"$select": "id,name,size"}).get("value", ())
        return self._hashed == self.content.size and any(row.get("name") == self.name for row in rows)

    def _cancel(self, url: str) -> None:
        # It ends by itself if this does not get through.
        with contextlib.suppress(TenantError):
            self.graph.cancel_upload(url)


class _Refused(Exception):
    """The service did not take a slice for the second time: it may have had it already."""

    def __init__(self, error: GraphError) -> None:
        self.error = error


def _insensitive(body: Any) -> dict[str, Any]:
    # The casing of these names varies between services.
    return {str(name).lower(): value for name, value in body.items()} if isinstance(body, dict) else {}


def _advanced(reply: Reply, start: int, size: int) -> int:
    """Where to go on: what the service says, a bare offset or a range; the end of the slice if it says nothing."""
    ranges = _insensitive(reply.json()).get("nextexpectedranges") or [str(start + size)]
    offset = str(ranges[0]).partition("-")[0]
    if not offset.isdigit() or not start < int(offset) <= start + size:
        raise TenantError(
            "Graph asks for another part of the upload than what comes next",
            expected=f"an offset up to {start + size}",
            found=str(ranges[0])[:40],
            request_id=reply.request_id,
        )
    return int(offset)
