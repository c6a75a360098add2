"""Entra's wording of errors that come before any handler."""

from __future__ import annotations

from datetime import UTC, datetime

from graphmail.sandbox.call import Answer
from graphmail.sandbox.entra.errors import entra_error


class EntraDialect:
    def unauthorized(self, problem: str) -> Answer:
        return entra_error(7000218, "invalid_client", problem, datetime.now(UTC), 401).answer

    def forbidden(self) -> Answer:
        return entra_error(53003, "access_denied", "Access has been blocked.", datetime.now(UTC), 403).answer

    def bad_json(self) -> Answer:
        text = "The request body must contain the following parameter: 'grant_type'."
        return entra_error(900144, "invalid_request", text, datetime.now(UTC)).answer

    def too_large(self) -> Answer:
        return entra_error(
            90015, "invalid_request", "Requested query string is too long.", datetime.now(UTC), 413
        ).answer

    def unavailable(self, status: int, message: str) -> Answer:
        return entra_error(90033, "temporarily_unavailable", message, datetime.now(UTC), status).answer

    def sign(self, answer: Answer, request_id: str, client_request_id: str | None, at: datetime) -> None:
        """Entra's ids are in the body already."""
