"""sendMail and send: learn.microsoft.com/graph/api/user-sendmail, learn.microsoft.com/graph/api/message-send."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import SEND, Box, open_box, require_quota
from graphmail.sandbox.graph.mail_compose import Mail, composed, composed_mime, is_mime
from graphmail.sandbox.graph.mail_item import encoded_size, new_id, place, timestamp, touch
from graphmail.sandbox.mail_records import Message
from graphmail.sandbox.mail_traffic import SentMail
from graphmail.sandbox.smtp.auto_reply import auto_reply
from graphmail.sandbox.smtp.transport import Submission, Target, submit

_ADDRESS = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+\.[^@\s<>\",;.]+")


async def send_mail(call: Call) -> Answer:
    """Send without a draft that the caller sees: 202, no body."""
    box = open_box(call, SEND)
    mail, save = _asked(box)
    send_out(box, mail, save=save)
    return Answer(202)


def send_out(box: Box, mail: Mail, *, save: bool = True) -> None:
    """Send a mail that is in no mailbox yet, and keep it in Sent Items. Raises Graph's 400 and 403."""
    later = _submit(box, mail)
    if save:
        sent = place(box.mailbox, "sentitems", mail.properties, box.now + box.tenant.delays.of("delivery") + later)
        sent.internet_headers, sent.attachments = mail.headers, mail.attachments


async def send_draft(call: Call) -> Answer:
    """Send a draft: it leaves Drafts at once, and is in Sent Items under its immutable id when delivered."""
    box = open_box(call, SEND)
    message = box.message(call.params["message_id"])
    if not message.properties["isDraft"]:
        raise graph_error(400, "ErrorInvalidRequest", "The message is not a draft.")
    later = _submit(box, Mail(message.properties, message.internet_headers, message.attachments))
    _leave_drafts(box, message, later)
    return Answer(202)


def _asked(box: Box) -> tuple[Mail, bool]:
    call = box.call
    if is_mime(call):
        return composed_mime(box, call.body), True
    body = call.json()
    fields = {k.lower(): v for k, v in body.items()} if isinstance(body, dict) else {}
    unknown = next((k for k in fields if k not in ("message", "savetosentitems") and "@odata." not in k), None)
    if unknown or not isinstance(fields.get("message"), dict):
        problem = f"Unknown parameter: '{unknown}'." if unknown else "The parameter Message is missing."
        raise graph_error(400, "ErrorInvalidRequest", problem)
    return composed(box, fields["message"]), _saves(fields.get("savetosentitems"))


def _saves(given: Any) -> bool:
    """Whether Sent Items keeps it; as text too, as in the first example of the page of sendMail."""
    if isinstance(given, str) and given.lower() in ("true", "false"):
        return given.lower() == "true"
    if not isinstance(given, bool | None):
        raise graph_error(
            400, "RequestBodyRead", "Cannot convert 'SaveToSentItems' to the expected type 'Edm.Boolean'."
        )
    return given is not False


def _submit(box: Box, mail: Mail) -> timedelta:
    """Check that it can go out, mark it as sent, hand it to the transport and write one line into the ledger.

    Returns how long it waits for its turn.
    """
    recipients = _recipients(mail.properties)
    _check_sender(box, mail.properties)
    if encoded_size(mail.properties, mail.attachments) > box.mailbox.max_send_size:
        raise graph_error(400, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    later = _turn(box, len(recipients))
    moment = timestamp(box.now)
    mail.properties |= {"isDraft": False, "isRead": True, "sentDateTime": moment, "receivedDateTime": moment}
    box.commit(mail.properties["internetMessageId"], subject=mail.properties["subject"], recipients=recipients)
    sender = Target(box.tenant, box.recipient, box.mailbox)
    submission = Submission(mail.properties, mail.headers, mail.attachments, recipients, sender, later)
    auto_reply(box.call.world, submit(box.call.world, submission), mail.properties, mail.headers)
    return later


def _turn(box: Box, recipients: int) -> timedelta:
    """Count the mail against what the mailbox may send. Raises 403 where it may send nothing more today, or at all."""
    tenant, now = box.tenant, box.now
    if box.recipient.primary_address in tenant.mail_rules.blocked:
        text = "Cannot send mail. The sender is restricted by outbound spam protection."
        raise graph_error(403, "ErrorMessageSubmissionBlocked", text)
    require_quota(box, 1)
    sent = tenant.mail_traffic.sent.setdefault(box.recipient.id, SentMail())
    if sent.recipients.room(now, tenant.limits.recipients_per_day, recipients):
        text = "Cannot send mail. The mailbox exceeded its limit of recipients in 24 hours."
        raise graph_error(403, "ErrorExceededMessageLimit", text)
    sent.recipients.add(recipients)
    return sent.turn(now, tenant.limits.messages_per_minute) - now


def _recipients(properties: dict[str, Any]) -> list[str]:
    """Return the addresses it goes to, each once. Raises Graph's 400 where one is malformed or there is none."""
    fields = ("toRecipients", "ccRecipients", "bccRecipients")
    given = [((r.get("emailAddress") or {}).get("address") or "").strip() for f in fields for r in properties[f] or ()]
    if not given:
        text = "At least one recipient is not valid., A message can't be sent because it contains no recipients."
        raise graph_error(400, "ErrorInvalidRecipients", text)
    bad = next((a for a in given if not _ADDRESS.fullmatch(a)), None)
    if bad is not None:
        raise graph_error(
            400,
            "ErrorInvalidRecipients",
            f"At least one recipient is not valid., Recipient '{bad}' is not resolved. All recipients must be resolved "
            "before a message can be submitted.",
        )
    return list({a.lower(): a for a in given}.values())


def _check_sender(box: Box, properties: dict[str, Any]) -> None:
    """Another's address needs Send As, which nobody has here; one of its own is fine."""
    own = {a.lower() for a in box.recipient.addresses}
    for field in ("from", "sender"):
        given = ((properties.get(field) or {}).get("emailAddress") or {}).get("address")
        if given and given.lower() not in own:
            text = (
                "The user account which was used to submit this request does not have the right to send mail on behalf "
                "of the specified sending account. Cannot submit message."
            )
            raise graph_error(403, "ErrorSendAsDenied", text)
    named = {"emailAddress": {"name": box.recipient.display_name, "address": box.recipient.primary_address}}
    properties["from"] = properties.get("from") or named
    properties["sender"] = named


def _leave_drafts(box: Box, message: Message, later: timedelta) -> None:
    del box.mailbox.messages[message.id]
    message.id, message.folder_id = new_id(), box.mailbox.folders["sentitems"]
    message.visible = box.now + box.tenant.delays.of("delivery") + later
    touch(message, box.now)
    box.mailbox.messages[message.id] = message
