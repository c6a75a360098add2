"""Error answers in the wording of each service, as its front end gives them when something is wrong behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from graphmail.sandbox.call import Answer
from graphmail.sandbox.entra.errors import entra_error
from graphmail.sandbox.graph.errors import graph_answer

_GRAPH = {
    429: ("TooManyRequests", "Please retry again later."),
    500: ("InternalServerError", "An unexpected error occurred."),
    502: ("BadGateway", "The server encountered an error. Please try again later."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please try again later."),
    504: ("UnknownError", ""),
}


def failure(service: str, status: int, headers: dict[str, str] | None = None) -> Answer:
    """An outage or a throttle with this status."""
    if service == "graph":
        code, message = _GRAPH[status]
        return graph_answer(status, code, message, headers=headers)
    if service == "entra":
        text = "A transient error has occurred. Please try again."
        answer = entra_error(90033, "temporarily_unavailable", text, datetime.now(UTC), status).answer
        answer.headers |= headers or {}
        return answer
    code, message = ("TooManyRequests", "Too many requests.") if status == 429 else (str(status), "Server error")
    return Answer(status, {"error": {"code": code, "message": message}}, headers or {})


def cmdlet_failure(type_name: str, text: str, status: int = 400) -> Answer:
    """A cmdlet's failure, its detail separated by pipes."""
    detail = {"code": "Client", "target": "", "message": f"|{type_name}|{text}"}
    inner: dict[str, Any] = {
        "message": "Error executing cmdlet",
        "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
        "internalexception": {"message": text, "type": type_name},
    }
    error = {"code": "BadRequest", "message": "Error executing cmdlet", "details": [detail], "innererror": inner}
    return Answer(status, {"error": error, "@adminapi.warnings": []})


def as_bytes(answer: Answer) -> bytes:
    """The body as the socket would carry it."""
    if answer.body is None:
        return b""
    if isinstance(answer.body, bytes):
        return answer.body
    return json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
