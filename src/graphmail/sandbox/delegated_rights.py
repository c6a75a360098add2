"""What a delegated token may do: its scopes, as far as the signed-in user's own rights go.

learn.microsoft.com/entra/identity-platform/permissions-consent-overview (effective permissions) and
learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference.
"""

from __future__ import annotations

from functools import lru_cache

from graphmail.sandbox.well_known import DIRECTORY_ROLES

GLOBAL = DIRECTORY_ROLES["Global Administrator"]
PRIVILEGED_ROLE = DIRECTORY_ROLES["Privileged Role Administrator"]
APPLICATION = DIRECTORY_ROLES["Application Administrator"]
CLOUD_APPLICATION = DIRECTORY_ROLES["Cloud Application Administrator"]
SECURITY = DIRECTORY_ROLES["Security Administrator"]
EXCHANGE = DIRECTORY_ROLES["Exchange Administrator"]
READER = DIRECTORY_ROLES["Global Reader"]

# Which roles let a user do what the scope names; a scope that is not here needs none.
_NEEDS = {
    "AppRoleAssignment.ReadWrite.All": {GLOBAL, PRIVILEGED_ROLE, APPLICATION, CLOUD_APPLICATION},
    "DelegatedPermissionGrant.ReadWrite.All": {GLOBAL, PRIVILEGED_ROLE, APPLICATION, CLOUD_APPLICATION},
    "RoleManagement.ReadWrite.Directory": {GLOBAL, PRIVILEGED_ROLE},
    "Directory.ReadWrite.All": {GLOBAL},
    "Policy.Read.All": {GLOBAL, READER, SECURITY, APPLICATION, CLOUD_APPLICATION},
    "Group.ReadWrite.All": {GLOBAL, EXCHANGE},
    "GroupMember.ReadWrite.All": {GLOBAL, EXCHANGE},
}
_APPLICATIONS = "Application.ReadWrite.All"
_POLICIES = "Policy.ReadWrite.ApplicationConfiguration"


@lru_cache(maxsize=4096)
def delegated_rights(scopes: frozenset[str], directory_roles: frozenset[str]) -> frozenset[str]:
    """Return the scopes that this user can use.

    A user without a role may register applications and write those they own: what OwnedBy is for an application.
    """
    rights = {s for s in scopes if not (needed := _NEEDS.get(s)) or needed & directory_roles}
    if _APPLICATIONS in rights and not directory_roles & {GLOBAL, APPLICATION, CLOUD_APPLICATION}:
        rights = rights - {_APPLICATIONS} | {"Application.ReadWrite.OwnedBy", "Application.Read.All"}
    if _POLICIES in rights and not may_exempt(directory_roles):
        rights.remove(_POLICIES)
    return frozenset(rights)


def may_exempt(directory_roles: frozenset[str]) -> bool:
    """Whether a user with these roles may write app management policies."""
    administers_apps = bool(directory_roles & {APPLICATION, CLOUD_APPLICATION})
    return GLOBAL in directory_roles or (SECURITY in directory_roles and administers_apps)


def may_consent(directory_roles: frozenset[str], *, to_graph_roles: bool) -> bool:
    """Whether a user with these roles may consent for the whole tenant.

    learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent: Application Administrators may, but not to
    application permissions of Microsoft Graph.
    """
    if directory_roles & {GLOBAL, PRIVILEGED_ROLE}:
        return True
    return not to_graph_roles and bool(directory_roles & {APPLICATION, CLOUD_APPLICATION})
