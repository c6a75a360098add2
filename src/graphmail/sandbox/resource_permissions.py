"""What Microsoft's own services offer to be consented to, as their service principals show it."""

from __future__ import annotations

from functools import cache
from typing import Any

from graphmail.sandbox import tenants_file as spec
from graphmail.sandbox.well_known import (
    EXCHANGE_APP_ID,
    EXCHANGE_APP_ROLES,
    EXCHANGE_SCOPES,
    GRAPH_APP_ID,
    GRAPH_APP_ROLES,
    GRAPH_SCOPES,
    USER_CONSENT,
)


def _scopes(known: dict[str, str]) -> list[dict[str, Any]]:
    """learn.microsoft.com/graph/api/resources/permissionscope; one list serves all tenants."""
    return [
        {
            "adminConsentDescription": value,
            "adminConsentDisplayName": value,
            "id": scope_id,
            "isEnabled": True,
            "type": "User" if value in USER_CONSENT else "Admin",
            "userConsentDescription": value,
            "userConsentDisplayName": value,
            "value": value,
        }
        for value, scope_id in known.items()
    ]


GRAPH_SCOPES_SHOWN, EXCHANGE_SCOPES_SHOWN = _scopes(GRAPH_SCOPES), _scopes(EXCHANGE_SCOPES)


@cache
def app_roles(roles: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """Return what a resource offers: one list for all tenants, which nobody changes."""
    return [
        {
            "allowedMemberTypes": ["Application"],
            "description": value,
            "displayName": value,
            "id": role_id,
            "isEnabled": True,
            "origin": "Application",
            "value": value,
        }
        for value, role_id in roles
    ]


def declared_access(roles: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return requiredResourceAccess: what an app declares, which grants nothing."""
    declared = []
    of_graph = [GRAPH_APP_ROLES[r] for r in roles if r in GRAPH_APP_ROLES]
    of_exchange = [EXCHANGE_APP_ROLES[r.removeprefix(spec.EXCHANGE_PREFIX)] for r in roles if r not in GRAPH_APP_ROLES]
    for app_id, ids in ((GRAPH_APP_ID, of_graph), (EXCHANGE_APP_ID, of_exchange)):
        if access := [{"id": role_id, "type": "Role"} for role_id in ids]:
            declared.append({"resourceAppId": app_id, "resourceAccess": access})
    return declared
