"""The federated identity credentials of an app registration, whoever made them."""

from __future__ import annotations

from typing import Any

from graphmail.tenant import Tenant

# https://learn.microsoft.com/graph/api/application-post-federatedidentitycredentials
LARGEST = 20


def federated_path(application: dict[str, Any]) -> str:
    return f"/applications/{application['id']}/federatedIdentityCredentials"


def federated_credentials(tenant: Tenant, application: dict[str, Any]) -> list[dict[str, Any]]:
    """All of them; none of an app that is not there yet."""
    return list(tenant.graph.list_all(federated_path(application))) if application.get("id") else []
