"""Microsoft Graph v1.0 as this project needs it: typed errors, paging, batched reads, one retry class for each call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from requests.structures import CaseInsensitiveDict

from graphmail.auth import Token
from graphmail.bearer import Bearer
from graphmail.errors import GraphError, TenantError, Unreachable
from graphmail.graph_errors import IN_PLACE, graph_error, is_own, is_passing_read, is_stale, is_transient
from graphmail.path_template import path_template
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
        return self.error is not None and self.error.missing

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
        self._bearer = Bearer(transport, token, transport.cloud.takes_graph_token)
        self._reads = reads
        self._root = f"{transport.cloud.graph}/v1.0"

    def get(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """One object. Raises GraphError."""
        ahead = self._reads.get(path) if self._reads and params is None else None
        if ahead is not None:
            if "error" in ahead:
                raise graph_error(f"GET {path_template(path)}", ahead["status"], ahead, "read ahead")
            return dict(ahead["body"])
        reply = self.call(Operation.READ, "GET", path, params=params, headers=headers)
        body = reply.json()
        if not is_own(body):
            # Something between us and Graph answered; nothing there must never look like an empty tenant.
            raise TenantError(
                f"Graph answered {reply.status} without any object to GET {path_template(path)}",
                found=reply.tried,
                remedy=IN_PLACE,
                request_id=reply.request_id,
            )
        return body

    def find(self, path: str, **kwargs: Any) -> dict[str, Any] | None:
        """One object, or None where Graph answers 404; one absence proves nothing."""
        try:
            return self.get(path, **kwargs)
        except GraphError as error:
            if error.missing:
                return None
            raise

    def list_all(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """All objects of a collection, page by page, each once. Pages in a circle are an error."""
        page = self.get(path, params=params, headers=headers)
        followed, told = {f"{self._root}{path}"}, set[Any]()
        while True:
            if not isinstance(page.get("value"), list):
                raise TenantError(
                    f"Graph ended {path_template(path)} in the middle of its pages",
                    remedy="run the same playbook again",
                )
            for row in page["value"]:
                # A page may repeat what stood on the one before.
                key = row.get("id") if isinstance(row, dict) else None
                if key is None or key not in told:
                    yield row
                told.add(key)
            link = page.get("@odata.nextLink")
            if not link:
                return
            if link in followed:
                raise TenantError(
                    f"Graph leads in a circle through the pages of {path_template(path)}",
                    found=f"a nextLink that was followed before, after {len(told)} objects",
                    remedy="run the same playbook again; a part is never taken for the whole",
                )
            followed.add(link)
            # Whole and unchanged: its tokens are the service's own. `Bearer` checks the host.
            asked = f"GET {path_template(path)}, its next page"
            page = self._send(Request("GET", str(link), asked, dict(headers or {})), Operation.READ).json()

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

    def delete(self, path: str) -> None:
        """Delete one object; that it is gone already is no error, since a repeated request may have done it before."""
        try:
            self.call(Operation.IDEMPOTENT, "DELETE", path)
        except GraphError as error:
            if not error.missing:
                raise

    def stream(self, path: str, *, chunk: int = 1 << 20) -> Iterator[bytes]:
        """The bytes of a stream property, e.g. an attachment's `$value`, without holding them all."""
        asked = f"GET {path_template(path)}"
        reply = self._send(Request("GET", f"{self._root}{path}", asked, stream=True), Operation.READ)
        try:
            yield from reply.raw.iter_content(chunk)
        except requests.exceptions.RequestException:
            raise Unreachable(
                f"Graph broke off while it answered {asked}",
                remedy="run the same again: nothing was changed",
                request_id=reply.request_id,
            ) from None

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
                answers[number] = _answer(path, kept["status"], kept.get("body") or kept, "read ahead")
        asked = [number for number in range(len(paths)) if number not in answers]
        for start in range(0, len(asked), BATCH):
            numbers = asked[start : start + BATCH]
            answers |= self._batch({number: paths[number] for number in numbers}, dict(headers or {}))
        if ahead and self._reads:
            self._reads.put({paths[n]: _kept(a) for n, a in answers.items() if a.error is None or a.missing})
        return [answers[number] for number in range(len(paths))]

    def _batch(self, paths: dict[int, str], headers: dict[str, str]) -> dict[int, BatchAnswer]:
        answers: dict[int, BatchAnswer] = {}
        clock = self.transport.clock
        deadline = clock.deadline(self.transport.patience)
        for last in (*(False,) * (ROUNDS - 1), True):
            asked = [
                {"id": str(n), "method": "GET", "url": p, "headers": headers}
                for n, p in paths.items()
                if n not in answers
            ]
            reply = self.call(Operation.READ, "POST", "/$batch", json={"requests": asked})
            wait = 1.0
            for item in reply.json().get("responses", ()):
                number, status, body = int(item["id"]), int(item["status"]), item.get("body")
                told = retry_after(CaseInsensitiveDict(item.get("headers") or {}), clock.now()) or 0.0
                passing = (status == 429 or status >= 500) and status != 501 and told <= deadline.remaining
                if number not in paths or (passing and not last):
                    wait = max(wait, told)
                elif status >= 400 or is_own(body):
                    answers[number] = _answer(paths[number], status, body, reply.request_id, told)
            if len(answers) == len(paths):
                return answers
            clock.sleep(wait)
        raise TenantError(
            "Graph left requests of a batch unanswered",
            found=f"{len(paths) - len(answers)} of {len(paths)}",
            remedy="run the same playbook again",
            request_id=reply.request_id,
        )

    def _send(self, request: Request, operation: Operation) -> Reply:
        if self._reads and operation is not Operation.READ:
            self._reads.about_to_write()
        passing = is_passing_read if operation is Operation.READ and not request.stream else is_transient
        reply = self._bearer.send(request, operation, stale=is_stale, transient=passing)
        if reply.status >= 300:
            raise self._refused(reply, request)
        return reply

    def _upload(self, request: Request) -> Reply:
        if not self.transport.cloud.takes_upload(request.url):
            raise TenantError("The upload URL lies outside the chosen cloud", remedy="nothing was sent; report this")
        reply = self.transport.send(request, Operation.ONE_SHOT)
        if reply.status >= 300:
            raise self._refused(reply, request)
        return reply

    def _refused(self, reply: Reply, request: Request) -> GraphError:
        told = retry_after(reply.headers, self.transport.clock.now())
        return graph_error(request.asked, reply.status, reply.json(), reply.request_id, told, reply.tried)


def _answer(path: str, status: int, body: Any, request_id: str, told: float = 0.0) -> BatchAnswer:
    if status < 400:
        return BatchAnswer(body)
    return BatchAnswer({}, graph_error(f"GET {path_template(path)}", status, body, request_id, told))


def _kept(answer: BatchAnswer) -> dict[str, Any]:
    if answer.error is None:
        return {"status": 200, "body": answer.body}
    return {"status": answer.error.status, "error": {"code": answer.error.code, "message": answer.error.message}}
