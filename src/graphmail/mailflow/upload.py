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
from graphmail.mailflow.content import BLOCK, Content
from graphmail.mailflow.mailbox import user
from graphmail.retry import Operation
from graphmail.transport import Reply

SLICE = BLOCK
SESSIONS = 2  # so many are opened for one attachment


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
            self.slices.clear()
            try:
                self._send_all(url)
            except _OutOfStep as confused:
                self._cancel(url)
                if last:
                    raise confused.error from None
                self.resumed += 1
            except BaseException:
                self._cancel(url)
                raise
            else:
                return

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

    def _send_all(self, url: str) -> None:
        start = 0
        while start < self.content.size:
            piece = self.content.part(start, SLICE)
            self._digest(start, piece)
            began = self.clock.now()
            reply = self._put(url, piece, start)
            self.slices.append(Slice(start, len(piece), (self.clock.now() - began).total_seconds()))
            if reply and reply.status == 201:
                return
            start = _advanced(reply, start, len(piece)) if reply else start + len(piece)
            # Before the next slice is made, or there would be two: a reply remembers what was sent.
            del piece, reply
        if not self._is_attached():
            raise _OutOfStep(TenantError("Graph took every byte of the attachment and did not complete it"))

    def _put(self, url: str, piece: bytes, start: int) -> Reply | None:
        """One slice; once more when its answer is lost. None when that second try shows that it had arrived.

        A slice is taken whole or not at all and only in its order, so going on after it is safe: a gap is refused.
        """
        lost = False
        while True:
            try:
                return self.graph.upload(url, piece, start, self.content.size)
            except GraphError as error:
                ended = error.status == 404 and start + len(piece) == self.content.size
                if lost and (error.status == 416 or ended):
                    return None
                if error.status in (404, 416):
                    raise _OutOfStep(error) from None
                raise
            except (OutcomeUnknown, Unreachable):
                if lost:
                    raise
                lost = True
                self.resumed += 1

    def _digest(self, start: int, piece: bytes) -> None:
        # After a resume, bytes are sent again that were counted already.
        if start + len(piece) > self._hashed:
            self._hash.update(memoryview(piece)[self._hashed - start :])
            self._hashed = start + len(piece)

    def _is_attached(self) -> bool:
        """Whether the last slice completed it, and only the answer was lost."""
        rows = self.graph.get(self._attachments(), params={"$select": "id,name,size"}).get("value", ())
        return any(row.get("name") == self.name for row in rows)

    def _cancel(self, url: str) -> None:
        # It ends by itself if this does not get through.
        with contextlib.suppress(TenantError):
            self.graph.cancel_upload(url)


class _OutOfStep(Exception):
    """The session is gone, or expects another part: only a new one helps."""

    def __init__(self, error: TenantError) -> None:
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
