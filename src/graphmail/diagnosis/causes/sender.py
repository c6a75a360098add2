"""Sending itself: stopped by outbound spam protection, or over a limit of the day."""

from __future__ import annotations

from graphmail.diagnosis.cause import Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts
from graphmail.diagnosis.symptom import Symptom

BLOCKED, OVER = "ErrorMessageSubmissionBlocked", "ErrorExceededMessageLimit"
SENDING = frozenset({Symptom.SEND, Symptom.LARGE, Symptom.STOPPED})


def _blocked(facts: Facts) -> Proof | None:
    refused = [box for box in facts.mailboxes if box.answered(BLOCKED)]
    if refused:
        calls = tuple(call for box in refused for call in box.answered(BLOCKED))
        return Proof(Certainty.CERTAIN, f"Graph says so of {', '.join(b.address for b in refused)}", calls)
    listed = {str(row.get("SenderAddress", "")).lower() for row in facts.blocked.value}
    stopped = [box.address for box in facts.mailboxes if box.address.lower() in listed]
    if not stopped:
        return None
    return Proof(Certainty.CERTAIN, f"a restricted entity in Microsoft 365: {', '.join(stopped)}", (facts.blocked,))


def _over(facts: Facts) -> Proof | None:
    refused = [box for box in facts.mailboxes if box.answered(OVER)]
    if not refused:
        _all_read = [box.send.value for box in facts.mailboxes]
        return None
    calls = tuple(call for box in refused for call in box.answered(OVER))
    return Proof(Certainty.CERTAIN, f"Graph says so of {', '.join(b.address for b in refused)}", calls)


SENDER_BLOCKED = Cause(
    name="sender_blocked",
    title="Outbound spam protection has stopped a mailbox",
    healthy="Outbound spam protection lets every connected mailbox send",
    signs="Get-BlockedSenderAddress; Graph's `ErrorMessageSubmissionBlocked`",
    next_step="the customer's administrator finds out what was sent, secures the account, and unblocks it: Microsoft "
    "Defender, Email & collaboration, Review, Restricted entities",
    explains=SENDING,
    judge=_blocked,
)
SENDING_LIMIT = Cause(
    name="sending_limit",
    title="A mailbox has reached its limit of recipients",
    healthy="No connected mailbox is over its limit of recipients",
    signs="Graph's `ErrorExceededMessageLimit`: 10,000 recipients in 24 hours",
    next_step="wait until 24 hours are over; spread what is sent over more mailboxes, or send less",
    explains=SENDING,
    judge=_over,
)
