"""Whether a large attachment arrives as it was sent: draft, upload session, send, the same SHA-256 at the receiver."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from graphmail.clock import Clock
from graphmail.errors import GraphError, OutcomeUnknown, TenantError, Unreachable, nothing_done
from graphmail.evidence.record import Measure
from graphmail.exchange import Exchange
from graphmail.graph import Graph
from graphmail.mailflow.content import Content
from graphmail.mailflow.limits import RECEIVE, SEND, is_over_limit, over_limit
from graphmail.mailflow.mailbox import Place, search, user
from graphmail.mailflow.observation import NotTried, Observation
from graphmail.mailflow.send import Sent, follow, send_once
from graphmail.mailflow.upload import Slice, Upload
from graphmail.retry import Operation

# Below it an upload session is refused: https://learn.microsoft.com/graph/api/attachment-createuploadsession
SESSION_FROM = 3 * 1024 * 1024
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


@dataclass(slots=True)
class LargeMail:
    """One mail with one attachment of `size` bytes. Each step that fails leaves its error, and the rest untried."""

    mail: Sent
    size: int
    content: Content = field(init=False)
    draft_id: str = ""
    slices: list[Slice] = field(default_factory=list)
    resumed: int = 0
    sent_sha256: str = ""
    received_sha256: str = ""
    upload_error: TenantError | None = None
    receive_error: TenantError | None = None

    def __post_init__(self) -> None:
        self.content = Content(self.mail.marker.uuid, self.size)

    @property
    def name(self) -> str:
        return f"probe-{self.mail.marker.uuid}.bin"

    def judge(self, waited: float) -> list[tuple[str, str, str, Observation]]:
        """Name, claim, expectation and verdict of each step."""
        mail, megabytes = self.mail, f"{self.size / 2**20:.1f} MiB"
        took = f"A draft in {mail.sender} takes an attachment of {megabytes}"
        arrived = f"{mail.sender} can send it, and it arrives"
        there = f"202; in Sent Items; at {mail.receiver}; no non-delivery report"
        same = "The attachment arrives as it was sent"
        return [
            ("upload", took, "every slice is accepted", self.judge_upload()),
            ("send large", arrived, there, mail.judge(waited)),
            ("equal", same, "the same SHA-256 at the receiver", self.judge_equal()),
        ]

    def judge_upload(self) -> Observation:
        """The verdict on draft and attachment."""
        if self.upload_error:
            return Observation.of_error(self.upload_error)
        if not self.slices:
            return Observation("passed", f"{self.size:,} bytes in one request, below the size of upload sessions")
        speeds = " ".join(f"{piece.megabytes_per_second:.1f}" for piece in self.slices)
        resumed = f", resumed {self.resumed} times" if self.resumed else ""
        text = f"{self.size:,} bytes in {len(self.slices)} slices{resumed}; MB/s by slice: {speeds}"
        seconds = sum(piece.seconds for piece in self.slices)
        measured: dict[Measure, float] = {"size_bytes": float(self.size), "upload_seconds": seconds}
        return Observation("passed", text, 1 + self.resumed, seconds, measured=measured)

    def judge_equal(self) -> Observation:
        """The verdict on what arrived."""
        if self.receive_error:
            return Observation.of_error(self.receive_error)
        if self.sent_sha256 and self.sent_sha256 == self.received_sha256:
            return Observation("passed", f"SHA-256 {self.received_sha256} sent and received")
        return Observation("failed", f"sent SHA-256 {self.sent_sha256}, received {self.received_sha256}")


class LargeMailFlow:
    """Sends one large mail and reads it back. Memory holds one slice, whatever the size."""

    def __init__(self, app: Graph, exchange: Exchange, clock: Clock) -> None:
        self._app = app
        self._exchange = exchange
        self._clock = clock

    def run(self, large: LargeMail, seconds: float) -> float:
        """All steps; how long was waited for the mail. Never raises TenantError: each verdict has its own."""
        try:
            self._draft(large)
            self._attach(large)
        except TenantError as error:
            large.upload_error = self._explained(error, large)
            if large.draft_id:
                self._abandon(large)
            else:
                large.mail.refused = nothing_done(error)
            large.mail.error = large.receive_error = NotTried("Not tried, since the attachment could not be uploaded")
            return 0.0
        self._send(large)
        waited = self._follow(large, seconds)
        if large.mail.arrived is None:
            large.receive_error = NotTried("Not tried, since the mail was not seen at its receiver")
            return waited
        try:
            large.received_sha256 = self._digest_at_receiver(large)
        except TenantError as error:
            large.receive_error = error
        return waited

    def _draft(self, large: LargeMail) -> None:
        mail = large.mail
        path = f"{user(mail.sender)}/messages"
        body = mail.marker.message(mail.receiver)
        try:
            reply = self._app.call(Operation.ONE_SHOT, "POST", path, json=body, headers=IMMUTABLE)
            large.draft_id = str(reply.json()["id"])
        except OutcomeUnknown:
            drafts = search(self._app, [Place(mail.sender, "drafts", mail.marker)])
            if not drafts:
                raise
            large.draft_id = drafts[0].id

    def _message(self, large: LargeMail) -> str:
        return f"{user(large.mail.sender)}/messages/{quote(large.draft_id, safe='')}"

    def _attach(self, large: LargeMail) -> None:
        if large.size < SESSION_FROM:
            self._attach_small(large)
            return
        upload = Upload(self._app, self._clock, large.mail.sender, large.draft_id, large.name, large.content)
        try:
            upload.run()
        except GraphError as error:
            if error.code != "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize":
                raise
            self._attach_small(large)
            return
        finally:
            large.slices, large.resumed = upload.slices, upload.resumed
        large.sent_sha256 = upload.sha256

    def _attach_small(self, large: LargeMail) -> None:
        content = large.content.part(0, large.size)
        attachment = {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": large.name,
            "contentType": "application/octet-stream",
            "contentBytes": base64.b64encode(content).decode(),
        }
        self._app.call(Operation.ONE_SHOT, "POST", f"{self._message(large)}/attachments", json=attachment)
        large.sent_sha256 = hashlib.sha256(content).hexdigest()

    def _send(self, large: LargeMail) -> None:
        mail = large.mail
        send_once(self._app, self._clock, mail, f"{self._message(large)}/send")
        if mail.error:
            mail.error = self._explained(mail.error, large)
        if mail.refused:
            # Not sent, but its draft is there.
            mail.refused = False
            self._abandon(large)

    def _follow(self, large: LargeMail, seconds: float) -> float:
        waited = follow(self._app, self._clock, [large.mail], seconds)
        if large.mail.bounced:
            # A report is all that a receiver's limit is known by.
            large.mail.error = self._receiver_limit(large)
        return waited

    def _receiver_limit(self, large: LargeMail) -> TenantError:
        try:
            return over_limit(self._exchange, large.mail.receiver, RECEIVE, large.size, large.mail.request_id)
        except TenantError as error:
            return error

    def _explained(self, error: TenantError, large: LargeMail) -> TenantError:
        if not is_over_limit(error):
            return error
        try:
            return over_limit(self._exchange, large.mail.sender, SEND, large.size, error.request_id)
        except TenantError:
            return error

    def _abandon(self, large: LargeMail) -> None:
        # Removing the flow's mails by their marker follows; this is for the bytes, which need not wait for it.
        with suppress(TenantError):
            self._app.delete(self._message(large))
            large.mail.abandoned = True

    def _digest_at_receiver(self, large: LargeMail) -> str:
        """SHA-256 of the attachment as the receiver has it, streamed."""
        mail = large.mail
        places = [place for place in mail.places if place.address == mail.receiver and place.folder != "sentitems"]
        arrived = [found for found in search(self._app, places) if found.is_probe]
        if not arrived:
            raise TenantError("The mail was seen at its receiver and is gone again", found=mail.receiver)
        attachments = f"{user(mail.receiver)}/messages/{quote(arrived[0].id, safe='')}/attachments"
        rows: list[dict[str, Any]] = self._app.get(attachments, params={"$select": "id,name,size"}).get("value", [])
        ids = [str(row["id"]) for row in rows if row.get("name") == large.name]
        if len(ids) != 1:
            raise TenantError("The mail arrived without its attachment", found=f"{len(rows)} attachments")
        return self._streamed_digest(f"{attachments}/{quote(ids[0], safe='')}/$value")

    def _streamed_digest(self, path: str) -> str:
        for _ in range(2):
            with suppress(Unreachable):
                return self._digest_of(path)
        return self._digest_of(path)

    def _digest_of(self, path: str) -> str:
        digest = hashlib.sha256()
        for chunk in self._app.stream(path):
            digest.update(chunk)
        return digest.hexdigest()
