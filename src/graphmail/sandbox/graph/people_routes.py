"""Users, groups, who is in what, and objects of any type."""

from __future__ import annotations

from graphmail.sandbox.call import Route
from graphmail.sandbox.graph import directory_objects, group_writes, groups, users
from graphmail.sandbox.graph.relation_routes import FINDERS, OF_GROUPS, OF_OTHERS, relation_routes

_API = "https://learn.microsoft.com/graph/api/"

# learn.microsoft.com/graph/permissions-reference: any one of each suffices.
_READ_ALL = ("Directory.Read.All", "Directory.ReadWrite.All")
READ_USERS = ("User.Read.All", "User.ReadWrite.All", *_READ_ALL)
WRITE_USERS = ("User.ReadWrite.All", "Directory.ReadWrite.All")
READ_GROUPS = (
    "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", *_READ_ALL,
)  # fmt: skip
CREATE_GROUPS = ("Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All")
WRITE_GROUPS = ("Group.ReadWrite.All", "Directory.ReadWrite.All")
WRITE_MEMBERS = ("GroupMember.ReadWrite.All", *WRITE_GROUPS)
READ_MEMBERSHIPS = ("Application.Read.All", "Application.ReadWrite.All", *_READ_ALL)
READ_OBJECTS = _READ_ALL

_USER, _GROUP = "/users/{id}", "/groups/{id}"
USERS = [
    Route("GET", "/users", users.list_all, READ_USERS, _API + "user-list"),
    Route("GET", "/users/$count", users.count, READ_USERS, _API + "user-list"),
    Route("POST", "/users", users.create, WRITE_USERS, _API + "user-post-users"),
    Route("GET", _USER, users.get, READ_USERS, _API + "user-get"),
    Route("PATCH", _USER, users.update, WRITE_USERS, _API + "user-update"),
    Route("DELETE", _USER, users.delete, WRITE_USERS, _API + "user-delete"),
    *relation_routes(_USER, FINDERS["user"], OF_OTHERS, READ_GROUPS, "user"),
]
GROUPS = [
    Route("GET", "/groups", groups.list_all, READ_GROUPS, _API + "group-list"),
    Route("GET", "/groups/$count", groups.count, READ_GROUPS, _API + "group-list"),
    Route("POST", "/groups", group_writes.create, CREATE_GROUPS, _API + "group-post-groups"),
    Route("GET", _GROUP, groups.get, READ_GROUPS, _API + "group-get"),
    Route("PATCH", _GROUP, group_writes.update, WRITE_GROUPS, _API + "group-update"),
    Route("DELETE", _GROUP, group_writes.delete, WRITE_GROUPS, _API + "group-delete"),
    *relation_routes(_GROUP, FINDERS["group"], OF_GROUPS, READ_GROUPS, "group"),
    Route("POST", f"{_GROUP}/members/$ref", group_writes.add_member, WRITE_MEMBERS, _API + "group-post-members"),
    Route(
        "DELETE", f"{_GROUP}/members/{{member_id}}/$ref", group_writes.remove_member, WRITE_MEMBERS,
        _API + "group-delete-members",
    ),
    Route("POST", f"{_GROUP}/owners/$ref", group_writes.add_owner, WRITE_GROUPS, _API + "group-post-owners"),
    Route(
        "DELETE", f"{_GROUP}/owners/{{owner_id}}/$ref", group_writes.remove_owner, WRITE_GROUPS,
        _API + "group-delete-owners",
    ),
]  # fmt: skip
_PRINCIPAL_KEYS = ("/servicePrincipals/{id}", "/servicePrincipals(appId='{app_id}')")
MEMBERSHIPS = [
    route
    for key in _PRINCIPAL_KEYS
    for route in relation_routes(key, FINDERS["principal"], OF_OTHERS, READ_MEMBERSHIPS, "serviceprincipal")
]
OBJECTS = [
    Route("GET", "/directoryObjects/{id}", directory_objects.get, READ_OBJECTS, _API + "directoryobject-get"),
    Route(
        "POST", "/directoryObjects/getByIds", directory_objects.get_by_ids, READ_OBJECTS,
        _API + "directoryobject-getbyids",
    ),
]  # fmt: skip
_ME = ("/me", "/me/{rest}", "/me/{rest}/{more}", "/me/{rest}/{more}/{most}")
ME = [
    Route(method, path, users.me, source="https://learn.microsoft.com/graph/auth-v2-service")
    for method in ("GET", "POST", "PATCH", "DELETE")
    for path in (_ME if method == "GET" else _ME[1:])
]
PEOPLE = [*USERS, *GROUPS, *MEMBERSHIPS, *OBJECTS, *ME]
