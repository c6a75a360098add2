"""Application permissions that an operation asks for beside those of its route."""

from __future__ import annotations

from graphmail.sandbox.call import Call
from graphmail.sandbox.delegated_rights import may_consent
from graphmail.sandbox.graph.errors import denied


def require(call: Call, *any_of: str) -> None:
    """ServiceError 403 unless the token carries one of these, or a person with all rights asks."""
    if not call.caller.by_hand and call.caller.roles.isdisjoint(any_of):
        raise denied()


def require_consent_right(call: Call, *, to_graph_roles: bool) -> None:
    """ServiceError 403 where a person asks whose directory roles do not let them consent; an application may."""
    caller = call.caller
    if caller.user_id and not may_consent(caller.directory_roles, to_graph_roles=to_graph_roles):
        raise denied()
