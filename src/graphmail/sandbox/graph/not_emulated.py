"""Documented operations that would be taken for an object's id: 501 with their names, not the 404 of such an id."""

from __future__ import annotations

from graphmail.sandbox.call import Answer, Call, Route
from graphmail.sandbox.service import not_implemented

_PAGE = "https://learn.microsoft.com/graph/delta-query-overview"
_COLLECTIONS = (
    "/users",
    "/groups",
    "/applications",
    "/servicePrincipals",
    "/directoryObjects",
    "/directoryRoles",
    "/users/{user_id}/messages",
)


async def refuse(call: Call) -> Answer:
    return not_implemented(f"{call.method} /v1.0{call.path}")


NOT_EMULATED = [
    Route("GET", f"{collection}/delta{ending}", refuse, source=_PAGE)
    for collection in _COLLECTIONS
    for ending in ("", "()")
]
