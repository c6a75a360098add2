"""Application permissions that an operation asks for beside those of its route."""

from __future__ import annotations

from graphmail.sandbox.call import Call
from graphmail.sandbox.graph.errors import denied


def require(call: Call, *any_of: str) -> None:
    """ServiceError 403 unless the token carries one of these, or a person with all rights asks."""
    if not call.caller.by_hand and call.caller.roles.isdisjoint(any_of):
        raise denied()
