"""The one retry layer: what is sent again depends on what was asked and on whether it may have happened.

| operation      | not received (refused, DNS, 429) | unknown (timeout, reset, 5xx after the request was sent)   |
|----------------|----------------------------------|------------------------------------------------------------|
| READ           | again                            | again                                                      |
| IDEMPOTENT     | again                            | again                                                      |
| KEYED_CREATE   | again                            | OutcomeUnknown: the caller reads back by key first          |
| ONE_SHOT       | again after 429 only             | OutcomeUnknown: the caller looks for its marker first       |
| SEND           | never; OutcomeUnknown after 429  | OutcomeUnknown: mail was sent though the answer was 429     |

Never earlier than a `Retry-After` says; without one, exponential backoff with full jitter; always with a deadline.
"""

from __future__ import annotations

import json
import os
import ssl
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import tenacity
import urllib3.exceptions

from graphmail.clock import Clock
from graphmail.clouds import Cloud
from graphmail.errors import OutcomeUnknown, TenantError, Unreachable
from graphmail.http_line import http_line
from graphmail.retry import Again, Operation, RetryBudget, Stop, Wait, retry_after
from graphmail.sessions import session

CONNECT_TIMEOUT = 10.0  # seconds


def read_timeout() -> float:
    """Seconds an endpoint may take to answer; GRAPHMAIL_TIMEOUT, or 60."""
    return float(os.environ.get("GRAPHMAIL_TIMEOUT", "60"))


@dataclass(slots=True)
class Request:
    """One request. `asked` names it for a person, without any secret; `secret_reply` keeps its bodies out of digests.

    `sent` counts how often it went out.
    """

    method: str
    url: str
    asked: str
    headers: dict[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    json: Any = None
    content: bytes | None = None
    form: Any = None
    secret_reply: bool = False
    stream: bool = False
    sent: int = 0


@dataclass(slots=True)
class Reply:
    """A service's answer, whatever its status. `request_id` is the service's own, or ours if it gave none.

    `tried` says how often it was asked for and for how long, where that was more than once.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    request_id: str
    raw: requests.Response
    tried: str = ""

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; {} where it is empty or something else, as on gateway errors."""
        try:
            body = json.loads(self.content) if self.content.strip(b"\0 \r\n\t") else {}
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}


class _Failed(Again):
    """`failure` is what to raise or return when no attempt is left."""

    def __init__(self, failure: TenantError | Reply, **again: Any) -> None:
        super().__init__(**again)
        self.failure = failure


