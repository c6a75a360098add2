"""5xx before the service did anything, and after it did everything."""

from __future__ import annotations

from graphmail.sandbox.call import Answer
from graphmail.sandbox.drills.drill import Act, Drill, Turn
from graphmail.sandbox.drills.errors import failure
from graphmail.sandbox.drills.parameter import error_status, told_seconds
from graphmail.sandbox.drills.requests import changes_credentials

_PAGE = "learn.microsoft.com/graph/errors"
_AFTER = "learn.microsoft.com/answers/questions/5629476"
_NAMES = {500: "an internal error", 502: "a bad gateway", 503: "an overload", 504: "a gateway's timeout"}


def _fail(status: int, *, committed: bool) -> Act:
    async def act(turn: Turn) -> Answer:
        if committed and (done := await turn.proceed()).status >= 400:
            return done
        told = turn.values.get("retry_after")
        return failure(turn.service, status, {"Retry-After": str(told)} if told else {})

    return act


async def _conflict(turn: Turn) -> Answer:
    text = "Error due to concurrent requests being made to the tenant. Please wait briefly and retry."
    answer = failure("graph", 500)
    answer.status = turn.values["status"]
    answer.body["error"] |= {"code": "Directory_ConcurrencyViolation", "message": text}
    return answer


OUTAGE = (
    *(
        Drill(f"http_{status}_before", f"{name}: nothing was done", _PAGE, _fail(status, committed=False),
              {"retry_after": told_seconds(0)})
        for status, name in _NAMES.items()
    ),
    *(
        Drill(f"http_{status}_after", f"{name} told of a change that is committed", _AFTER,
              _fail(status, committed=True), {"retry_after": told_seconds(0)})
        for status, name in _NAMES.items()
    ),
    Drill(
        "concurrency_conflict", "two writers at one application's credentials; the loser's change is not done",
        "github.com/nais/azurerator/issues/448", _conflict,
        {"status": error_status(409)}, ("graph",), changes_credentials,
    ),
)  # fmt: skip
