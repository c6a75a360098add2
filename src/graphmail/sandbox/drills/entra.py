"""The token endpoint's own transient errors."""

from __future__ import annotations

from datetime import UTC, datetime

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.drills.drill import Act, Drill, Turn
from graphmail.sandbox.drills.parameter import error_status
from graphmail.sandbox.entra.errors import entra_error

_CODES = "learn.microsoft.com/entra/identity-platform/reference-error-codes"


def _refuse(number: int, text: str) -> Act:
    async def act(turn: Turn) -> Answer:
        status = turn.values["status"]
        return entra_error(number, "temporarily_unavailable", text, datetime.now(UTC), status).answer

    return act


def _token(service: str, call: Call) -> bool:
    return call.path.lower().endswith("/token")


ENTRA = (
    Drill(
        "entra_unavailable", "AADSTS90033 temporarily_unavailable", _CODES,
        _refuse(90033, "A transient error has occurred. Please try again."),
        {"status": error_status(503)}, ("entra",), _token,
    ),
    Drill(
        "entra_throttled", "AADSTS90055: there are too many requests of this tenant", _CODES,
        _refuse(90055, "The tenant is throttled: there are too many requests."),
        {"status": error_status(429)}, ("entra",), _token,
    ),
)  # fmt: skip
