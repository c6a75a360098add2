"""Routes of directory roles and of delegated permission grants."""

from __future__ import annotations

from graphmail.sandbox.call import Route
from graphmail.sandbox.graph import directory_roles, permission_grants, role_assignments

_API = "https://learn.microsoft.com/graph/api/"
READ_ROLES = ("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All")
WRITE_ROLES = ("RoleManagement.ReadWrite.Directory",)
READ_GRANTS = ("Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
WRITE_GRANTS = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")

_ASSIGNMENTS = "/roleManagement/directory/roleAssignments"
_DEFINITIONS = "/roleManagement/directory/roleDefinitions"
_GRANTS = "/oauth2PermissionGrants"
_KEYS = ("/directoryRoles/{role_id}", "/directoryRoles(roleTemplateId='{template_id}')")


def _members(key: str) -> list[Route]:
    member = f"{key}/members/{{member_id}}/$ref"
    return [
        Route("GET", key, directory_roles.get, READ_ROLES, _API + "directoryrole-get"),
        Route("GET", f"{key}/members", directory_roles.members, READ_ROLES, _API + "directoryrole-list-members"),
        Route(
            "POST", f"{key}/members/$ref", directory_roles.add_member, WRITE_ROLES, _API + "directoryrole-post-members"
        ),
        Route("DELETE", member, directory_roles.remove_member, WRITE_ROLES, _API + "directoryrole-delete-member"),
    ]


ROUTES = [
    Route("GET", _ASSIGNMENTS, role_assignments.list_all, READ_ROLES, _API + "rbacapplication-list-roleassignments"),
    Route("POST", _ASSIGNMENTS, role_assignments.create, WRITE_ROLES, _API + "rbacapplication-post-roleassignments"),
    Route(
        "DELETE", f"{_ASSIGNMENTS}/{{id}}", role_assignments.delete, WRITE_ROLES, _API + "unifiedroleassignment-delete"
    ),
    Route(
        "GET", _DEFINITIONS, directory_roles.list_definitions, READ_ROLES,
        _API + "rbacapplication-list-roledefinitions",
    ),
    Route(
        "GET", f"{_DEFINITIONS}/{{role_id}}", directory_roles.get_definition, READ_ROLES,
        _API + "unifiedroledefinition-get",
    ),
    Route("GET", "/directoryRoles", directory_roles.list_all, READ_ROLES, _API + "directoryrole-list"),
    *(route for key in _KEYS for route in _members(key)),
    Route("GET", _GRANTS, permission_grants.list_all, READ_GRANTS, _API + "oauth2permissiongrant-list"),
    Route("POST", _GRANTS, permission_grants.create, WRITE_GRANTS, _API + "oauth2permissiongrant-post"),
    Route("GET", f"{_GRANTS}/{{grant_id}}", permission_grants.get, READ_GRANTS, _API + "oauth2permissiongrant-get"),
    Route(
        "PATCH", f"{_GRANTS}/{{grant_id}}", permission_grants.update, WRITE_GRANTS,
        _API + "oauth2permissiongrant-update",
    ),
    Route(
        "DELETE", f"{_GRANTS}/{{grant_id}}", permission_grants.delete, WRITE_GRANTS,
        _API + "oauth2permissiongrant-delete",
    ),
]  # fmt: skip
