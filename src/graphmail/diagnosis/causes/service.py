"""Microsoft's services, or the way to them: not reachable, or throttling."""

from __future__ import annotations

from graphmail.diagnosis.cause import ALL, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts
from graphmail.errors import OutcomeUnknown, ServiceFailure, Unreachable


def _unreachable(facts: Facts) -> Proof | None:
    failed = [call for call in facts.calls() if _down(call.error) and not call.answer.startswith("not asked")]
    failed += [
        p for box in facts.mailboxes for p in box.probes if p.read and (p.value.status == 0 or p.value.status >= 500)
    ]
    if not failed:
        return None
    by_app = facts.token in failed or any(probe in failed for box in facts.mailboxes for probe in box.probes)
    certainty = Certainty.CERTAIN if by_app else Certainty.LIKELY
    return Proof(certainty, failed[0].answer, tuple(failed[:5]))


def _down(error: object) -> bool:
    return isinstance(error, Unreachable | OutcomeUnknown) or (
        isinstance(error, ServiceFailure) and error.status >= 500
    )


def _throttled(facts: Facts) -> Proof | None:
    if not facts.throttled:
        return None
    last = [p for box in facts.mailboxes for p in box.probes if p.read and p.value.status == 429]
    last += [call for call in facts.calls() if isinstance(call.error, ServiceFailure) and call.error.status == 429]
    number = len(facts.throttled)
    found = f"429 to {number} request{'s' if number > 1 else ''} of this diagnosis"
    found += ", and still so when it was asked again" if last else "; asked again, it answered"
    return Proof(Certainty.CERTAIN if last else Certainty.LIKELY, found, (*last[:3], *facts.throttled[:3]))


UNREACHABLE = Cause(
    name="unreachable",
    title="A service does not answer",
    healthy="Entra, Graph and Exchange answer",
    signs="no connection, no answer in time, or 5xx after several tries",
    next_step="look at the service health page of Microsoft 365, and at the network and proxy here; in a rehearsal, "
    "start the sandbox; then run this again",
    explains=ALL,
    judge=_unreachable,
    passing=True,
)
THROTTLED = Cause(
    name="throttled",
    title="Microsoft throttles the app or the tenant",
    healthy="Nothing is throttled",
    signs="429, of Entra, Graph or Exchange, with what it says to wait",
    next_step="the vendor sends and reads less at once: four requests a mailbox, and waits as `Retry-After` says",
    explains=ALL,
    judge=_throttled,
    passing=True,
)
