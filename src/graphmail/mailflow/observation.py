"""What one look at a claim found, before it becomes a check in a record."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphmail.errors import DeadlineExceeded, OutcomeUnknown, ServiceFailure, TenantError, Unreachable
from graphmail.evidence import Verdict
from graphmail.evidence.record import Measure


class NotTried(TenantError):
    """An earlier step failed, so this one says nothing about the claim."""


@dataclass(frozen=True, slots=True)
class Observation:
    """`seconds` is how long it took until this was seen, or None for the time that the check itself took."""

    verdict: Verdict
    observed: str
    attempts: int = 1
    seconds: float | None = None
    request_ids: list[str] = field(default_factory=list)
    measured: dict[Measure, float] = field(default_factory=dict)

    @classmethod
    def of_error(cls, error: TenantError) -> Observation:
        """A refusal disproves the claim; a service that does not answer leaves it open."""
        undecided = isinstance(error, NotTried | OutcomeUnknown | Unreachable | DeadlineExceeded)
        if isinstance(error, ServiceFailure):
            undecided = error.status == 429 or error.status >= 500
        request_ids = [error.request_id] if error.request_id else []
        return cls("unknown" if undecided else "failed", str(error), request_ids=request_ids)
