"""The collections of members, owners and groups of an object, and their casts and counts.

learn.microsoft.com/graph/api/group-list-members and its siblings. `/microsoft.graph.user` behind a collection keeps the
users of it; on transitive ones only in advanced queries: learn.microsoft.com/graph/aad-advanced-queries.
"""

from __future__ import annotations

from collections.abc import Callable

from graphmail.sandbox.call import Answer, Call, Handler, Route
from graphmail.sandbox.graph.directory import find_principal
from graphmail.sandbox.graph.errors import unsupported_query
from graphmail.sandbox.graph.groups import find_group
from graphmail.sandbox.graph.memberships import Member, related
from graphmail.sandbox.graph.query import many, many_objects, number_of
from graphmail.sandbox.graph.query_options import advanced
from graphmail.sandbox.graph.schema import EntityType
from graphmail.sandbox.graph.schema_entra import DIRECTORY_ROLE
from graphmail.sandbox.graph.schema_people import DIRECTORY_OBJECT, GROUP, USER
from graphmail.sandbox.graph.schema_types import SERVICE_PRINCIPAL
from graphmail.sandbox.graph.users import find_user

_CASTS: dict[str, tuple[EntityType, str]] = {
    "user": (USER, "users"),
    "group": (GROUP, "groups"),
    "servicePrincipal": (SERVICE_PRINCIPAL, "servicePrincipals"),
    "directoryRole": (DIRECTORY_ROLE, "directoryRoles"),
}
_API = "https://learn.microsoft.com/graph/api/"


def relation_routes(
    key: str, find: Callable[[Call], Member], names: tuple[str, ...], permissions: tuple[str, ...], page: str
) -> list[Route]:
    """GET of each relationship below `key`: itself, `/$count`, and the casts."""
    routes = []
    for name in names:
        source = f"{_API}{page}-list-{name.lower()}"
        path = f"{key}/{name}"
        routes.append(Route("GET", path, _listing(find, name), permissions, source))
        routes.append(Route("GET", f"{path}/$count", _counting(find, name), permissions, source))
        for kind in _CASTS:
            casted = f"{path}/microsoft.graph.{kind}"
            routes.append(Route("GET", casted, _casting(find, name, kind), permissions, source))
    return routes


def _listing(find: Callable[[Call], Member], name: str) -> Handler:
    async def handler(call: Call) -> Answer:
        return many_objects(call, DIRECTORY_OBJECT, related(call, find(call), name))

    return handler


def _counting(find: Callable[[Call], Member], name: str) -> Handler:
    async def handler(call: Call) -> Answer:
        return number_of(call, DIRECTORY_OBJECT, [values for _, values in related(call, find(call), name)])

    return handler


def _casting(find: Callable[[Call], Member], name: str, kind: str) -> Handler:
    entity, context = _CASTS[kind]

    async def handler(call: Call) -> Answer:
        if name.startswith("transitive") and not advanced(call):
            raise unsupported_query("OData cast of a transitive relationship needs $count=true and ConsistencyLevel.")
        rows = [values for shown_as, values in related(call, find(call), name) if shown_as is entity]
        return many(call, entity, rows, context)

    return handler


OF_GROUPS = ("members", "transitiveMembers", "memberOf", "transitiveMemberOf", "owners")
OF_OTHERS = ("memberOf", "transitiveMemberOf")
FINDERS: dict[str, Callable[[Call], Member]] = {
    "group": find_group,
    "user": find_user,
    "principal": find_principal,
}