class Transport:
    """Sends requests of one tenant to one cloud; bearers go to that cloud's hosts only.

    `observe` is called with each exchange as it shall stand in the evidence: no body, no bearer, no query. `witness` is
    called with the form and the reply of each secret exchange, so that the run can look for them in its evidence.
    """

    def __init__(
        self,
        cloud: Cloud,
        clock: Clock,
        *,
        patience: float = 180,
        observe: Callable[[dict[str, Any]], None] | None = None,
        read_only: bool = False,
        budget: RetryBudget | None = None,
        witness: Callable[[Any, bytes], None] | None = None,
    ) -> None:
        self.cloud = cloud
        self.clock = clock
        self.read_only = read_only
        self.patience = patience
        self._observe = observe or (lambda exchange: None)
        self._budget = budget or RetryBudget()
        self._witness = witness or (lambda form, reply: None)

    def send(
        self, request: Request, operation: Operation, *, transient: Callable[[Reply], bool] = lambda reply: False
    ) -> Reply:
        """Send, again where that is safe, and return the answer, also an error.

        `transient` recognises errors that pass among the 4xx of a service. Raises Unreachable when nothing was
        received, OutcomeUnknown when a write may have happened, DeadlineExceeded never: the last answer says more.
        """
        if self.read_only and operation is not Operation.READ:
            raise TenantError(f"{request.asked} would write in check mode", remedy="report this as a defect")
        deadline = self.clock.deadline(self.patience)
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, Again) and error.allowed(operation)),
            wait=Wait(deadline),
            stop=Stop(deadline, self._budget),
            sleep=self.clock.sleep,
            reraise=True,
        )
        try:
            return attempts(self._attempt, request, transient)
        except _Failed as again:
            tries = int(attempts.statistics.get("attempt_number", 1))
            waited = self.patience - deadline.remaining
            tried = f"still so after {tries} tries in {waited:.0f} s" if tries > 1 else ""
            return self._give_up(again, request, operation, tried)

    def must_be_login(self, url: str) -> None:
        """Refuse to send a credential anywhere but to the cloud's own login host."""
        if not url.startswith(f"{self.cloud.login}/"):
            raise TenantError(
                "The sign-in service names an endpoint outside the chosen cloud",
                expected=self.cloud.login,
                found="another host",
                remedy="compare the inventory's cloud; nothing was sent",
            )

    def _give_up(self, again: _Failed, request: Request, operation: Operation, tried: str) -> Reply:
        failure = again.failure
        write = operation in (Operation.KEYED_CREATE, Operation.ONE_SHOT, Operation.SEND)
        # 429 means that nothing was done, but for mail, which was sent all the same.
        maybe = operation is Operation.SEND if again.throttled else again.received
        if write and maybe:
            unknown = OutcomeUnknown(
                f"{request.asked} was sent, and its outcome is unknown",
                found=f"HTTP {failure.status}" if isinstance(failure, Reply) else failure.found,
                remedy="run the same again: it looks for what this may have done before it does anything",
                request_id=failure.request_id,
            )
            unknown.retry_after, unknown.throttled = again.wait, again.throttled
            raise unknown from None
        if isinstance(failure, Reply):
            failure.tried = tried
            return failure
        raise Unreachable(
            failure.problem,
            found="; ".join(part for part in (failure.found, tried) if part),
            remedy=failure.remedy,
            request_id=failure.request_id,
        ) from None

    def _attempt(self, request: Request, transient: Callable[[Reply], bool]) -> Reply:
        self._budget.sent()
        reply = self._exchange(request)
        if reply.status == 429:
            raise _Failed(reply, received=False, throttled=True, wait=self._retry_after(reply))
        if (reply.status >= 500 and reply.status != 501) or transient(reply):
            raise _Failed(reply, received=True, wait=self._retry_after(reply))
        return reply

    def _exchange(self, request: Request) -> Reply:
        client_request_id = str(uuid.uuid4())
        request.sent += 1
        headers = {"client-request-id": client_request_id, "User-Agent": "graphmail", **request.headers}
        try:
            raw = session(self.cloud).request(
                request.method,
                request.url,
                params=request.params,
                json=request.json,
                data=request.form if request.form is not None else request.content,
                headers=headers,
                timeout=(CONNECT_TIMEOUT, read_timeout()),
                allow_redirects=False,
                stream=True,
            )
            content = b"" if request.stream and raw.ok else _content(raw)
        except requests.exceptions.RequestException as error:
            self._log(request, 0, client_request_id, "", b"")
            if request.secret_reply:
                self._witness(request.form, b"")
            raise self._unreachable(request, error, client_request_id) from None
        request_id = raw.headers.get("request-id") or raw.headers.get("x-ms-request-id") or client_request_id
        reply = Reply(raw.status_code, raw.headers, content, request_id, raw)
        if request.secret_reply:
            self._witness(request.form, content)
        self._log(request, reply.status, client_request_id, request_id, content, raw.headers.get("Date", ""))
        return reply

    def _unreachable(self, request: Request, error: Exception, request_id: str) -> _Failed:
        # Only the kind of failure goes into the message: the text of these exceptions holds the whole URL.
        kind, received, hopeless = _kind(error)
        host = request.url.split("/")[2]
        failure = Unreachable(
            f"{request.asked} did not reach {host}" if not received else f"{request.asked} got no answer from {host}",
            found=kind,
            remedy="check the network, a proxy and the endpoint, then run the same playbook again",
            request_id=request_id,
        )
        return _Failed(failure, received=received, hopeless=hopeless)

    def _retry_after(self, reply: Reply) -> float:
        return retry_after(reply.headers, self.clock.now()) or 0.0

    def _log(
        self, request: Request, status: int, client_request_id: str, request_id: str, content: bytes, date: str = ""
    ) -> None:
        self._observe(http_line(request, self.clock.now(), status, client_request_id, request_id, content, date))


def _content(raw: requests.Response) -> bytes:
    try:
        return bytes(raw.content)
    except requests.exceptions.ContentDecodingError:
        # Exchange pads the empty body of a 403 with NULs, and may call it gzip all the same.
        if raw.ok:
            raise
        raw.close()
        return b""


def _kind(error: Exception) -> tuple[str, bool, bool]:
    """What went wrong, for a person; whether the service may have received it; whether another try is pointless."""
    cause: BaseException | None = error
    seen: list[BaseException] = []
    while cause is not None and cause not in seen:
        seen.append(cause)
        reason = getattr(cause, "reason", None)
        cause = (
            reason
            if isinstance(reason, BaseException)
            else next((a for a in cause.args if isinstance(a, Exception)), None)
        )
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in seen):
        return "TLS failed: the certificate is not trusted or not for this name", False, True
    kinds = {
        urllib3.exceptions.NameResolutionError: ("the name has no address", False),
        # A refused connection is a kind of connect timeout to urllib3, so it comes first.
        urllib3.exceptions.NewConnectionError: ("the connection was refused", False),
        urllib3.exceptions.ConnectTimeoutError: (f"no connection within {CONNECT_TIMEOUT:.0f} s", False),
        requests.exceptions.InvalidSchema: ("the URL is not https", False),
        urllib3.exceptions.ProxyError: ("the proxy refused", False),
        urllib3.exceptions.ReadTimeoutError: (f"no answer within {read_timeout():.0f} s", True),
        requests.exceptions.Timeout: (f"no answer within {read_timeout():.0f} s", True),
        # Unlike a refused certificate this may come at any time, also after the request was read.
        urllib3.exceptions.SSLError: ("TLS broke", True),
    }
    for kind, (text, received) in kinds.items():
        if any(isinstance(one, kind) for one in seen):
            return text, received, kind is requests.exceptions.InvalidSchema
    return "the connection broke", True, False
