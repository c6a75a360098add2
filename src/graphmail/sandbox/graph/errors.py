"""Graph's error envelope: learn.microsoft.com/graph/errors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graphmail.sandbox.call import Answer, ServiceError


def graph_answer(
    status: int,
    code: str,
    message: str,
    details: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """An error answer; the date and the request ids of `innerError` are filled in on the way out."""
    error: dict[str, Any] = {"code": code, "message": message}
    if details:
        error["details"] = details
    error["innerError"] = {}
    return Answer(status, {"error": error}, headers or {})


def graph_error(
    status: int,
    code: str,
    message: str,
    details: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> ServiceError:
    return ServiceError(graph_answer(status, code, message, details, headers))


def bad_request(message: str, details: list[dict[str, str]] | None = None) -> ServiceError:
    return graph_error(400, "Request_BadRequest", message, details)


def not_found(identifier: str) -> ServiceError:
    """The directory's 404, also for an object that has not replicated yet."""
    message = (
        f"Resource '{identifier}' does not exist or one of its queried reference-property objects are not present."
    )
    return graph_error(404, "Request_ResourceNotFound", message)


def denied() -> ServiceError:
    return graph_error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def unsupported_query(message: str) -> ServiceError:
    return graph_error(400, "Request_UnsupportedQuery", message)


class GraphDialect:
    """Graph's wording of errors that come before any handler."""

    def unauthorized(self, problem: str) -> Answer:
        return graph_answer(401, "InvalidAuthenticationToken", problem, headers={"WWW-Authenticate": 'Bearer realm=""'})

    def forbidden(self) -> Answer:
        return denied().answer

    def bad_json(self) -> Answer:
        message = (
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
            "JSON format."
        )
        return graph_answer(400, "BadRequest", message)

    def too_large(self) -> Answer:
        return graph_answer(413, "RequestEntityTooLarge", "The maximum request length supported is 4MB.")

    def unavailable(self, status: int, message: str) -> Answer:
        return graph_answer(status, "InternalServerError", message)

    def sign(self, answer: Answer, request_id: str, client_request_id: str | None, at: datetime) -> None:
        """Fill the `innerError` that an error in Graph's envelope has empty."""
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if answer.status >= 400 and isinstance(error, dict) and "innerError" in error:
            error["innerError"] = {
                **error["innerError"],
                "date": f"{at:%Y-%m-%dT%H:%M:%S}",
                "request-id": request_id,
                "client-request-id": client_request_id or request_id,
            }
