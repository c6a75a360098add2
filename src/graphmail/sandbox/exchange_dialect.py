"""Exchange's wording of errors that come before any handler."""

from __future__ import annotations

from datetime import datetime

from graphmail.sandbox.call import Answer


class ExchangeDialect:
    def unauthorized(self, problem: str) -> Answer:
        """A refused bearer gets no body; the reason stands in a header."""
        return Answer(
            401,
            headers={
                "WWW-Authenticate": 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", error="invalid_token"',
                "x-ms-diagnostics": f'2000003;reason="{problem}";error_category="invalid_token"',
            },
        )

    def forbidden(self) -> Answer:
        return Answer(403)

    def bad_json(self) -> Answer:
        return self.unavailable(400, "The request body is no valid JSON.")

    def too_large(self) -> Answer:
        return self.unavailable(413, "The request is too large.")

    def unavailable(self, status: int, message: str) -> Answer:
        return Answer(status, {"error": {"code": str(status), "message": message}})

    def sign(self, answer: Answer, request_id: str, client_request_id: str | None, at: datetime) -> None:
        """Exchange's request ids stand in headers alone."""
