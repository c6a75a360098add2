"""What stops one customer's run. Every message says what was asked, expected, found, and what to do next.

No message holds a secret, a response body, a URL with a token, or another library's exception text; raise these
`from None` wherever the cause might hold one.
"""

from __future__ import annotations


class TenantError(Exception):
    """One customer cannot go on.

    `problem` is one sentence. `expected`, `found` and `remedy` complete it; `request_id` is the service's own id for
    the request that failed, to be quoted to its support.
    """

    def __init__(
        self,
        problem: str,
        *,
        expected: str = "",
        found: str = "",
        remedy: str = "",
        request_id: str = "",
    ) -> None:
        self.problem = problem.rstrip(".")
        self.expected = expected
        self.found = found
        self.remedy = remedy
        self.request_id = request_id
        super().__init__(self._text())

    def with_remedy(self, remedy: str) -> TenantError:
        """The same error, telling what to do; whoever knows more than the one who raised it adds that."""
        self.remedy = remedy
        self.args = (self._text(),)
        return self

    def _text(self) -> str:
        parts = [f"{self.problem}."]
        if self.expected:
            parts.append(f"Expected: {self.expected.rstrip('.')}.")
        if self.found:
            parts.append(f"Found: {self.found.rstrip('.')}.")
        if self.remedy:
            parts.append(f"To do: {self.remedy.rstrip('.')}.")
        if self.request_id:
            parts.append(f"Request id {self.request_id}.")
        return " ".join(parts)


class NotReady(TenantError):
    """A tenant in which a run would stop; `obstacles` says where and why, each with the same fields."""

    def __init__(self, problem: str, obstacles: list[dict[str, str]]) -> None:
        super().__init__(problem)
        self.obstacles = obstacles

    def _text(self) -> str:
        return self.problem


class WrongTenant(TenantError):
    """What answered is not the tenant that the inventory names; nothing was written."""


class Unreachable(TenantError):
    """The endpoint refused the connection, has no address, or did not take the request: nothing was received."""


class OutcomeUnknown(TenantError):
    """A write was sent and its answer lost; it may have happened. The caller looks before it does anything again.

    `retry_after` is how many seconds the service asked to be left alone for, 0 if it did not; `throttled` is whether it
    answered 429, so that probably nothing happened.
    """

    retry_after: float = 0.0
    throttled: bool = False


class DeadlineExceeded(TenantError):
    """A bounded wait is over."""


class ServiceFailure(TenantError):
    """A service answered with an error. `status` is the HTTP status; `retry_after` is in seconds if it was told.

    `tried` says how often and for how long it was asked, where it was asked again.
    """

    def __init__(
        self,
        problem: str,
        *,
        status: int,
        found: str = "",
        remedy: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        tried: str = "",
    ) -> None:
        self.status = status
        self.retry_after = retry_after
        if not remedy and (status == 429 or (status >= 500 and status != 501)):
            remedy = f"run the same playbook again, {_when(retry_after)}; it goes on from here"
        found = "; ".join(part for part in (found.rstrip("."), tried) if part)
        super().__init__(problem, found=found, remedy=remedy, request_id=request_id)


# A longer wait than this is somebody's mistake, not a wish.
_BELIEVED = 86400.0  # seconds


def _when(told: float | None) -> str:
    if not told:
        return "later"
    if told > _BELIEVED:
        return "tomorrow (it was told to wait for longer than a day, which is not to be believed)"
    return f"not before {told:.0f} s are over"


class GraphError(ServiceFailure):
    """An error of Microsoft Graph. `code` is its `error.code`, `details` the codes of its `error.details`.

    `missing` says that there is no such object.

    https://learn.microsoft.com/graph/errors
    """

    def __init__(
        self,
        asked: str,
        *,
        status: int,
        code: str = "",
        message: str = "",
        details: tuple[str, ...] = (),
        remedy: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        tried: str = "",
    ) -> None:
        self.code = code
        self.message = message
        self.details = details
        # A 404 without Graph's own error says nothing about the object: something else answered.
        self.missing = status == 404 and bool(code)
        self.asked = asked
        super().__init__(
            f"Graph answered {status} {code}".rstrip() + f" to {asked}",
            status=status,
            found=message,
            remedy=remedy,
            request_id=request_id,
            retry_after=retry_after,
            tried=tried,
        )


class ExchangeError(ServiceFailure):
    """An error of Exchange's admin API. `type_name` is the .NET exception type without its namespace, or "".

    `missing` says that there is no such object.
    """

    def __init__(
        self,
        cmdlet: str,
        *,
        status: int,
        type_name: str = "",
        message: str = "",
        remedy: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        tried: str = "",
    ) -> None:
        self.cmdlet = cmdlet
        self.type_name = type_name
        self.missing = type_name == "ManagementObjectNotFoundException"
        self.message = message
        super().__init__(
            f"Exchange answered {status} {type_name}".rstrip() + f" to {cmdlet}",
            status=status,
            found=message,
            remedy=remedy,
            request_id=request_id,
            retry_after=retry_after,
            tried=tried,
        )


class TokenError(ServiceFailure):
    """Entra refused a token. `error` is the OAuth error, `codes` are its AADSTS numbers, `why` is one of the two.

    https://learn.microsoft.com/entra/identity-platform/reference-error-codes
    """

    def __init__(
        self,
        asked: str,
        *,
        status: int,
        error: str = "",
        codes: tuple[int, ...] = (),
        remedy: str = "",
        request_id: str = "",
        tried: str = "",
    ) -> None:
        self.error = error
        self.codes = codes
        self.why = ", ".join(f"AADSTS{code}" for code in codes) or error
        super().__init__(
            f"Entra answered {status} {self.why} to {asked}",
            status=status,
            remedy=remedy,
            request_id=request_id,
            tried=tried,
        )


def nothing_done(error: TenantError) -> bool:
    """Whether a failed one-shot write proves that nothing came of it: not received, throttled, or refused by Graph.

    Neither a 404 nor a 409 does, since both were seen after a success; nor does what a gateway answers.
    """
    if isinstance(error, GraphError):
        return error.status == 429 or (error.status in (400, 401, 403) and bool(error.code))
    return isinstance(error, Unreachable)
