"""Microsoft Graph v1.0 as this project needs it: typed errors, paging, batched reads, one retry class for each call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from graphmail.auth import Token
from graphmail.bearer import Bearer
from graphmail.errors import GraphError, TenantError
from graphmail.path_template import path_template
from graphmail.printable import printable
from graphmail.reads import Reads
from graphmail.retry import Operation, retry_after
from graphmail.transport import Reply, Request, Transport

BATCH = 20  # https://learn.microsoft.com/graph/json-batching
ROUNDS = 5  # how often items of a batch that were throttled are asked again


def literal(text: str) -> str:
    """An OData string literal, quotes doubled and percent-encoded, for paths and filters in paths."""
    return "'" + quote(text.replace("'", "''"), safe="") + "'"


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """One answer of a batch: a body, or the error it would have raised."""

    body: dict[str, Any]
    error: GraphError | None = None

    @property
    def missing(self) -> bool:
        return self.error is not None and self.error.status == 404

    def value(self) -> dict[str, Any]:
        """The body; raises the error."""
        if self.error:
            raise self.error
        return self.body


class Graph:
    """One tenant's Graph, as one client. Paths begin after `/v1.0`, e.g. `/applications`."""

    def __init__(self, transport: Transport, token: Callable[[bool], Token], reads: Reads | None = None) -> None:
        self.transport = transport
        self.token = token
        self._bearer = Bearer(transport, token)
        self._reads = reads
        self._root = f"{transport.cloud.graph}/v1.0"

    def get(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """One object. Raises GraphError."""
        ahead = self._reads.get(path) if self._reads and params is None else None
        if ahead is not None:
            if "error" in ahead:
                raise self._error_of_body(ahead["status"], ahead, "GET", path, "read ahead", None)
            return dict(ahead["body"])
        return dict(self.call(Operation.READ, "GET", path, params=params, headers=headers).json())

    def find(self, path: str, **kwargs: Any) -> dict[str, Any] | None:
        """One object, or None where Graph answers 404; one absence proves nothing."""
        try:
            return self.get(path, **kwargs)
        except GraphError as error:
            if error.status == 404:
                return None
            raise

    def list_all(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """All objects of a collection, page by page."""
        page = self.get(path, params=params, headers=headers)
        while True:
            yield from page.get("value", ())
            link = page.get("@odata.nextLink")
            if not link:
                return
            # Whole and unchanged: its tokens are the service's own. `Bearer` checks the host.
            page = self._send(
                Request("GET", link, f"the next page of {path}", dict(headers or {})), Operation.READ
            ).json()
            if "value" not in page:
                raise TenantError(f"Graph ended {path} in the middle of its pages", remedy="run the same command again")

    def call(
        self,
        operation: Operation,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        secret_reply: bool = False,
    ) -> Reply:
        """Any request; the reply has a status below 300. Raises GraphError, and what `Transport.send` raises."""
        request = Request(
            method,
            f"{self._root}{path}",
            asked=f"{method} {path_template(path)}",
            headers=dict(headers or {}),
            params=params,
            json=json,
            content=content,
            secret_reply=secret_reply,
        )
        return self._send(request, operation)

    def stream(self, path: str, *, chunk: int = 1 << 20) -> Iterator[bytes]:
        """The bytes of a stream property, e.g. an attachment's `$value`, without holding them all."""
        asked = f"GET {path_template(path)}"
        reply = self._send(Request("GET", f"{self._root}{path}", asked, stream=True), Operation.READ)
        yield from reply.raw.iter_content(chunk)

    def upload(self, url: str, content: bytes, start: int, total: int) -> Reply:
        """PUT one slice of an upload session; the URL is pre-authenticated and is never shown.

        https://learn.microsoft.com/graph/outlook-large-attachments
        """
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes {start}-{start + len(content) - 1}/{total}",
        }
        asked = f"upload of bytes {start} to {start + len(content) - 1} of {total}"
        return self._upload(Request("PUT", url, asked, headers, content=content))

    def cancel_upload(self, url: str) -> None:
        """End an upload session; what it held is dropped."""
        self._upload(Request("DELETE", url, "cancelling an upload session"))

    def batch(
        self, paths: Sequence[str], *, headers: Mapping[str, str] | None = None, ahead: bool = False
    ) -> list[BatchAnswer]:
        """GET many paths in few requests, answers in their order. `ahead` keeps them for the run's later tasks."""
        answers: dict[int, BatchAnswer] = {}
        for number, path in enumerate(paths):
            kept = self._reads.get(path) if self._reads else None
            if kept is not None:
                answers[number] = self._answer(path, kept["status"], kept.get("body") or kept, "read ahead")
        asked = [number for number in range(len(paths)) if number not in answers]
        for start in range(0, len(asked), BATCH):
            numbers = asked[start : start + BATCH]
            answers |= self._batch({number: paths[number] for number in numbers}, dict(headers or {}))
        if ahead and self._reads:
            self._reads.put({paths[n]: _kept(a) for n, a in answers.items() if a.error is None or a.missing})
        return [answers[number] for number in range(len(paths))]

    def _batch(self, paths: dict[int, str], headers: dict[str, str]) -> dict[int, BatchAnswer]:
        answers: dict[int, BatchAnswer] = {}
        for last in (*(False,) * (ROUNDS - 1), True):
            asked = [
                {"id": str(n), "method": "GET", "url": p, "headers": headers}
                for n, p in paths.items()
                if n not in answers
            ]
            reply = self.call(Operation.READ, "POST", "/$batch", json={"requests": asked})
            wait = 0.0
            for item in reply.json().get("responses", ()):
                number, status = int(item["id"]), int(item["status"])
                if number not in paths:
                    continue
                if (status == 429 or status >= 500) and status != 501 and not last:
                    wait = max(wait, retry_after(item.get("headers") or {}, self.transport.clock.now()) or 1.0)
                    continue
                answers[number] = self._answer(paths[number], status, item.get("body") or {}, reply.request_id)
            if len(answers) == len(paths):
                return answers
            self.transport.clock.sleep(wait)
        raise TenantError(
            "Graph left requests of a batch unanswered", found=f"{len(paths) - len(answers)} of {len(paths)}"
        )

    def _answer(self, path: str, status: int, body: dict[str, Any], request_id: str) -> BatchAnswer:
        if status < 400:
            return BatchAnswer(body)
        return BatchAnswer({}, self._error_of_body(status, body, "GET", path, request_id, None))

    def _send(self, request: Request, operation: Operation) -> Reply:
        if self._reads and operation is not Operation.READ:
            self._reads.drop()
        reply = self._bearer.send(request, operation, stale=_stale, transient=_transient)
        if reply.status >= 300:
            raise self._error(reply, request)
        return reply

    def _upload(self, request: Request) -> Reply:
        if not self.transport.cloud.takes_upload(request.url):
            raise TenantError("The upload URL lies outside the chosen cloud", remedy="nothing was sent; report this")
        reply = self.transport.send(request, Operation.ONE_SHOT)
        if reply.status >= 300:
            raise self._error(reply, request)
        return reply

    def _error(self, reply: Reply, request: Request) -> GraphError:
        told = retry_after(reply.headers, self.transport.clock.now())
        return self._error_of_body(
            reply.status,
            reply.json(),
            request.asked.split(" ")[0],
            request.asked.partition(" ")[2],
            reply.request_id,
            told,
        )

    @staticmethod
    def _error_of_body(
        status: int, body: Any, method: str, path: str, request_id: str, told: float | None
    ) -> GraphError:
        error = body.get("error") if isinstance(body, dict) else None
        error = error if isinstance(error, dict) else {}
        details = error.get("details") or ()
        return GraphError(
            f"{method} {path_template(path)}",
            status=status,
            code=str(error.get("code", "")),
            message=printable(str(error.get("message", ""))),
            details=tuple(str(detail.get("code", "")) for detail in details if isinstance(detail, dict)),
            request_id=request_id,
            retry_after=told,
        )


def _kept(answer: BatchAnswer) -> dict[str, Any]:
    if answer.error is None:
        return {"status": 200, "body": answer.body}
    return {"status": answer.error.status, "error": {"code": answer.error.code, "message": answer.error.message}}


def _stale(reply: Reply) -> bool:
    return reply.status == 401


def _transient(reply: Reply) -> bool:
    # https://learn.microsoft.com/graph/errors: a lock and a slow request; nothing was done.
    return reply.status in (408, 423)
