"""Paging that goes wrong: rows told twice or left out, links in a circle or out of the house.

So that there are pages at all, a drill asks for small ones in the client's place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.drills.drill import Act, Drill, Turn
from graphmail.sandbox.drills.parameter import host, page_size
from graphmail.sandbox.drills.requests import is_continuation, is_read

_PAGE = "learn.microsoft.com/graph/paging"
_CYCLE = "github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2108"
_SAME = "github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/7004"
_LOST = "github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/1239"
_NEXT = "@odata.nextLink"
_ASKED = "the query as it came"
_PATH = "/()'=$"

Spoil = Callable[[Turn, dict[str, Any]], bool]


def _paged(spoil: Spoil) -> Act:
    """Ask for small pages, and spoil one that has a link or was reached by one; any other answer is a miss."""

    async def act(turn: Turn) -> Answer:
        turn.memory[_ASKED] = turn.call.query
        _small(turn)
        answer = await turn.proceed()
        if answer.status == 400:
            # No list, so it takes no page size.
            turn.call.query = turn.memory[_ASKED]
            answer = await turn.proceed()
        page = answer.body if isinstance(answer.body, dict) else {}
        if answer.status != 200 or not isinstance(page.get("value"), list):
            turn.missed = True
            return answer
        answer = replace(answer, body=dict(page))
        turn.missed = not spoil(turn, answer.body)
        return answer

    return act


def _small(turn: Turn) -> None:
    call, size = turn.call, turn.values["page_size"]
    if turn.service == "graph" and not is_continuation(call):
        call.query = {**call.query, "$top": str(size)}
    elif turn.service == "exchange":
        call.headers = {**call.headers, "prefer": f"odata.maxpagesize={size}"}


def _twice(turn: Turn, page: dict[str, Any]) -> bool:
    """The page repeats the rows of the page before it."""
    earlier = turn.memory.get(turn.call.path, []) if is_continuation(turn.call) else []
    turn.memory[turn.call.path] = list(page["value"])
    page["value"] = [*earlier, *page["value"]]
    return bool(earlier)


def _left_out(turn: Turn, page: dict[str, Any]) -> bool:
    """The page has no rows, and the list goes on."""
    if not (page["value"] and is_continuation(turn.call)):
        return False
    page["value"] = []
    return True


def _circle(turn: Turn, page: dict[str, Any]) -> bool:
    if _NEXT not in page:
        return False
    call = turn.call
    prefix = "/v1.0" if turn.service == "graph" else ""
    query = "&".join(f"{name}={quote(value, safe='$')}" for name, value in turn.memory[_ASKED].items())
    page[_NEXT] = f"{call.root}{prefix}{quote(call.path, safe=_PATH)}" + (f"?{query}" if query else "")
    return True


def _elsewhere(turn: Turn, page: dict[str, Any]) -> bool:
    if _NEXT not in page:
        return False
    page[_NEXT] = f"https://{turn.values['host']}/v1.0/next?$skiptoken=here"
    return True


def _lists(service: str, call: Call) -> bool:
    return service != "entra" and is_read(service, call)


PAGES = (
    Drill(
        "page_twice", "a page that repeats the rows of the one before", _CYCLE, _paged(_twice),
        {"page_size": page_size(1)}, ("graph", "exchange"), _lists,
    ),
    Drill(
        "page_missing", "a page without its rows in the middle of a list", _LOST, _paged(_left_out),
        {"page_size": page_size(1)}, ("graph", "exchange"), _lists,
    ),
    Drill(
        "page_linked_to_itself", "a nextLink that leads to the same page, always", _SAME, _paged(_circle),
        {"page_size": page_size(1)}, ("graph", "exchange"), _lists, times=None,
    ),
    Drill(
        "page_linked_elsewhere", "a nextLink to a host that is not the service's", _PAGE, _paged(_elsewhere),
        {"page_size": page_size(1), "host": host("graph.microsoft.com.attacker.example")},
        ("graph", "exchange"), _lists,
    ),
)  # fmt: skip
