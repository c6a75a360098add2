"""How a tenant's Exchange behaves, as the control page shows and changes it: the tenants file's own words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from graphmail.sandbox.store import Tenant
from graphmail.sandbox.tenant_builder import exchange_settings
from graphmail.sandbox.tenants_file import Exchange


def exchange_view(tenant: Tenant) -> dict[str, Any]:
    organization = tenant.exchange
    return asdict(organization.settings) | {
        "audit_enabled": organization.audit_enabled,
        "stripped_roles": sorted(organization.stripped_roles),
    }


def change_exchange(tenant: Tenant, changes: dict[str, Any]) -> None:
    """Change some of them; pydantic's ValidationError names what is wrong."""
    wanted = exchange_view(tenant) | changes
    roles = wanted["stripped_roles"]
    asked = Exchange.model_validate(wanted | {"stripped_roles": tuple(roles) if isinstance(roles, list) else roles})
    tenant.exchange.settings = exchange_settings(asked)
    tenant.exchange.audit_enabled = asked.audit_enabled
    tenant.exchange.stripped_roles = frozenset(asked.stripped_roles)
