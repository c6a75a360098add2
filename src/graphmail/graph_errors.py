"""Errors of Microsoft Graph, and what only looks like an answer of its own."""

from __future__ import annotations

from typing import Any

from graphmail.errors import GraphError
from graphmail.printable import printable
from graphmail.transport import Reply

# One of these stands in every object that Graph answers.
_OWN = frozenset({"@odata.context", "value", "id", "responses"})
# Another write to the same object won: https://github.com/nais/azurerator/issues/448
_CONCURRENCY = "Directory_ConcurrencyViolation"
IN_PLACE = "see whether a proxy answers in Graph's place, then run the same playbook again"


def graph_error(
    asked: str, status: int, body: Any, request_id: str, told: float | None = None, tried: str = ""
) -> GraphError:
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    return GraphError(
        asked,
        status=status,
        code=printable(str(error.get("code") or ""), 100),
        message=printable(str(error.get("message") or "")),
        details=tuple(
            printable(str(detail.get("code") or ""), 100)
            for detail in (details if isinstance(details, list) else ())
            if isinstance(detail, dict)
        ),
        request_id=request_id,
        retry_after=told,
        tried=tried,
        remedy=_remedy(status, str(error.get("code") or "")),
    )


def _remedy(status: int, code: str) -> str:
    if 300 <= status < 400:
        return f"it was not followed, since the token would go with it; {IN_PLACE}"
    if code == _CONCURRENCY:
        return "run the same playbook again, when nobody else changes the same object"
    return IN_PLACE if status in (400, 404) and not code else ""


def is_own(body: Any) -> bool:
    """Whether it is an object of Graph's, and not what something in front of it made up."""
    return isinstance(body, dict) and not _OWN.isdisjoint(body)


def is_stale(reply: Reply) -> bool:
    return reply.status == 401


def is_transient(reply: Reply) -> bool:
    # https://learn.microsoft.com/graph/errors: a lock and a slow request; nothing was done.
    return reply.status in (408, 423) or (reply.status == 409 and _code(reply) == _CONCURRENCY)


def is_passing_read(reply: Reply) -> bool:
    """Also an answer that is not Graph's own: a read is asked again."""
    if reply.status < 300:
        return not is_own(reply.json())
    return is_transient(reply) or (reply.status in (400, 404) and not _code(reply))


def _code(reply: Reply) -> str:
    error = reply.json().get("error")
    return str(error.get("code") or "") if isinstance(error, dict) else ""
