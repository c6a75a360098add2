"""Errors of the token endpoint: learn.microsoft.com/entra/identity-platform/reference-error-codes."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from graphmail.sandbox.call import Answer, ServiceError


def entra_error(
    code: int, error: str, text: str, now: datetime, status: int = 400, correlation_id: str | None = None,
) -> ServiceError:  # fmt: skip
    """AADSTS error with the full body shape; `now` is what the tenant's clock says."""
    trace, correlation = str(uuid4()), correlation_id or str(uuid4())
    stamp = f"{now:%Y-%m-%d %H:%M:%SZ}"
    description = f"AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    body = {
        "error": error,
        "error_description": description,
        "error_codes": [code],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    }
    return ServiceError(Answer(status, body))
