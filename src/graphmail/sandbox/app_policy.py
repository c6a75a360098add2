"""The tenant's default app management policy, as Graph shows it."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.tenants_file import AppManagementPolicy


def app_policy(policy: AppManagementPolicy) -> dict[str, Any]:
    """learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy."""
    restrictions = [
        {
            "restrictionType": r.restriction_type,
            "state": r.state,
            "maxLifetime": r.max_lifetime,
            "restrictForAppsCreatedAfterDateTime": r.restrict_for_apps_created_after,
            "excludeActors": None,
        }
        for r in policy.password_credentials
    ]
    keys: list[dict[str, Any]] = [
        {
            "restrictionType": r.restriction_type,
            "state": r.state,
            "maxLifetime": r.max_lifetime,
            "restrictForAppsCreatedAfterDateTime": r.restrict_for_apps_created_after,
            "certificateBasedApplicationConfigurationIds": [],
            "excludeActors": None,
        }
        for r in policy.key_credentials
    ]
    return {
        "id": "00000000-0000-0000-0000-000000000000",
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy that enforces app management restrictions on applications and service "
        "principals.",
        "isEnabled": policy.is_enabled,
        "applicationRestrictions": {"passwordCredentials": restrictions, "keyCredentials": keys},
        "servicePrincipalRestrictions": {"passwordCredentials": [], "keyCredentials": []},
    }
