"""429 with every kind of Retry-After that was seen, and some that nobody should believe."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

from graphmail.sandbox.call import Answer
from graphmail.sandbox.drills.drill import Act, Drill, Turn
from graphmail.sandbox.drills.errors import failure
from graphmail.sandbox.drills.parameter import told_seconds

_PAGE = "learn.microsoft.com/graph/throttling"
_RFC = "www.rfc-editor.org/rfc/rfc9110#field.retry-after"


def _throttle(told: str | None = None) -> Act:
    """Answer 429; `told` is the header, else the plan's `seconds`, as they stand."""

    async def act(turn: Turn) -> Answer:
        text = told if told is not None else str(turn.values.get("seconds", ""))
        return failure(turn.service, 429, {"Retry-After": text} if text else {})

    return act


async def _until(turn: Turn) -> Answer:
    then = turn.call.tenant.clock.now() + timedelta(seconds=turn.values["seconds"])
    return failure(turn.service, 429, {"Retry-After": format_datetime(then, usegmt=True)})


THROTTLING = (
    Drill("throttled_without_retry_after", "429 that does not say for how long", _PAGE, _throttle("")),
    Drill("throttled_integer", "429 with whole seconds", _PAGE, _throttle(), {"seconds": told_seconds(10)}),
    Drill(
        "throttled_fractional", "429 with a fraction of seconds", _PAGE, _throttle(), {"seconds": told_seconds(2.128)}
    ),
    Drill("throttled_http_date", "429 with a date instead of seconds", _RFC, _until, {"seconds": told_seconds(30)}),
    Drill(
        "throttled_for_ages", "429 with a wait of decades", _RFC, _throttle(), {"seconds": told_seconds(1_000_000_000)}
    ),
    Drill("throttled_negative", "429 with less than no time", _RFC, _throttle(), {"seconds": told_seconds(-5)}),
    Drill("throttled_text", "429 with words for a time", _RFC, _throttle("in a while")),
)
