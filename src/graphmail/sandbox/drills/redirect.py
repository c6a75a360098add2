"""A redirect to a host that is not the service's: whoever follows it with the bearer has given it away."""

from __future__ import annotations

from urllib.parse import quote

from graphmail.sandbox.call import Answer
from graphmail.sandbox.drills.drill import Drill, Turn
from graphmail.sandbox.drills.parameter import host, redirect_status


async def _elsewhere(turn: Turn) -> Answer:
    prefix = "/v1.0" if turn.service == "graph" else ""
    location = f"https://{turn.values['host']}{prefix}{quote(turn.call.path)}"
    return Answer(turn.values["status"], None, {"Location": location})


REDIRECT = (
    Drill(
        "redirect_elsewhere", "302 to a host that is not the service's", "curl.se/docs/CVE-2018-1000007.html",
        _elsewhere, {"status": redirect_status(302), "host": host("outlook.office365.com.attacker.example")},
        in_batch=False,
    ),
)  # fmt: skip
