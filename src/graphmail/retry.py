"""When a request is sent again, and after how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import tenacity

from graphmail.clock import Deadline
from graphmail.run_cache import RunCache


class Operation(Enum):
    """What repeating a request would do; see the table above."""

    READ = "read"
    IDEMPOTENT = "idempotent write"
    KEYED_CREATE = "keyed create"
    ONE_SHOT = "one-shot"
    SEND = "sending mail"


class Again(Exception):
    """An attempt that failed in a way that may pass.

    `received` says whether the service may have received it; `wait` is the seconds that it asked for, or 0.
    """

    def __init__(self, *, received: bool, throttled: bool = False, hopeless: bool = False, wait: float = 0) -> None:
        self.received = received
        self.throttled = throttled
        self.hopeless = hopeless
        self.wait = wait

    def allowed(self, operation: Operation) -> bool:
        if self.hopeless or operation is Operation.SEND:
            return False
        if operation in (Operation.READ, Operation.IDEMPOTENT) or self.throttled:
            return True
        return operation is Operation.KEYED_CREATE and not self.received


class RetryBudget:
    """Keeps an outage from being answered with a storm: a fifth more requests than normal, beyond the first few.

    A sixth of all requests, retries among them, is a fifth of the others.

    One for each tenant and run: what is left lies in the run's cache under `name`, where all task processes spend it.
    Without a cache, as in a notebook's kernel or a shell, it is this process's own. Two processes that spend at the
    very same moment may spend one for two.
    """

    def __init__(
        self, cache: RunCache | None = None, name: str = "retries", *, free: float = 12, share: float = 1 / 6
    ) -> None:
        self._cache = cache
        self._name = name
        self._free = free
        self._share = share
        self._own = free

    def sent(self) -> None:
        # A full budget is not written down: where nothing fails, nothing is shared.
        if (left := self._left()) < self._free:
            self._keep(min(left + self._share, self._free))

    def spend(self) -> bool:
        """Whether there is one more; being refused costs nothing, or an outage would be paid off long after it."""
        if (left := self._left()) < 1:
            return False
        self._keep(left - 1)
        return True

    def _left(self) -> float:
        if self._cache is None:
            return self._own
        kept = self._cache.get(self._name)
        return float(kept) if kept else self._free

    def _keep(self, left: float) -> None:
        self._own = left
        if self._cache:
            self._cache.put(self._name, str(left).encode())


def retry_after(headers: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for, given as seconds (also fractional) or as an HTTP date; None if absent.

    A date counts from the service's own `Date`, if it sent one. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    told = str(headers.get("Retry-After") or "").strip()
    if not told:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    then, since = _date(told), _date(str(headers.get("Date") or "")) or now
    return max(0.0, (then - since).total_seconds()) if then else None


def _date(text: str) -> datetime | None:
    """An HTTP date, aware; None where it is none."""
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class Wait(tenacity.wait.wait_base):
    """As long as the service said, or else full jitter: from 0 to 1, 2, 4, … 60 seconds, never beyond the deadline."""

    _jitter = tenacity.wait_random_exponential(multiplier=1, max=60)

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        outcome = retry_state.outcome
        again = outcome.exception() if outcome else None
        told = again.wait if isinstance(again, Again) else 0.0
        return told or min(self._jitter(retry_state), self._deadline.remaining)


class Stop(tenacity.stop.stop_base):
    """At the deadline, also when the service asks to wait beyond it, or when the tenant's retry budget is spent."""

    def __init__(self, deadline: Deadline, budget: RetryBudget) -> None:
        self._deadline = deadline
        self._budget = budget

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        outcome = retry_state.outcome
        again = outcome.exception() if outcome else None
        told = again.wait if isinstance(again, Again) else 0.0
        return told > self._deadline.remaining or self._deadline.expired or not self._budget.spend()
