"""Answers to sending mail that mislead: an error though it was sent, or 202 with a wait."""

from __future__ import annotations

from graphmail.sandbox.call import Answer
from graphmail.sandbox.drills.drill import Act, Drill, Turn
from graphmail.sandbox.drills.parameter import told_seconds
from graphmail.sandbox.drills.requests import sends_mail
from graphmail.sandbox.graph.errors import graph_answer

_REPORT = "learn.microsoft.com/answers/questions/5629476"
_ISSUE = "github.com/microsoftgraph/msgraph-sdk-java/issues/1487"


def _though_sent(status: int, code: str, message: str) -> Act:
    async def act(turn: Turn) -> Answer:
        if (done := await turn.proceed()).status >= 400:
            return done
        return graph_answer(status, code, message, headers={"Retry-After": str(turn.values["seconds"])})

    return act


async def _accepted(turn: Turn) -> Answer:
    answer = await turn.proceed()
    answer.headers["Retry-After"] = str(turn.values["seconds"])
    return answer


MAIL = (
    Drill(
        "accepted_with_retry_after", "202 that also asks to wait: the mail is on its way", _ISSUE, _accepted,
        {"seconds": told_seconds(5)}, ("graph",), sends_mail,
    ),
    Drill(
        "application_throttled_though_sent", "429 ApplicationThrottled though the mail was sent", _REPORT,
        _though_sent(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit."),
        {"seconds": told_seconds(5)}, ("graph",), sends_mail,
    ),
    Drill(
        "server_busy_though_sent", "503 ErrorServerBusy though the mail was sent", _REPORT,
        _though_sent(503, "ErrorServerBusy", "The server cannot service this request right now. Try again later."),
        {"seconds": told_seconds(5)}, ("graph",), sends_mail,
    ),
)  # fmt: skip
